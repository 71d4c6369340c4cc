// `completion <shell> --install`: the script where the shell finds it by itself.
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { ComfyGenError } from '../../errors.ts';
import { decodeText } from '../../files/decode.ts';
import { readUserFile, readUserText } from '../../files/user-file.ts';
import { replaceText, writeText } from '../../files/write-text.ts';
import type { Terminal } from '../terminal.ts';
import { powershellProfiles } from './powershell-profiles.ts';
import { completionScript, type Shell } from './script.ts';
import type { CompletedCommand } from './shared.ts';

type Change = { readonly path: string; readonly what: string };

/** Writes what is not yet as it should be; every file with what became of it. Throws `bad_option` and leaves a file that is not ours. */
export async function installCompletion(
  shell: Shell,
  commands: readonly CompletedCommand[],
  terminal: Terminal,
): Promise<readonly Change[]> {
  const script = completionScript(shell, commands);
  if (shell === 'powershell') {
    const changes: Change[] = [];
    for (const profile of await powershellProfiles(terminal)) {
      const name = 'comfy-gen.completion.ps1';
      changes.push(await writeScript(join(dirname(profile), name), script, shell));
      changes.push(await addLines(profile, `. (Join-Path $PSScriptRoot '${name}')`));
    }
    return changes;
  }
  const path = scriptPath(shell, terminal);
  const change = await writeScript(path, script, shell);
  return shell === 'zsh' ? [change, await addToZshrc(dirname(path), terminal)] : [change];
}

async function writeScript(path: string, script: string, shell: Shell): Promise<Change> {
  const before = (await isThere(path)) ? await readUserText(path) : undefined;
  if (before !== undefined && !before.includes(`# ${shell} completion of comfy-gen`))
    throw new ComfyGenError('bad_option', `${path} is not a completion script of comfy-gen; it is left unchanged`, {
      hint: 'move it away first',
    });
  if (before !== script) await writeText(path, script);
  return { path, what: before === script ? 'is up to date' : before === undefined ? 'written' : 'renewed' };
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

/** zsh looks in the folders of fpath only: one folder is added, unless its line is there. */
function addToZshrc(folder: string, { env, home }: Terminal): Promise<Change> {
  const given = env['ZDOTDIR'] ?? '';
  const path = join(isAbsolute(given) ? given : home, '.zshrc');
  const line = `fpath=('${folder.replaceAll("'", String.raw`'\''`)}' $fpath)`;
  return addLines(path, line, 'autoload -Uz compinit && compinit');
}

/** The lines at the end of a shell's start-up file, unless the first of them is in it; what stands there stays byte by byte. */
async function addLines(path: string, ...lines: readonly [string, ...string[]]): Promise<Change> {
  const before = (await isThere(path)) ? await readUserFile(path, { emptyAllowed: true }) : Buffer.of();
  const text = decodeText(before, path);
  if (text.split(/\r?\n/).includes(lines[0])) return { path, what: 'is up to date' };
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  const more = inEncodingOf(before, `${gap}# completion of comfy-gen\n${lines.join('\n')}\n`);
  await replaceText(path, Buffer.concat([before, more]), 0o644);
  return { path, what: `${lines.length + 1} lines added at its end` };
}

/** UTF-16 where the file begins with its byte order mark, as PowerShell on Windows writes it. */
function inEncodingOf(file: Buffer, text: string): Buffer {
  const mark = file.subarray(0, 2).toString('latin1');
  if (mark === '\xff\xfe') return Buffer.from(text, 'utf16le');
  return mark === '\xfe\xff' ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text);
}

/** What cannot be looked at counts as there, so that reading it says why. */
async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
  );
}
