// The completion script of zsh.
import type { Flag } from '../../options/describe.ts';
import { quoted, shCommandLoop, spellings, type CompletedCommand } from './shared.ts';

export function zsh(commands: readonly CompletedCommand[]): string {
  const [first, ...rest] = commands;
  const specs = (c: CompletedCommand): string => c.options.map((flag) => `      ${zshSpec(flag)}`).join(' \\\n');
  const words = (c: CompletedCommand): string => {
    if (c.words === undefined) return "'*:: :()'";
    if (c.words === 'file') return "'*: :_files'";
    return `'2: :(${c.words.join(' ')})' ${c.lists === true ? "'*: : _comfy_gen_values $kind'" : "'*:: :()'"}`;
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
_comfy_gen_values() { # a kind, and options of compadd
  local -a found=(\${(f)"$(comfy-gen completion values "$1" "\${(Q)PREFIX}" 2>/dev/null)"})
  compadd "\${@:2}" -a found
}
_comfy_gen_control() { # a kind, beginnings: one of these or a name and a colon, then a file
  if compset -P "(\${(j:|:)@[2,-1]})" || compset -P 1 '*:'; then _files; return; fi
  compadd -S '' -- "\${@:2}"
  _comfy_gen_values "$1" -q -S :
}
_comfy_gen() {
  local command= kind= word i
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
  const action = zshAction(flag);
  const value = flag.argument === undefined ? '' : `:${flag.argument.replace(/[:\\]/g, '\\$&')}:${action}`;
  const star = flag.list ? '*' : '';
  return spellings(flag)
    .map((name) => quoted(`${star}${name}${value !== '' && name.startsWith('--') ? '=' : ''}${label}${value}`))
    .join(' ');
}

/** An action that begins with a space is called as it stands. */
function zshAction({ choices, names, listed, starts = [] }: Flag): string {
  if (choices !== undefined) return `(${choices.join(' ')})`;
  if (listed !== undefined)
    return names === 'file' ? ` _comfy_gen_control ${[listed, ...starts].join(' ')}` : ` _comfy_gen_values ${listed}`;
  return { file: '_files', folder: '_files -/', none: ' ' }[names ?? 'none'];
}
