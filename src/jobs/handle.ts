// A Job that runs by itself from `submit` on, watched or not, and keeps its events and its result.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import type { OutputRef } from '../protocol/http.ts';
import type { JobEvent } from './events.ts';
import type { JobFailure, JobOutcome, JobRequest, JobResult } from './job.ts';
import { makeOutput } from './output.ts';
import { run } from './run.ts';

export class Job implements AsyncIterable<JobEvent> {
  readonly #events: JobEvent[] = [];
  readonly #server: Connection;
  readonly #abort = new AbortController();
  #waiting: (() => void)[] = [];
  #outputs: readonly OutputRef[] = [];
  #end: JobResult | JobFailure | undefined;
  readonly #ended: Promise<void>;

  constructor(server: Connection, request: JobRequest, signal?: AbortSignal) {
    this.#server = server;
    if (signal?.aborted === true) this.#abort.abort(signal.reason);
    const forward = (): void => this.#abort.abort(signal?.reason);
    signal?.addEventListener('abort', forward, { once: true });
    this.#ended = this.#drive(request).finally(() => signal?.removeEventListener('abort', forward));
  }

  async #drive(request: JobRequest): Promise<void> {
    const events = run(this.#server, request, this.#abort.signal);
    for (;;) {
      const next = await events.next();
      if (next.done === true) {
        this.#outputs = next.value;
        break;
      }
      this.#keep(next.value);
    }
    const last = this.#events.at(-1);
    if (last?.type === 'done' || last?.type === 'failed') this.#end = last.result;
    this.#wake();
  }

  /** Progress of the same node is merged, pictures of previews are not kept: a late loop needs neither. */
  #keep(event: JobEvent): void {
    const last = this.#events.at(-1);
    if (
      event.type === 'progress' &&
      last?.type === 'progress' &&
      last.node === event.node &&
      this.#waiting.length === 0
    ) {
      this.#events[this.#events.length - 1] = event;
    } else this.#events.push(event);
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  /** The job's id on the server, once it was accepted. */
  get prompt_id(): string | null {
    return this.#events.at(-1)?.prompt_id ?? null;
  }

  /** Resolves when the server accepted the job; rejects with the refusal. */
  async accepted(): Promise<this> {
    for await (const event of this) {
      if (event.type === 'failed') throw failureOf(event.result);
      if (event.type === 'submitted') break;
    }
    return this;
  }

  /** Every loop gets the events from `submitted` on, then the new ones; it ends by itself after `done` or `failed`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<JobEvent, void> {
    for (let i = 0; ; i++) {
      while (i >= this.#events.length) {
        if (this.#end !== undefined) return;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      const event = this.#events[i];
      if (event === undefined) return;
      yield event;
      if (event.type === 'done' || event.type === 'failed') return;
    }
  }

  /**
   * The result, before, during or after any loop.
   * @throws ComfyGenError when the job failed: its `code`, `reason`, `hint` and `node_errors` say how.
   */
  async result(): Promise<JobOutcome> {
    await this.#ended;
    const end = this.#end;
    if (end === undefined) throw new ComfyGenError('internal', 'a job ended without a result');
    if (!end.ok) throw failureOf(end);
    return { ...end, outputs: this.#outputs.map((ref) => makeOutput(this.#server, ref, end.prompt_id ?? '')) };
  }

  /** Cancels the job on the server (five seconds at most) and resolves when that is over. */
  async cancel(): Promise<void> {
    this.#abort.abort(new ComfyGenError('cancelled', 'cancelled'));
    await this.#ended;
  }
}

function failureOf(failure: JobFailure): ComfyGenError {
  const { reason, message, hint, node_errors, exit_code } = failure.error;
  return new ComfyGenError(reason, message, { hint: hint ?? undefined, node_errors, exit_code });
}
