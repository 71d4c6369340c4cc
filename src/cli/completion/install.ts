// `completion <shell> --install`: the script where the shell finds it by itself.
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ComfyGenError } from '../../errors.ts';
import { readUserText } from '../../files/user-file.ts';
import { replaceText, writeText } from '../../files/write-text.ts';
import type { Terminal } from '../terminal.ts';
import { completionScript, type Shell } from './script.ts';
import type { CompletedCommand } from './shared.ts';

type Change = { readonly path: string; readonly what: string };

/** Writes what is not yet as it should be; every file with what became of it. Throws `bad_option` and leaves a file that is not ours. */
export async function installCompletion(
  shell: Shell,
  commands: readonly CompletedCommand[],
  terminal: Terminal,
): Promise<readonly Change[]> {
  if (shell === 'powershell')
    throw new ComfyGenError('bad_option', 'the place of your PowerShell profile is known to PowerShell only', {
      hint: 'add this line to the file $PROFILE: comfy-gen completion powershell | Out-String | Invoke-Expression',
    });
  const path = scriptPath(shell, terminal);
  const script = completionScript(shell, commands);
  const before = await textOf(path);
  if (before !== undefined && !before.includes(`# ${shell} completion of comfy-gen`))
    throw new ComfyGenError('bad_option', `${path} is not a completion script of comfy-gen and stays as it is`, {
      hint: 'move it away first',
    });
  if (before !== script) await writeText(path, script);
  const change = { path, what: before === script ? 'is up to date' : before === undefined ? 'written' : 'renewed' };
  return shell === 'zsh' ? [change, await addToZshrc(join(path, '..'), terminal)] : [change];
}

function scriptPath(shell: 'bash' | 'zsh' | 'fish', { env, home }: Terminal): string {
  const folder = (name: string, usual: string): string => {
    const given = env[name] ?? '';
    return isAbsolute(given) ? given : join(home, usual);
  };
  const data = folder('XDG_DATA_HOME', '.local/share');
  if (shell === 'bash') return join(data, 'bash-completion', 'completions', 'comfy-gen');
  if (shell === 'zsh') return join(data, 'comfy-gen', 'zsh', '_comfy-gen');
  return join(folder('XDG_CONFIG_HOME', '.config'), 'fish', 'completions', 'comfy-gen.fish');
}

/** zsh looks in the folders of fpath only: they get one more, unless a line of it is there. */
async function addToZshrc(folder: string, { env, home }: Terminal): Promise<Change> {
  const given = env['ZDOTDIR'] ?? '';
  const path = join(isAbsolute(given) ? given : home, '.zshrc');
  const before = (await textOf(path)) ?? '';
  const line = `fpath=('${folder.replaceAll("'", String.raw`'\''`)}' $fpath)`;
  if (before.split('\n').includes(line)) return { path, what: 'is up to date' };
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  const lines = `# completion of comfy-gen\n${line}\nautoload -Uz compinit && compinit\n`;
  await replaceText(path, `${before}${gap}${lines}`, 0o644);
  return { path, what: 'has three lines more at its end' };
}

/** Undefined where there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  const isThere = await stat(path).then(
    () => true,
    (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
  );
  return isThere ? readUserText(path) : undefined;
}
