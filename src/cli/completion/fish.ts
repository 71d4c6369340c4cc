// The completion script of fish.
import type { Flag } from '../../options/describe.ts';
import { everyFlag, names, quoted, spellings, withValue, type CompletedCommand } from './shared.ts';

export function fish(commands: readonly CompletedCommand[]): string {
  const [first] = commands;
  const line = (flag: Flag): string => {
    const takers = commands.filter((c) => c.options.some((o) => o.long === flag.long));
    const parts = [`-l ${flag.long.slice(2)}`, ...(flag.short === undefined ? [] : [`-s ${flag.short.slice(1)}`])];
    const isPair = flag.listed !== undefined && flag.names === 'file';
    if (flag.argument !== undefined) parts.push(flag.names === undefined || isPair ? '-x' : '-r -F');
    if (isPair) parts.push(`-a '(__comfy_gen_control ${[flag.listed, ...(flag.starts ?? [])].join(' ')})'`);
    else if (flag.listed !== undefined) parts.push(`-a '(__comfy_gen_values ${flag.listed})'`);
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
function __comfy_gen_typed
    set -l token (commandline -ct | string replace -r '^--[a-z-]+=' '')
    string unescape -- $token; or string replace -r '^[\\'"]' '' -- $token
end
function __comfy_gen_values
    comfy-gen completion values "$argv[1]" (__comfy_gen_typed | string collect) 2>/dev/null
end
function __comfy_gen_control # a kind, beginnings: one of these or a name and a colon, then a file
    set -l typed (__comfy_gen_typed | string collect)
    set -l start (string match -r '^[^:]*:' -- $typed)
    for one in $argv[2..-1]
        string match -q -- "$one*" $typed; and set start $one
    end
    if test -n "$start"
        set -l path (string sub -s (math 1 + (string length -- $start)) -- $typed)
        for file in $path*
            test -d $file; and set file $file/
            echo $start$file
        end
    else
        string join \\n -- $argv[2..-1]
        __comfy_gen_values $argv[1]
    end
end
complete -c comfy-gen -f
${commands.map((c) => `complete -c comfy-gen -n 'test -z (__comfy_gen_words | string collect)' -a ${c.name} -d ${quoted(c.summary)}`).join('\n')}
${commands.flatMap((c) => fishWords(c)).join('\n')}
${everyFlag(commands).map(line).join('\n')}
`;
}

function fishWords({ name, words, lists }: CompletedCommand): readonly string[] {
  if (words === undefined) return [];
  const line = (count: string, what: string): string =>
    `complete -c comfy-gen -n ${quoted(`test (count (__comfy_gen_words)) ${count}; and test (__comfy_gen_command) = ${name}`)} ${what}`;
  if (words === 'file') return [line('-ge 1', '-F')];
  const values = line('-ge 2', "-a '(__comfy_gen_values (__comfy_gen_words)[2])'");
  return [line('-eq 1', `-a ${quoted(words.join(' '))}`), ...(lists === true ? [values] : [])];
}
