// Everything the command line may touch of its process, handed in by bin (or by a test).

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export type Terminal = {
  /** Standard output: results only. Resolves when it was taken; rejects when the pipe is closed. */
  readonly out: (text: string | Uint8Array) => Promise<void>;
  /** Standard error: text for people. */
  readonly err: (text: string) => void;
  readonly outIsTTY: boolean;
  readonly errIsTTY: boolean;
  readonly inIsTTY: boolean;
  readonly columns: () => number;
  /** Standard input as bytes. */
  readonly input: () => AsyncIterable<Uint8Array> & { readonly destroy?: () => unknown };
  readonly errStream: NodeJS.WriteStream | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly platform: string;
  readonly onSignal: (handler: (signal: SignalName) => void) => () => void;
  /** What the terminal itself answers to a code; undefined when it does not, soon. Absent where nobody could. */
  readonly ask?: ((question: string, answer: RegExp) => Promise<string | undefined>) | undefined;
  /** Shows the cursor and wraps lines again, whatever was being drawn. */
  readonly restore: () => void;
  /** The process leaves at once: a second Ctrl-C. */
  readonly leave: (code: number) => void;
};

/** Stands for a folder that is not there: nobody can make one below it, the system's own user neither. */
export const nowhere = '/dev/null';

/** `--no-color` over `NO_COLOR` over `FORCE_COLOR` over "is it a terminal". */
export function colorLevel(terminal: Terminal, noColor: boolean): 0 | 1 {
  if (noColor || (terminal.env['NO_COLOR'] ?? '') !== '') return 0;
  const forced = terminal.env['FORCE_COLOR'];
  if (forced !== undefined) return forced === '0' || forced === 'false' ? 0 : 1;
  return terminal.errIsTTY && terminal.env['TERM'] !== 'dumb' ? 1 : 0;
}

/** The reader of our standard output has left. */
export function isClosedPipe(thrown: unknown): boolean {
  return (
    thrown instanceof Error && 'code' in thrown && (thrown.code === 'EPIPE' || thrown.code === 'ERR_STREAM_DESTROYED')
  );
}
