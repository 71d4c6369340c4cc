// What a run of the command is to a test, whether it is a process of its own or a call of main() in this one.
import { StringDecoder } from 'node:string_decoder';
import type { SignalName } from '../../src/cli/terminal.ts';

export type Finished = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
};

export type RunOptions = {
  /** On top of a bare environment: folders of the test's own, UTC. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; with `null` it stays open and silent. */
  readonly input?: string | null;
};

/** A run that goes on. */
export type Run = {
  /** Resolves when what was printed so far, on either stream, matches; when the run is over, too. */
  readonly said: (pattern: RegExp) => Promise<void>;
  /** Standard output so far. */
  readonly printed: () => string;
  readonly signal: (name: SignalName) => void;
  /** Whoever reads standard output leaves. */
  readonly hangUp: () => void;
  readonly done: Promise<Finished>;
};

/** Both streams as they come. */
export class Transcript {
  out = '';
  err = '';
  readonly #bytes = new StringDecoder('utf8');
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  addOut(part: string | Uint8Array): void {
    this.out += typeof part === 'string' ? part : this.#bytes.write(Buffer.from(part));
    this.#wake();
  }

  addErr(text: string): void {
    this.err += text;
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async said(pattern: RegExp): Promise<void> {
    while (!this.#isOver && !pattern.test(this.err) && !pattern.test(this.out))
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
