// This process as a Terminal. Used by bin only.
import { fstatSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import { nowhere } from './terminal.ts';
import type { SignalName, Terminal } from './terminal.ts';

export function processTerminal(): Terminal {
  const { stdout, stderr, stdin } = process;
  stderr.on('error', () => undefined); // nobody left to tell
  const restore = (): void => {
    if (stderr.isTTY) stderr.write('\r\u001b[J\u001b[?25h\u001b[?7h');
  };
  if (stderr.isTTY) {
    giveSize(stderr);
    if (process.platform !== 'win32') stopTidily(restore);
  }
  let broken: Error | undefined;
  stdout.on('error', (error: Error) => (broken = error));
  const write = (text: string | Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (broken !== undefined) reject(broken);
      else stdout.write(text, (error) => (error ? reject(error) : resolve()));
    });
  const signals: readonly SignalName[] = outlivesTerminal() ? ['SIGINT', 'SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];
  if (!signals.includes('SIGHUP')) process.on('SIGHUP', () => undefined);
  return {
    out: (text) =>
      write(text).catch(async (error: unknown) => {
        const { outputError } = await import('./output-error.ts');
        throw outputError(error);
      }),
    err: (text) => void stderr.write(text),
    outIsTTY: stdout.isTTY,
    errIsTTY: stderr.isTTY,
    inIsTTY: stdin.isTTY,
    columns: () => (stderr.isTTY ? stderr.columns : 80),
    input: () => stdin,
    errStream: stderr.isTTY ? stderr : undefined,
    env: process.env,
    cwd: workingFolder(),
    home: homeFolder(),
    platform: process.platform,
    onSignal: (handler) => {
      const handlers = signals.map((signal) => [signal, () => handler(signal)] as const);
      for (const [signal, run] of handlers) process.on(signal, run);
      return () => {
        for (const [signal, run] of handlers) process.off(signal, run);
      };
    },
    ask: stdin.isTTY && stderr.isTTY ? askTerminal : undefined,
    restore,
    leave: (code) => process.exit(code),
  };
}

/** Answers come as if they were typed: they are read letter by letter, and not shown. */
function askTerminal(question: string, answer: RegExp): Promise<string | undefined> {
  const { stdin, stderr } = process;
  return new Promise((resolve) => {
    let text = '';
    const end = (found: string | undefined): void => {
      clearTimeout(patience);
      stdin.off('data', read).pause();
      stdin.setRawMode(false);
      resolve(found);
    };
    const read = (part: Buffer): void => {
      text += part.toString('latin1');
      const found = answer.exec(text)?.[0];
      if (found !== undefined) end(found);
      if (text.includes('\u0003')) process.kill(process.pid, 'SIGINT'); // what Ctrl-C is as a letter
    };
    const patience = setTimeout(end, 300, undefined);
    stdin.setRawMode(true);
    stdin.on('data', read).resume();
    stderr.write(question);
  });
}

/** A terminal that was opened without a size says 0 columns, by which those who draw on it divide. */
function giveSize(stream: NodeJS.WriteStream): void {
  const fill = (): void => {
    if (!(stream.columns > 0)) stream.columns = 80;
    if (!(stream.rows > 0)) stream.rows = 24;
  };
  fill();
  stream.prependListener('resize', fill);
}

/** Ctrl-Z: the shell gets its cursor back; what is drawn comes again with the next redraw. */
function stopTidily(restore: () => void): void {
  process.on('SIGTSTP', () => {
    restore();
    process.kill(process.pid, 'SIGSTOP');
  });
}

/**
 * Was this run meant to go on when its terminal closes? Node gives signals their defaults back before any code of ours
 * runs, so whether SIGHUP was ignored cannot be asked: `nohup` leaves its name, and without a terminal or a pipe on any
 * stream (cron, systemd, setsid with files) a hangup has nobody who could mean it.
 */
function outlivesTerminal(): boolean {
  if (/\/nohup$/.test(process.env['_'] ?? '')) return true;
  return [process.stdin, process.stdout, process.stderr].every(({ isTTY }, fd) => !isTTY && !isPipe(fd));
}

function isPipe(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return found.isFIFO() || found.isSocket();
  } catch {
    return false;
  }
}

/** A folder that was deleted under us is nowhere: what is named from there cannot be found nor written. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return nowhere;
  }
}

/** A user without a home folder (a container's own number): settings, journal and caches are nowhere. */
export function homeFolder(): string {
  for (const ask of [homedir, () => userInfo().homedir]) {
    try {
      const home = ask();
      if (isAbsolute(home)) return home;
    } catch {
      // no entry of this user in the system's list
    }
  }
  return nowhere;
}
