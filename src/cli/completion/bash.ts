// The completion script of bash.
import type { Flag } from '../../options/describe.ts';
import { names, shCommandLoop, spellings, withValue, type CompletedCommand } from './shared.ts';

export function bash(commands: readonly CompletedCommand[]): string {
  const values = withValue(commands);
  const pattern = (flags: readonly Flag[]): string => flags.flatMap(spellings).join('|');
  const files = values.filter((f) => f.names === 'file' && f.listed === undefined);
  const folders = values.filter((f) => f.names === 'folder');
  const choices = values.filter((f) => f.choices !== undefined);
  const listed = values.filter((f) => f.listed !== undefined && f.names === undefined);
  const listedFiles = values.filter((f) => f.listed !== undefined && f.names === 'file');
  const others = values.filter((f) => f.names === undefined && f.choices === undefined && f.listed === undefined);
  const flagsOf = (c: CompletedCommand): string => c.options.flatMap(spellings).join(' ');
  const [first, ...rest] = commands;
  return `# bash completion of comfy-gen: source <(comfy-gen completion bash)
_comfy_gen_typed() { # typed=what a word means, without its quotes
  case "$1" in
    \\'*) typed=\${1#\\'} ;;
    *) IFS= read typed <<< "\${1#\\"}" ;; # which takes the backslashes off
  esac
}
_comfy_gen_add() { # names with spaces are one each; bash puts no more than the last piece of a word in
  compopt -o filenames 2>/dev/null
  COMPREPLY+=("\${1#"$cut"}")
}
_comfy_gen_files() { # -f or -d, what was typed, what stands before the name
  local typed name
  _comfy_gen_typed "$2"
  while IFS= read -r name; do _comfy_gen_add "$3$name"; done < <(compgen "$1" -- "\${typed#"$3"}")
}
_comfy_gen_values() { # a kind, what was typed; bash leaves $ and \` in what it puts in, to be run: such names are left out
  local typed name
  _comfy_gen_typed "$2"
  while IFS= read -r name; do
    if [[ $name == "$typed"* && $name != *[\$\\\`]* ]]; then _comfy_gen_add "$name"; fi
  done < <(comfy-gen completion values "$1" "$typed" 2>/dev/null)
}
_comfy_gen_control() { # a kind, what was typed, beginnings: one of these or a name and a colon, then a file
  local typed start
  _comfy_gen_typed "$2"
  for start in "\${@:3}"; do
    if [[ $typed == "$start"* ]]; then _comfy_gen_files -f "$2" "$start"; return; fi
  done
  case "$typed" in
    *:*) _comfy_gen_files -f "$2" "\${typed%%:*}:"; return ;;
  esac
  compopt -o nospace 2>/dev/null
  COMPREPLY=($(compgen -W "\${*:3}" -- "$typed"))
  _comfy_gen_values "$1" "$2"
}
_comfy_gen() {
  local cur= cut= typed prev command= kind= word words=() i flags glue=
  COMPREPLY=()
  for ((i = 0; i <= COMP_CWORD; i++)); do # bash cuts --format=webp, http://box:8188 and canny@a.png into pieces
    word=\${COMP_WORDS[i]}
    if [[ $word == = && \${words[\${#words[@]} - 1]} == --* ]]; then
      if ((i == COMP_CWORD)); then words+=(''); fi
    elif [[ -n $glue || $i -gt 0 && $word =~ ^[:=@]+$ ]]; then
      cut=\${words[\${#words[@]} - 1]}
      if [[ $word =~ ^[:=@]+$ ]]; then glue=1 cut+=$word; else glue=; fi
      if [[ -n $glue ]]; then words[\${#words[@]} - 1]=$cut; else words[\${#words[@]} - 1]+=$word; fi
    else
      words+=("$word") cut=
    fi
  done
  cur=\${words[\${#words[@]} - 1]}
  unset "words[\${#words[@]} - 1]"
  _comfy_gen_typed "$cut"
  cut=\${typed%@} # readline replaces an @ with what follows it
  prev=\${words[\${#words[@]} - 1]}
  for ((i = 1; i < \${#words[@]}; i++)); do
    word=\${words[i]}
${shCommandLoop(commands, '    ')}
  done
  case "$prev" in
${choices.map((f) => `    ${spellings(f).join('|')}) ${reply(f.choices ?? [])}; return ;;`).join('\n')}
    ${pattern(files)}) _comfy_gen_files -f "$cur"; return ;;
    ${pattern(folders)}) _comfy_gen_files -d "$cur"; return ;;
${listed.map((f) => `    ${spellings(f).join('|')}) _comfy_gen_values ${f.listed ?? ''} "$cur"; return ;;`).join('\n')}
${listedFiles.map((f) => `    ${spellings(f).join('|')}) _comfy_gen_control ${f.listed ?? ''} "$cur" ${(f.starts ?? []).join(' ')}; return ;;`).join('\n')}
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
${commands.flatMap(bashWords).join('\n')}
  esac
}
complete -F _comfy_gen comfy-gen
`;
}

const reply = (words: readonly string[]): string => `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur"))`;

function bashWords({ name, words, lists }: CompletedCommand): readonly string[] {
  if (words === undefined) return [];
  if (words === 'file') return [`    ${name}) _comfy_gen_files -f "$cur" ;;`];
  const more = lists === true ? ' else _comfy_gen_values "$kind" "$cur";' : '';
  return [`    ${name}) if [[ -z $kind ]]; then ${reply(words)};${more} fi ;;`];
}
