// main() called in this process, with a terminal of memory: what a run costs without starting Node.
import { Readable } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import type { SignalName, Terminal } from '../../src/cli/terminal.ts';
import { Transcript, type Finished, type Run, type RunOptions } from './run.ts';

type Env = Readonly<Record<string, string>>;

export function callMain(args: readonly string[], cwd: string, env: Env, input: RunOptions['input']): Run {
  if (env['NODE_OPTIONS'] !== undefined) throw new Error('NODE_OPTIONS are for a process: place.spawn() or start()');
  const seen = new Transcript();
  const terminal = new MemoryTerminal(cwd, env, input, seen);
  const done = main(args, terminal)
    .then((code): Finished => ({ code, signal: null, out: seen.out, err: seen.err }))
    .finally(() => seen.end());
  return {
    done,
    said: (pattern) => seen.said(pattern),
    printed: () => seen.out,
    signal: (name) => terminal.signal(name),
    hangUp: () => terminal.hangUp(),
  };
}

class MemoryTerminal implements Terminal {
  readonly outIsTTY = false;
  readonly errIsTTY = false;
  readonly inIsTTY = false;
  readonly errStream = undefined;
  readonly platform = process.platform;
  readonly env: Env;
  readonly cwd: string;
  readonly home: string;
  readonly #seen: Transcript;
  readonly #input: Readable;
  readonly #handlers = new Set<(signal: SignalName) => void>();
  #isHungUp = false;

  constructor(cwd: string, env: Env, input: RunOptions['input'], seen: Transcript) {
    this.cwd = cwd;
    this.env = env;
    this.home = env['HOME'] ?? cwd;
    this.#seen = seen;
    this.#input = new Readable({ read: () => undefined });
    if (input === null) return; // open and silent
    if (input !== undefined && input !== '') this.#input.push(Buffer.from(input));
    this.#input.push(null);
  }

  readonly out = async (text: string | Uint8Array): Promise<void> => {
    if (this.#isHungUp) throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    this.#seen.addOut(text);
    await new Promise(setImmediate); // a pipe takes it later, too
  };
  readonly err = (text: string): void => this.#seen.addErr(text);
  readonly columns = (): number => 80;
  readonly input = (): Readable => this.#input;
  readonly onSignal = (handler: (signal: SignalName) => void): (() => void) => {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  };
  readonly restore = (): void => undefined;
  readonly leave = (code: number): never => {
    throw new Error(`the process would have left with ${code}: that is for place.start()`);
  };

  signal(name: SignalName): void {
    if (this.#handlers.size === 0) throw new Error(`${name} would have killed the process: that is for place.start()`);
    for (const handler of this.#handlers) handler(name);
  }

  hangUp(): void {
    this.#isHungUp = true;
  }
}
