// This process as a Terminal. Used by bin only.
import { fstatSync, statSync, writeSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import { isatty } from 'node:tty';
import { codeOf } from '../files/codes.ts';
import { nowhere } from './terminal.ts';
import type { SignalName, Terminal } from './terminal.ts';

/** Streams are opened as they are used: loading what they are made of takes longer than `--version` or `--help` need. */
export function processTerminal(): Terminal {
  const restore = (): void => {
    if (isTerminal(2)) process.stderr.write('\r\u001b[J\u001b[?25h\u001b[?7h');
  };
  let stderr: NodeJS.WriteStream | undefined;
  const err = (): NodeJS.WriteStream => (stderr ??= openErr(restore));
  const ask: Terminal['ask'] = (question, answer) => askTerminal(err(), question, answer);
  const toErr = writer(2, (text) => void err().write(text));
  const signals: readonly SignalName[] = outlivesTerminal() ? ['SIGINT', 'SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];
  if (!signals.includes('SIGHUP')) process.on('SIGHUP', () => undefined);
  const toOut = writer(1, outStream());
  return {
    out: async (text) => {
      try {
        await toOut(text);
      } catch (error) {
        const { outputError } = await import('./output-error.ts');
        throw outputError(error);
      }
    },
    err: (text) => {
      try {
        toErr(text);
      } catch {
        // nobody left to tell
      }
    },
    get outIsTTY() {
      return isTerminal(1);
    },
    get errIsTTY() {
      return isTerminal(2);
    },
    get inIsTTY() {
      return isTerminal(0);
    },
    columns: () => (isTerminal(2) ? err().columns : 80),
    input: () => process.stdin,
    get errStream() {
      return isTerminal(2) ? err() : undefined;
    },
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
    get ask() {
      return isTerminal(0) && isTerminal(2) ? ask : undefined;
    },
    restore,
    leave: (code) => process.exit(code),
  };
}

function openErr(restore: () => void): NodeJS.WriteStream {
  const { stderr } = process;
  stderr.on('error', () => undefined); // nobody left to tell
  if (stderr.isTTY) {
    giveSize(stderr);
    if (process.platform !== 'win32') stopTidily(restore);
  }
  return stderr;
}

type Text = string | Uint8Array;

/** Writes to standard output by its stream, which is opened by the first call. */
function outStream(): (text: Text) => Promise<void> {
  let broken: Error | undefined;
  let isOpen = false;
  return (text) =>
    new Promise((resolve, reject) => {
      if (!isOpen) process.stdout.on('error', (error: Error) => (broken = error));
      isOpen = true;
      if (broken !== undefined) reject(broken);
      else process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    });
}

/**
 * Writes as Node's own stream does it to files, pipes and sockets, waiting for the system, but without that stream: it
 * takes 5 ms to load. Terminals, Windows, and a pipe that is full and does not wait, get the stream.
 */
function writer<Written>(fd: number, byStream: (text: Text) => Written): (text: Text) => Written | undefined {
  let isDirect = process.platform !== 'win32' && !isDevice(fd);
  return (text) => {
    if (!isDirect) return byStream(text);
    const rest = writeNow(fd, Buffer.from(text));
    if (rest.length === 0) return undefined;
    isDirect = false;
    return byStream(rest);
  };
}

/** What the system did not take comes back. Throws as `writeSync`. */
function writeNow(fd: number, bytes: Uint8Array): Uint8Array {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return rest;
      throw error;
    }
  }
  return rest;
}

const isTerminal = (fd: number): boolean => isDevice(fd) && isatty(fd);

/** A terminal, or something like one; or closed. /dev/null is none: to ask whether it is a terminal takes 5 ms. On Windows it cannot be told. */
function isDevice(fd: number): boolean {
  try {
    if (process.platform === 'win32') return true;
    const found = fstatSync(fd);
    return found.isCharacterDevice() && found.rdev !== statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
  } catch {
    return true;
  }
}

/** Answers come as if they were typed: they are read letter by letter, and not shown. A terminal that goes away has none. */
function askTerminal(stderr: NodeJS.WriteStream, question: string, answer: RegExp): Promise<string | undefined> {
  const { stdin } = process;
  return new Promise((resolve) => {
    let text = '';
    const end = (found: string | undefined): void => {
      clearTimeout(patience);
      stdin.off('data', read).off('error', gone).pause();
      stdin.on('error', () => undefined).setRawMode(false); // it may go away later too
      resolve(found);
    };
    const gone = (): void => end(undefined);
    const read = (part: Buffer): void => {
      text += part.toString('latin1');
      const found = answer.exec(text)?.[0];
      if (found !== undefined) end(found);
      if (text.includes('\u0003')) process.kill(process.pid, 'SIGINT'); // what Ctrl-C is as a letter
    };
    const patience = setTimeout(gone, 300);
    stdin.on('error', gone).on('data', read).resume().setRawMode(true);
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
  return ![0, 1, 2].some(isPipe) && ![0, 1, 2].some(isTerminal);
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
