// Completion scripts for bash, zsh, fish and powershell, written from the tables of commands and options.
import type { Flag } from '../options/describe.ts';

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];

export type CompletedCommand = {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Flag[];
  /** What its words are: names to choose from, or files. */
  readonly words?: readonly string[] | 'file' | undefined;
};

/** The script that a shell sources; the first command is the one that runs when none is named. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  return { bash, zsh, fish, powershell }[shell](commands);
}

const spellings = (flag: Flag): readonly string[] => [...(flag.short === undefined ? [] : [flag.short]), flag.long];

/** Flags of all commands, each once. */
function everyFlag(commands: readonly CompletedCommand[]): readonly Flag[] {
  const byName = new Map(commands.flatMap((c) => c.options).map((flag) => [flag.long, flag]));
  return [...byName.values()];
}

function withValue(commands: readonly CompletedCommand[]): readonly Flag[] {
  return everyFlag(commands).filter((flag) => flag.argument !== undefined);
}

const names = (commands: readonly CompletedCommand[]): readonly string[] => commands.map((c) => c.name);

/** Finds the command of a shell's words: the first word that is no option and no option's value. */
function shCommandLoop(commands: readonly CompletedCommand[], indent: string): string {
  return [
    'case "$word" in',
    `  ${withValue(commands).flatMap(spellings).join('|')}) i=$((i + 1)) ;;`,
    '  -*) ;;',
    `  ${names(commands).join('|')}) command=$word; break ;;`,
    '  *) command=prompt; break ;;',
    'esac',
  ]
    .map((line) => indent + line)
    .join('\n');
}

function bash(commands: readonly CompletedCommand[]): string {
  const values = withValue(commands);
  const pattern = (flags: readonly Flag[]): string => flags.flatMap(spellings).join('|');
  const files = values.filter((f) => f.names === 'file');
  const folders = values.filter((f) => f.names === 'folder');
  const choices = values.filter((f) => f.choices !== undefined);
  const others = values.filter((f) => f.names === undefined && f.choices === undefined);
  const reply = (words: readonly string[]): string => `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur"))`;
  const flagsOf = (c: CompletedCommand): string => c.options.flatMap(spellings).join(' ');
  const [first, ...rest] = commands;
  return `# bash completion of comfy-gen: source <(comfy-gen completion bash)
_comfy_gen_files() { # -f or -d, what was typed: names with spaces are one each
  local typed=\${2#[\\"\\']} name
  compopt -o filenames 2>/dev/null
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen "$1" -- "\${typed//\\\\/}")
}
_comfy_gen() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev command= word words=() i flags
  COMPREPLY=()
  for ((i = 0; i < COMP_CWORD; i++)); do # bash cuts --format=webp and http://box:8188 into pieces
    case "\${COMP_WORDS[i]}" in
      =) ;;
      :) i=$((i + 1)) ;;
      *) words+=("\${COMP_WORDS[i]}") ;;
    esac
  done
  if [[ $cur == = ]]; then cur=; fi
  prev=\${words[\${#words[@]} - 1]}
  for ((i = 1; i < \${#words[@]}; i++)); do
    word=\${words[i]}
${shCommandLoop(commands, '    ')}
  done
  case "$prev" in
${choices.map((f) => `    ${spellings(f).join('|')}) ${reply(f.choices ?? [])}; return ;;`).join('\n')}
    ${pattern(files)}) _comfy_gen_files -f "$cur"; return ;;
    ${pattern(folders)}) _comfy_gen_files -d "$cur"; return ;;
    ${pattern(others)}) return ;;
  esac
  case "$command" in
${rest.map((c) => `    ${c.name}) flags='${flagsOf(c)}' ;;`).join('\n')}
    *) flags='${first === undefined ? '' : flagsOf(first)}' ;;
  esac
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")); return ;;
  esac
  case "$command" in
    '') ${reply(names(commands))} ;;
${commands.flatMap((c) => (c.words === undefined ? [] : [`    ${c.name}) ${c.words === 'file' ? '_comfy_gen_files -f "$cur"' : reply(c.words)} ;;`])).join('\n')}
  esac
}
complete -F _comfy_gen comfy-gen
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const [first, ...rest] = commands;
  const specs = (c: CompletedCommand): string => c.options.map((flag) => `      ${zshSpec(flag)}`).join(' \\\n');
  const words = (c: CompletedCommand): string => {
    if (c.words === undefined) return "'*:: :()'";
    return c.words === 'file' ? "'*: :_files'" : `'*: :(${c.words.join(' ')})'`;
  };
  const branch = (c: CompletedCommand, pattern: string, more: string): string =>
    `    ${pattern}) _arguments -s ${more} \\\n${specs(c)} ;;`;
  return `#compdef comfy-gen
# zsh completion of comfy-gen: comfy-gen completion zsh > "\${fpath[1]}/_comfy-gen", or source it after compinit
_comfy_gen_commands() {
  local -a commands=(
${commands.map((c) => `    ${quoted(`${c.name}:${c.summary}`)}`).join('\n')}
  )
  _describe command commands
}
_comfy_gen() {
  local command= word i
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
${shCommandLoop(commands, '    ')}
  done
  case "$command" in
${rest.map((c) => branch(c, c.name, `'1: :(${c.name})' ${words(c)}`)).join('\n')}
${first === undefined ? '' : branch(first, '*', "'1: :_comfy_gen_commands'")}
  esac
}
if [[ $funcstack[1] == _comfy-gen ]]; then _comfy_gen "$@"; else compdef _comfy_gen comfy-gen; fi
`;
}

function zshSpec(flag: Flag): string {
  const label = `[${flag.help.replace(/[[\]:\\]/g, '\\$&')}]`;
  const action =
    flag.choices === undefined
      ? { file: '_files', folder: '_files -/', none: ' ' }[flag.names ?? 'none']
      : `(${flag.choices.join(' ')})`;
  const value = flag.argument === undefined ? '' : `:${flag.argument.replace(/[:\\]/g, '\\$&')}:${action}`;
  const star = flag.list ? '*' : '';
  return spellings(flag)
    .map((name) => quoted(`${star}${name}${label}${value}`))
    .join(' ');
}

function fish(commands: readonly CompletedCommand[]): string {
  const [first] = commands;
  const line = (flag: Flag): string => {
    const takers = commands.filter((c) => c.options.some((o) => o.long === flag.long));
    const parts = [`-l ${flag.long.slice(2)}`, ...(flag.short === undefined ? [] : [`-s ${flag.short.slice(1)}`])];
    if (flag.argument !== undefined) parts.push(flag.names === undefined ? '-x' : '-r -F');
    if (flag.choices !== undefined) parts.push(`-a ${quoted(flag.choices.join(' '))}`);
    if (flag.names === 'folder') parts[parts.length - 1] = "-x -a '(__fish_complete_directories)'";
    const when =
      takers.length === commands.length
        ? ''
        : `-n ${quoted(`contains (__comfy_gen_command) ${takers.map((c) => c.name).join(' ')}`)} `;
    return `complete -c comfy-gen ${when}${parts.join(' ')} -d ${quoted(flag.help)}`;
  };
  return `# fish completion of comfy-gen: comfy-gen completion fish | source
function __comfy_gen_words
    set -l tokens (commandline -opc)
    set -l skip 1
    for token in $tokens
        if test $skip = 1
            set skip 0
        else if contains -- $token ${withValue(commands).flatMap(spellings).join(' ')}
            set skip 1
        else if not string match -q -- '-*' $token
            echo $token
        end
    end
end
function __comfy_gen_command
    set -l found (__comfy_gen_words)[1]
    if contains -- "$found" ${names(commands).join(' ')}
        echo $found
    else
        echo ${first?.name ?? ''}
    end
end
complete -c comfy-gen -f
${commands.map((c) => `complete -c comfy-gen -n 'test -z (__comfy_gen_words | string collect)' -a ${c.name} -d ${quoted(c.summary)}`).join('\n')}
${commands.flatMap((c) => fishWords(c)).join('\n')}
${everyFlag(commands).map(line).join('\n')}
`;
}

function fishWords({ name, words }: CompletedCommand): readonly string[] {
  if (words === undefined) return [];
  const condition = `test (count (__comfy_gen_words)) -ge 1; and test (__comfy_gen_command) = ${name}`;
  return [`complete -c comfy-gen -n ${quoted(condition)} ${words === 'file' ? '-F' : `-a ${quoted(words.join(' '))}`}`];
}

function powershell(commands: readonly CompletedCommand[]): string {
  const list = (words: readonly string[]): string => `@(${words.map(doubled).join(', ')})`;
  const table = (rows: readonly (readonly [string, readonly string[]])[]): string =>
    rows.map(([key, words]) => `    ${doubled(key)} = ${list(words)}`).join('\n');
  const choices = withValue(commands).flatMap((f) =>
    f.choices === undefined ? [] : spellings(f).map((s) => [s, f.choices ?? []] as const),
  );
  return `# powershell completion of comfy-gen: comfy-gen completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName comfy-gen -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $flags = @{
${table(commands.map((c) => [c.name, c.options.flatMap(spellings)] as const))}
  }
  $words = @{
${table(commands.flatMap((c) => (c.words === undefined || c.words === 'file' ? [] : [[c.name, c.words] as const])))}
  }
  # -s and -S, like -n and -N, are different here: a table that minds case
  $choices = New-Object System.Collections.Hashtable
  ${choices.map(([flag, values]) => `$choices[${doubled(flag)}] = ${list(values)}`).join('\n  ')}
  $valued = ${list(withValue(commands).flatMap(spellings))}
  $command = $null; $previous = ''; $skip = $true
  foreach ($element in $commandAst.CommandElements) {
    if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete) { break }
    $text = $element.Extent.Text
    if ($skip) { $skip = $false } elseif ($valued -ccontains $text) { $skip = $true } elseif ($null -eq $command -and $text -notlike '-*') { $command = $text }
    $previous = $text
  }
  $taker = if ($null -ne $command -and $flags.ContainsKey($command)) { $command } else { ${doubled(commands[0]?.name ?? '')} }
  $found = if ($choices.ContainsKey($previous)) { $choices[$previous] }
    elseif ($valued -ccontains $previous) { @() }
    elseif ($wordToComplete -like '-*') { $flags[$taker] }
    elseif ($null -eq $command) { ${list(names(commands))} }
    else { $words[$taker] }
  $found | Where-Object { $_ -clike "$wordToComplete*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`;
}

/** A word in single quotes, for bash, zsh and fish alike: no backslash at its end, quotes as ’. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}

/** A word in single quotes for powershell. */
function doubled(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
