// A Job that runs by itself from `submit` on, watched or not, and keeps its events and its result.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import type { OutputRef } from '../protocol/http.ts';
import { isRecord, withPlainOptions, type JobEvent } from './events.ts';
import type { JobRequest } from './job.ts';
import { makeOutput, type JobOutcome } from './output.ts';
import { run } from './run.ts';

/** The events that a loop has not taken yet. */
type Reader = { readonly events: JobEvent[]; wake: () => void };

/**
 * One job on a server. It runs by itself, watched or not: leaving a loop over its events only stops watching.
 * @example
 * const job = await client.generate({ prompt: 'a lighthouse', output: 'images' });
 * for await (const event of job) if (event.type === 'progress') console.log(event.share);
 * const { files } = await job.result();
 */
export class Job implements AsyncIterable<JobEvent> {
  readonly #server: Connection;
  readonly #own = new AbortController();
  readonly #ended: Promise<void>;
  /** For loops that begin later: without previews, and of the progress in one node the newest only. */
  readonly #kept: JobEvent[] = [];
  readonly #readers = new Set<Reader>();
  #outputs: readonly OutputRef[] = [];
  #promptId: string | null = null;
  #end: Extract<JobEvent, { type: 'done' | 'failed' }> | undefined;

  /** @internal */
  constructor(server: Connection, request: JobRequest, signal?: AbortSignal) {
    this.#server = server;
    this.#promptId = request.attach ?? null;
    const signals = signal === undefined ? [this.#own.signal] : [this.#own.signal, signal];
    this.#ended = this.#drive(request, AbortSignal.any(signals));
  }

  async #drive(request: JobRequest, signal: AbortSignal): Promise<void> {
    const steps = run(this.#server, request, signal);
    let next = await steps.next();
    for (; next.done !== true; next = await steps.next())
      if (!isRecord(next.value)) this.#take(withPlainOptions(next.value));
    this.#outputs = next.value;
  }

  #take(event: JobEvent): void {
    if (event.prompt_id !== null) this.#promptId = event.prompt_id;
    if (event.type === 'done' || event.type === 'failed') this.#end = event;
    if (event.type !== 'preview') append(this.#kept, event);
    for (const reader of this.#readers) {
      append(reader.events, event);
      reader.wake();
    }
  }

  /** The job's id on the server, once it was accepted. */
  get prompt_id(): string | null {
    return this.#promptId;
  }

  /** Resolves when the server accepted the job; rejects with the refusal. */
  async accepted(): Promise<this> {
    for await (const event of this) {
      if (event.type === 'failed') throw event.cause;
      if (event.type === 'submitted') break;
    }
    return this;
  }

  /** Every loop gets the events from the first on, then the new ones; it ends by itself after `done` or `failed`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<JobEvent, void> {
    const reader: Reader = { events: [...this.#kept], wake: () => undefined };
    this.#readers.add(reader);
    try {
      for (;;) {
        const event = reader.events.shift();
        if (event === undefined) await new Promise<void>((resolve) => (reader.wake = resolve));
        else {
          yield event;
          if (event.type === 'done' || event.type === 'failed') return;
        }
      }
    } finally {
      this.#readers.delete(reader);
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
    if (end.type === 'failed') throw end.cause;
    const { result } = end;
    const outputs = this.#outputs.map((ref) => makeOutput(this.#server, ref, result.prompt_id ?? ''));
    return { ...result, outputs };
  }

  /** Cancels the job on the server (five seconds at most) and resolves when that is over. */
  async cancel(): Promise<void> {
    this.#own.abort(new ComfyGenError('cancelled', 'cancelled'));
    await this.#ended;
  }
}

/** A newer progress of the same node, and a newer preview, take the place of one that nobody has read yet. */
function append(events: JobEvent[], event: JobEvent): void {
  const last = events.at(-1);
  const replaces =
    (event.type === 'progress' && last?.type === 'progress' && last.node === event.node) ||
    (event.type === 'preview' && last?.type === 'preview');
  if (replaces) events[events.length - 1] = event;
  else events.push(event);
}
