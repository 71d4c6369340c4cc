// What one run of the command line has at hand: terminal, settings, log, colours, and the signal that ends it.
import { join, resolve as resolvePath } from 'node:path';
import type { ConfigFile } from '../config/find-files.ts';
import { readUserText } from '../files/user-file.ts';
import type { Layer, Settings } from '../options/resolve.ts';
import type { everyOption } from '../options/settings.ts';
import type { Log } from './log.ts';
import type { Paint } from './output/paint.ts';
import type { Terminal } from './terminal.ts';

export type AllSettings = Settings<typeof everyOption>;

export type Context = {
  readonly terminal: Terminal;
  /** The command's words, its own name not among them. */
  readonly words: readonly string[];
  /** The words are a prompt. */
  readonly isPrompt: boolean;
  readonly settings: AllSettings;
  /** What the file of --token-file holds. */
  readonly tokenInFile: string | undefined;
  readonly layers: readonly Layer[];
  readonly files: readonly ConfigFile[];
  readonly log: Log;
  readonly paint: Paint;
  readonly version: string;
  /** Aborted by Ctrl-C, SIGTERM, SIGHUP, a closed pipe and --timeout; the reason says which. */
  readonly signal: AbortSignal;
  readonly abort: (reason: unknown) => void;
  /** Another command line, as a run of its own in this process. */
  readonly runOther: (argv: readonly string[], terminal: Terminal) => Promise<number>;
  /** Runs at the end, last in first out. */
  readonly atEnd: (end: () => Promise<void> | void) => void;
};

/** A path from an option: relative to the working folder, `~` is the home folder. */
export function pathOf({ terminal: { home, cwd } }: Pick<Context, 'terminal'>, path: string): string {
  if (path === '~') return home;
  return path.startsWith('~/') || path.startsWith('~\\') ? join(home, path.slice(2)) : resolvePath(cwd, path);
}

/** A file that an option names, as text; `bad_input_file` when it can't be read. */
export async function readOptionFile(context: Context, path: string, option: string): Promise<string> {
  return readUserText(pathOf(context, path), { name: `${option} ${path}` });
}

/** Standard input; Ctrl-C and `--timeout` end the wait for it. */
export async function* inputOf({ terminal, signal }: Pick<Context, 'terminal' | 'signal'>): AsyncGenerator<Uint8Array> {
  const input = terminal.input();
  const chunks = input[Symbol.asyncIterator]();
  const ended = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  ended.catch(() => undefined);
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([chunks.next(), ended]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    if (signal.aborted) input.destroy?.(); // nobody waits for it any more, nor does the process
  }
}
