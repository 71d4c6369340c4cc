// Files that a job has made before it is over: they come while the server works on the others.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { sweepOnce } from '../files/write.ts';
import type { OutputRef } from '../protocol/http.ts';
import { intoPart, type Arrived, type Source } from './arrival.ts';
import { fetchInto } from './download.ts';
import { outputKey, type JobRequest } from './job.ts';
import { linkedSignal } from './linked-signal.ts';
import { rootOf } from './save.ts';

/**
 * Downloads what is announced, one after the other, into files without a name. Whether and under which name they are
 * the job's results is seen at its end; disposal drops those that nobody took.
 */
export class Ahead implements AsyncDisposable {
  readonly #server: Connection;
  readonly #request: JobRequest;
  readonly #link: ReturnType<typeof linkedSignal>;
  /** Undefined for what was announced twice: another file may lie there since. */
  readonly #coming = new Map<string, Promise<Arrived | undefined> | undefined>();
  #last: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(server: Connection, request: JobRequest, signal: AbortSignal) {
    this.#server = server;
    this.#request = request;
    this.#link = linkedSignal(signal);
    const { output: target } = request;
    if (target !== undefined && target.kind !== 'sink') this.#last = sweepOnce(rootOf(target)).catch(() => undefined);
  }

  readonly expect = (outputs: readonly OutputRef[]): void => {
    for (const ref of outputs) {
      const key = outputKey(ref);
      if (ref.type !== 'output' || this.#request.saved?.has(key) === true) continue;
      if (this.#coming.has(key)) this.#drop(key);
      else this.#begin(key, ref);
    }
  };

  /** The job is over, and this is a result of it. Undefined: it is to be downloaded now. Throws what the download threw. */
  async take(ref: OutputRef): Promise<Arrived | undefined> {
    this.#isOver = true;
    const key = outputKey(ref);
    const arrived = this.#coming.get(key);
    this.#coming.delete(key);
    return arrived;
  }

  #begin(key: string, ref: OutputRef): void {
    const { output: target } = this.#request;
    if (target === undefined || target.kind === 'sink') return; // a sink's bytes would wait in memory
    const { signal } = this.#link;
    const fetch = (): Promise<Arrived> => {
      signal.throwIfAborted();
      const source: Source = (sink) => fetchInto(this.#server, ref, sink);
      return intoPart(source, ref.filename, rootOf(target), { ...this.#request, signal });
    };
    const coming = this.#last.then(fetch).catch((error: unknown) => {
      if (this.#isOver) throw error;
      return undefined; // there is time to try it again at the end
    });
    this.#coming.set(key, coming);
    this.#last = coming.catch(() => undefined);
  }

  #drop(key: string): void {
    const unwanted = this.#coming.get(key);
    this.#coming.set(key, undefined);
    this.#last = Promise.all([this.#last, dropped(unwanted)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.abort(new ComfyGenError('cancelled', 'nobody waits for it'));
    await Promise.all([this.#last, ...[...this.#coming.values()].map(dropped)]);
    this.#link[Symbol.dispose]();
  }
}

async function dropped(coming: Promise<Arrived | undefined> | undefined): Promise<void> {
  const arrived = await coming?.catch(() => undefined);
  await arrived?.part[Symbol.asyncDispose]();
}
