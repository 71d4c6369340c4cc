// What -v shows and --log-file keeps: one line a happening, secrets taken out.
import { appendFileSync, chmodSync, closeSync, openSync } from 'node:fs';
import { writeError } from '../files/write.ts';
import { redactAll, type Redact } from './redact.ts';
import type { Terminal } from './terminal.ts';
import { harmless } from '../text/harmless.ts';

export type Level = 'debug' | 'info' | 'warning' | 'error';

export type Log = {
  readonly write: (level: Level, message: string, more?: Readonly<Record<string, unknown>>) => void;
  /** The text with every known secret masked. */
  readonly redact: Redact;
};

type LogOptions = {
  readonly terminal: Terminal;
  readonly verbose: boolean;
  /** Absolute path, or undefined. */
  readonly file: string | undefined;
  readonly redact: Redact;
};

/** Opens the log; a file that can't be written is `not_writable`. Readable by its owner only. */
export function openLog({ terminal, verbose, file, redact }: LogOptions): Log {
  if (file !== undefined) {
    try {
      closeSync(openSync(file, 'a', 0o600));
      chmodSync(file, 0o600);
    } catch (cause) {
      throw writeError(cause, file);
    }
  }
  return {
    redact,
    write: (level, message, more) => {
      const text = redact(message);
      if (verbose && level === 'debug') terminal.err(`${harmless(text)}\n`);
      if (file === undefined) return;
      const line = JSON.stringify({
        at: new Date().toISOString(),
        level,
        ...(redactAll({ message, ...more }, redact) as object),
      });
      try {
        appendFileSync(file, `${line}\n`);
      } catch {
        // a full disk must not end the job that is being logged
      }
    },
  };
}
