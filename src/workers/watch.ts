// The one who waits: events of a batch's jobs out of Redis, files that come back, each job's end exactly once.
import type { Job, QueueEvents } from 'bullmq';
import { Channel } from '../batch/channel.ts';
import { pause } from '../connection/patience.ts';
import { ComfyGenError, reasons, type Reason } from '../errors.ts';
import type { JobStep } from '../jobs/events.ts';
import type { JobFailure, SavedFile } from '../jobs/job.ts';
import { unsentFailure } from '../jobs/report.ts';
import { stamp } from '../jobs/submission.ts';
import { harmless } from '../text/harmless.ts';
import { second } from './names.ts';
import type { Entry, Link, Queues } from './queues.ts';
import { readResult } from './read.ts';
import { readProgress } from './record.ts';

type Waited = Entry & {
  /** Paths that were told of. */
  readonly saved: Set<string>;
  isEnding: boolean;
};

/** What happened to one of the jobs. */
export type Watched = { readonly entry: Entry; readonly step: JobStep };

/** Events may be lost when Redis is away or we are slow: so often the jobs that wait longest are looked up. */
const sweepMs = 3 * second;
const sweptAtOnce = 500;

export class Watch implements AsyncDisposable {
  readonly #link: Link;
  readonly #queues: Queues;
  readonly #waited = new Map<string, Waited>();
  readonly #events = new Map<string, QueueEvents>();
  readonly #channel = new Channel<Watched>();
  readonly #over = new AbortController();
  #isComplete = false;
  #heardAt = performance.now();

  constructor(link: Link, queues: Queues) {
    this.#link = link;
    this.#queues = queues;
    void this.#sweep().catch(() => undefined);
  }

  /** Listens to the jobs of a lane from now on. */
  async listen(lane: string): Promise<void> {
    if (this.#events.has(lane)) return;
    const { packages, redis, names } = this.#link;
    const events = new packages.bullmq.QueueEvents(lane, { connection: redis, prefix: names.prefix });
    this.#events.set(lane, events);
    events.on('error', () => undefined); // the connection proper tells of it
    events.on('progress', ({ jobId, data }) => this.#progress(lane, jobId, data));
    events.on('completed', ({ jobId, returnvalue }) => void this.#done(lane, jobId, returnvalue as unknown));
    events.on('failed', ({ jobId, failedReason }) => void this.#failed(lane, jobId, failedReason));
    events.on('removed', ({ jobId }) => void this.#failed(lane, jobId, undefined));
    await events.waitUntilReady();
  }

  /** A job whose end is waited for. */
  expect(entry: Entry): void {
    this.#waited.set(keyOf(entry.lane, entry.id), { ...entry, saved: new Set(), isEnding: false });
  }

  /** It is another batch's job that is waited for: the same content was there before. */
  async instead(planned: string, entry: Entry): Promise<void> {
    this.#waited.delete(keyOf(entry.lane, planned));
    this.expect(entry);
    await this.#lookUp([keyOf(entry.lane, entry.id)]);
  }

  /** No more jobs are to come. */
  async complete(): Promise<void> {
    this.#isComplete = true;
    await this.#lookUp([...this.#waited.keys()].slice(0, sweptAtOnce));
    this.#endIfOver();
  }

  /** What happens, until every job that was expected has ended. */
  async *steps(): AsyncGenerator<Watched> {
    yield* this.#channel.read();
  }

  #progress(lane: string, id: string, data: unknown): void {
    this.#heardAt = performance.now();
    const waited = this.#waited.get(keyOf(lane, id));
    if (waited === undefined) return;
    for (const event of readProgress(data).events) {
      if (event.type === 'saved') this.#saved(waited, event.prompt_id, event.file);
      else void this.#channel.put({ entry: waited, step: { ...event, row: waited.row } });
    }
  }

  async #done(lane: string, id: string, value: unknown): Promise<void> {
    const waited = this.#end(lane, id);
    if (waited === undefined) return;
    const { row } = waited;
    const read = readResult(value);
    if (read === undefined) return this.#fail(waited, undefined, 'its result is none that this version understands');
    const result = { ...read, row };
    for (const file of result.files) this.#saved(waited, result.prompt_id, file);
    await this.#last(waited, stamp(row, result.prompt_id, { type: 'done', result } as const));
  }

  /** A file in the workers' folder, told once. */
  #saved(waited: Waited, promptId: string | null, file: SavedFile): void {
    const path = file.path === null ? null : harmless(file.path);
    if (path === null || waited.saved.has(path)) return;
    waited.saved.add(path);
    const step = stamp(waited.row, promptId, { type: 'saved', file: { ...file, path } } as const);
    void this.#channel.put({ entry: waited, step });
  }

  /** Without a reason it was removed. */
  async #failed(lane: string, id: string, why: string | undefined): Promise<void> {
    const waited = this.#end(lane, id);
    if (waited === undefined) return;
    const queue = this.#queues.of(lane);
    const asked = why === undefined ? undefined : queue.getJob(id).catch(() => undefined); // Redis may be gone by now
    await this.#fail(waited, readProgress((await asked)?.progress).failure, why);
  }

  async #fail(waited: Waited, known: JobFailure | undefined, why: string | undefined): Promise<void> {
    const reason = why === undefined ? 'cancelled' : 'job_lost';
    const lost = unsentFailure(new ComfyGenError(reason, why ?? 'the job was taken out of the queue'));
    const result = { ...(known ?? lost), row: waited.row };
    const cause = errorOf(result);
    await this.#last(waited, stamp(waited.row, result.prompt_id, { type: 'failed', result, cause } as const));
  }

  async #last(waited: Waited, step: JobStep): Promise<void> {
    const taken = this.#channel.put({ entry: waited, step });
    this.#waited.delete(keyOf(waited.lane, waited.id));
    this.#endIfOver();
    await taken;
  }

  /** Takes it out of those that are waited for: whatever is heard of it later is old. */
  #end(lane: string, id: string): Waited | undefined {
    this.#heardAt = performance.now();
    const waited = this.#waited.get(keyOf(lane, id));
    if (waited === undefined || waited.isEnding) return undefined;
    waited.isEnding = true;
    return waited;
  }

  #endIfOver(): void {
    if (this.#isComplete && this.#waited.size === 0) this.#channel.close();
  }

  async #sweep(): Promise<void> {
    for (;;) {
      await pause(sweepMs, this.#over.signal);
      if (performance.now() - this.#heardAt < sweepMs) continue;
      await this.#lookUp([...this.#waited.keys()].slice(0, sweptAtOnce)).catch(() => undefined);
    }
  }

  /** What became of these jobs, where no event told. */
  async #lookUp(keys: readonly string[]): Promise<void> {
    await Promise.all(
      keys.map(async (key) => {
        const waited = this.#waited.get(key);
        if (waited === undefined || waited.isEnding) return;
        const { lane, id } = waited;
        const queue = this.#queues.of(lane);
        const state = await queue.getJobState(id);
        const job = (): Promise<Job | undefined> => queue.getJob(id).catch(unlessGarbled);
        if (state === 'completed') await this.#done(lane, id, (await job())?.returnvalue);
        else if (state === 'failed') await this.#failed(lane, id, (await job())?.failedReason ?? '');
        else if (state === 'unknown') await this.#failed(lane, id, undefined);
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    this.#channel.close();
    await Promise.allSettled([...this.#events.values()].map((events) => events.close()));
  }
}

const keyOf = (lane: string, id: string): string => `${lane} ${id}`;

/** A job that is no JSON any more is none; what else went wrong is asked for again. */
function unlessGarbled(failure: unknown): undefined {
  if (!(failure instanceof SyntaxError)) throw failure;
}

/** The error that a failure tells of. */
function errorOf({ error }: JobFailure): ComfyGenError {
  const reason: Reason = Object.hasOwn(reasons, error.reason) ? error.reason : 'node_failed';
  const { hint, node_errors } = error;
  return new ComfyGenError(reason, error.message, { hint: hint ?? undefined, node_errors });
}
