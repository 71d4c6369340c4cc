// Pictures in the terminal (--show), by the protocols of kitty and iTerm2; and in the system's viewer (--open).
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Terminal } from '../terminal.ts';

type Protocol = 'kitty' | 'iterm';

function protocolOf({ env, errIsTTY }: Terminal): Protocol | undefined {
  if (!errIsTTY) return undefined;
  if (env['TERM'] === 'xterm-kitty' || env['KITTY_WINDOW_ID'] !== undefined || env['TERM_PROGRAM'] === 'ghostty')
    return 'kitty';
  return env['TERM_PROGRAM'] === 'iTerm.app' || env['TERM_PROGRAM'] === 'WezTerm' ? 'iterm' : undefined;
}

export function canShow(terminal: Terminal): boolean {
  return protocolOf(terminal) !== undefined;
}

/** Draws a saved image on standard error; kitty takes PNG only. */
export async function showImage(terminal: Terminal, path: string): Promise<void> {
  const protocol = protocolOf(terminal);
  if (protocol === undefined || (protocol === 'kitty' && !/\.png$/i.test(path))) return;
  const image = (await readFile(path)).toString('base64');
  if (protocol === 'iterm') {
    terminal.err(`\u001b]1337;File=inline=1;preserveAspectRatio=1:${image}\u0007\n`);
    return;
  }
  for (let at = 0; at < image.length; at += 4096) {
    const more = at + 4096 < image.length ? 1 : 0;
    terminal.err(`\u001b_G${at === 0 ? 'f=100,a=T,' : ''}m=${more};${image.slice(at, at + 4096)}\u001b\\`);
  }
  terminal.err('\n');
}

/** Opens a saved file with the system's viewer; a system without one is no failure of the job. */
export function openFile(platform: string, path: string): void {
  const [command, args] =
    platform === 'darwin' ? ['open', [path]] : platform === 'win32' ? ['explorer.exe', [path]] : ['xdg-open', [path]];
  const viewer = spawn(command, args, { detached: true, stdio: 'ignore' });
  viewer.on('error', () => undefined);
  viewer.unref();
}
