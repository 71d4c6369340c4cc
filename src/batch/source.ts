// The specs of a run, one at a time: a slow source holds nobody up, and one that hangs does not keep the run from ending.
import type { JobSpec } from '../plan/spec.ts';

export class Source {
  readonly #iterator: AsyncIterator<JobSpec> | Iterator<JobSpec>;
  /** Told when a spec has come that had to be waited for. */
  readonly #changed: () => void;
  #came: JobSpec | undefined;
  #isAsked = false;
  #isExhausted = false;
  #failure: { readonly thrown: unknown } | undefined;

  constructor(specs: AsyncIterable<JobSpec> | Iterable<JobSpec>, changed: () => void) {
    this.#iterator = Symbol.asyncIterator in specs ? specs[Symbol.asyncIterator]() : specs[Symbol.iterator]();
    this.#changed = changed;
  }

  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  /** The next spec if it is there; else it is asked for, and undefined. Throws what the source threw. */
  take(): JobSpec | undefined {
    if (this.#came === undefined && !this.#isAsked && !this.#isExhausted) this.#ask();
    if (this.#failure !== undefined) throw this.#failure.thrown;
    const spec = this.#came;
    this.#came = undefined;
    return spec;
  }

  #ask(): void {
    const next = this.#iterator.next();
    if (!(next instanceof Promise)) return this.#receive(next);
    this.#isAsked = true;
    next.then(
      (result: IteratorResult<JobSpec>) => this.#receive(result),
      (thrown: unknown) => this.#fail(thrown),
    );
  }

  #receive(result: IteratorResult<JobSpec>): void {
    const wasAsked = this.#isAsked;
    this.#isAsked = false;
    if (result.done === true) this.#isExhausted = true;
    else this.#came = result.value;
    if (wasAsked) this.#changed();
  }

  #fail(thrown: unknown): void {
    this.#isAsked = false;
    this.#isExhausted = true;
    this.#failure = { thrown };
    this.#changed();
  }

  /** The specs that are left, for who can wait for them. */
  async *rest(): AsyncGenerator<JobSpec> {
    if (this.#came !== undefined) yield this.#came;
    while (!this.#isExhausted && !this.#isAsked) {
      const next = await this.#iterator.next();
      if (next.done === true) this.#isExhausted = true;
      else yield next.value;
    }
  }

  /** Lets the source end what it holds open; one that is busy is not waited for. */
  async close(): Promise<void> {
    const ended = Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
    if (!this.#isAsked) await ended;
  }
}
