// The Job that a program holds: driven to its end from its making on, watched or not; it keeps its events and its result.
import type { Connection } from '../connection/connection.ts';
import { abortError, ComfyGenError, toComfyGenError } from '../errors.ts';
import type { OutputRef } from '../protocol/http.ts';
import { cancelQuietly } from './cancel.ts';
import { isRecord, withPlainOptions, type JobEvent } from './events.ts';
import type { Job, JobOutcome } from './handle.ts';
import type { JobRequest } from './job.ts';
import type { LinkedSignal } from './linked-signal.ts';
import { makeOutput } from './output.ts';
import { failedAfter, unsentFailure } from './report.ts';
import { run } from './run.ts';
import { stamp } from './submission.ts';

/** The events that a loop has not taken yet. */
type Reader = { readonly events: JobEvent[]; wake: () => void };

type JobEnd = Extract<JobEvent, { type: 'done' | 'failed' }>;

/** What is still made of a job's end before it is told. What it notes are warnings; what it throws fails a job that is done. */
export type BeforeEnd = (end: JobEnd, note: (message: string) => void) => Promise<void>;

export class DrivenJob implements Job {
  readonly #server: Connection;
  readonly #request: JobRequest;
  readonly #link: LinkedSignal;
  readonly #beforeEnd: BeforeEnd | undefined;
  readonly #ended: Promise<void>;
  /** For loops that begin later: without previews, and of the progress in one node the newest only. */
  readonly #kept: JobEvent[] = [];
  readonly #readers = new Set<Reader>();
  #outputs: readonly OutputRef[] = [];
  #promptId: string;
  #end: JobEnd | undefined;

  /** It begins at once. The link is the job's from here on. */
  constructor(server: Connection, request: JobRequest, link: LinkedSignal, beforeEnd?: BeforeEnd) {
    this.#server = server;
    this.#request = request;
    this.#link = link;
    this.#beforeEnd = beforeEnd;
    this.#promptId = request.attach ?? '';
    this.#ended = this.#drive();
  }

  async #drive(): Promise<void> {
    try {
      const steps = run(this.#server, this.#request, this.#link.signal);
      let next = await steps.next();
      for (; next.done !== true; next = await steps.next())
        if (!isRecord(next.value)) this.#take(await this.#closed(withPlainOptions(next.value)));
      this.#outputs = next.value;
    } catch (thrown) {
      const cause = toComfyGenError(thrown);
      const { row, about } = this.#request;
      const result = unsentFailure(cause, { ...about, row, server: this.#server.server });
      this.#take(stamp(row, this.#promptId || null, { type: 'failed', result, cause }));
    } finally {
      this.#link[Symbol.dispose]();
    }
  }

  /** The end of the job with all that belongs to it; other events as they are. */
  async #closed(event: JobEvent): Promise<JobEvent> {
    const isEnd = event.type === 'done' || event.type === 'failed';
    if (!isEnd || this.#beforeEnd === undefined || this.#link.signal.aborted) return event;
    const { signal } = this.#link;
    const { row, prompt_id } = event;
    const note = (message: string): void => {
      this.#take(stamp(row, prompt_id, { type: 'warning', reason: 'note', message }));
    };
    try {
      await this.#beforeEnd(event, note);
      return event;
    } catch (thrown) {
      const cause = signal.aborted ? abortError(signal) : toComfyGenError(thrown);
      if (event.type === 'done') return { ...event, type: 'failed', result: failedAfter(event.result, cause), cause };
      note(cause.message);
      return event;
    }
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

  get prompt_id(): string {
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

  async result(): Promise<JobOutcome> {
    await this.#ended;
    const end = this.#end;
    if (end === undefined) throw new ComfyGenError('internal', 'a job ended without a result');
    if (end.type === 'failed') throw end.cause;
    const { result } = end;
    const outputs = this.#outputs.map((ref) => makeOutput(this.#server, ref, result.prompt_id ?? ''));
    return { ...result, outputs };
  }

  async cancel(): Promise<void> {
    if (this.#end !== undefined) return;
    const { attach } = this.#request;
    // a job that is only followed is never cancelled by a signal: here somebody asks for it in so many words
    if (attach !== undefined) await cancelQuietly(this.#server, attach);
    this.#link.abort(new ComfyGenError('cancelled', 'cancelled'));
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
