// A batch in Redis: the jobs of one `enqueue`, added as they come, looked at, cancelled and tried again from any machine.
import { randomBytes } from 'node:crypto';
import { digest } from '../batch/specs.ts';
import { ComfyGenError } from '../errors.ts';
import type { JobSpec } from '../plan/spec.ts';
import { laneOf } from './lanes.ts';
import { keptFor, second } from './names.ts';
import { useLane } from './registry.ts';
import type { Packer } from './pack.ts';
import { maxSpecBytes, packJob, type QueuedJob } from './queued-job.ts';
import type { AddOptions, Entry, Link, Queues } from './queues.ts';
import type { Watch } from './watch.ts';

export const newBatchId = (): string => randomBytes(8).toString('hex');

type Adding = {
  readonly link: Link;
  readonly queues: Queues;
  readonly packer: Packer;
  readonly batch: string;
  readonly options: AddOptions;
  /** Equal jobs that wait or run at the same time are made once. */
  readonly deduplicates: boolean;
  readonly rest: Omit<QueuedJob, 'v' | 'spec' | 'batch'>;
  /** Told before jobs are added, and which of them turned out to be there already. */
  readonly watch?: Pick<Watch, 'listen' | 'expect' | 'instead'> | undefined;
  readonly signal: AbortSignal;
};

const chunkJobs = 500;
const chunkBytes = 4 * maxSpecBytes;

type Made = {
  readonly lane: string;
  readonly id: string;
  readonly row: number;
  readonly data: QueuedJob;
  readonly content: string;
};

/** Adds the jobs piece by piece, keeping none in memory; how many there were. */
export async function addBatch(specs: AsyncIterable<JobSpec> | Iterable<JobSpec>, adding: Adding): Promise<number> {
  const { link, batch, packer, rest, signal } = adding;
  await link.redis.hset(link.names.batch(batch), { at: Date.now(), total: 0 });
  let chunk: Made[] = [];
  let bytes = 0;
  let count = 0;
  for await (const asked of specs) {
    signal.throwIfAborted();
    const { spec, loaded } = await packer.pack(asked);
    const data = packJob(spec, { ...rest, batch });
    count++;
    chunk.push({
      lane: laneOf(spec, loaded),
      id: `${batch}.${count}`,
      row: spec.row,
      data,
      content: digest([{ ...spec, row: 0, place: undefined }, rest]),
    });
    bytes += data.spec.length;
    if (chunk.length < chunkJobs && bytes < chunkBytes) continue;
    await addChunk(chunk, adding);
    [chunk, bytes] = [[], 0];
  }
  await addChunk(chunk, adding);
  return count;
}

async function addChunk(chunk: readonly Made[], adding: Adding): Promise<void> {
  if (chunk.length === 0) return;
  const { link, batch, watch } = adding;
  const { redis, names } = link;
  const list = names.batchJobs(batch);
  for (const lane of new Set(chunk.map((job) => job.lane))) await openLane(lane, chunk, adding);
  // named before they are there: whoever looks meanwhile may find fewer, never more
  const length = await redis.rpush(list, ...chunk.map(writeEntry));
  await redis
    .multi()
    .hincrby(names.batch(batch), 'total', chunk.length)
    .expire(names.batch(batch), keptFor.batch)
    .expire(list, keptFor.batch)
    .exec();
  const first = length - chunk.length;
  for (const { lane, id, row } of chunk) watch?.expect({ lane, id, row });
  const ids = await addJobs(chunk, adding);
  for (const [i, { lane, id, row }] of chunk.entries()) {
    const entry = { lane, id: ids.get(id) ?? id, row };
    if (entry.id === id) continue;
    await redis.lset(list, first + i, writeEntry(entry));
    await watch?.instead(id, entry);
  }
}

async function openLane(lane: string, chunk: readonly Made[], { link, watch }: Adding): Promise<void> {
  const sample = chunk.find((job) => job.lane === lane);
  await watch?.listen(lane);
  if (await useLane(link, lane, JSON.stringify(sample?.data)))
    await link.redis.publish(link.names.news, JSON.stringify({ lane }));
}

/** The id that each job got. */
async function addJobs(chunk: readonly Made[], adding: Adding): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const lane of new Set(chunk.map((job) => job.lane))) {
    const jobs = chunk.filter((job) => job.lane === lane);
    const added = await adding.queues.of(lane).addBulk(jobs.map((job) => bulkJob(job, adding)));
    for (const [i, job] of jobs.entries()) ids.set(job.id, added[i]?.id ?? job.id);
  }
  return ids;
}

function bulkJob({ id, data, content }: Made, { options, deduplicates }: Adding) {
  return {
    name: 'job',
    data,
    opts: {
      ...options,
      jobId: id,
      backoff: { type: 'exponential', delay: second, jitter: 0.5 },
      removeOnComplete: { age: keptFor.done },
      removeOnFail: { age: keptFor.failed },
      stackTraceLimit: 1,
      ...(deduplicates ? { deduplication: { id: content } } : {}),
    },
  };
}

const writeEntry = ({ lane, id, row }: Entry): string => `${lane} ${id} ${row}`;

function readEntry(text: string): Entry {
  const [lane = '', id = '', row = ''] = text.split(' ');
  return { lane, id, row: Number(row) };
}

export class Batch {
  readonly id: string;
  readonly #link: Link;
  readonly #queues: Queues;

  constructor(id: string, link: Link, queues: Queues) {
    this.id = id;
    this.#link = link;
    this.#queues = queues;
  }

  /** Throws `unknown_job` for a batch that is not, or no longer, known. */
  async total(): Promise<number> {
    const total = await this.#link.redis.hget(this.#link.names.batch(this.id), 'total');
    if (total === null)
      throw new ComfyGenError('unknown_job', `no batch ${JSON.stringify(this.id)} in this Redis`, {
        hint: 'batches are known for 7 days, under the <option queue> that they went to',
      });
    return Number(total);
  }

  async *entries(): AsyncGenerator<readonly Entry[]> {
    const { redis, names } = this.#link;
    for (let at = 0; ; at += chunkJobs) {
      const texts = await redis.lrange(names.batchJobs(this.id), at, at + chunkJobs - 1);
      if (texts.length > 0) yield texts.map(readEntry);
      if (texts.length < chunkJobs) return;
    }
  }

  /** Waits for all its jobs, those included that have ended. */
  async watched(watch: Watch): Promise<void> {
    for await (const entries of this.entries()) {
      for (const lane of new Set(entries.map((entry) => entry.lane))) await watch.listen(lane);
      for (const entry of entries) await watch.instead(entry.id, entry);
    }
    await watch.complete();
  }

  /** How many of its jobs are in which state. */
  async status(): Promise<BatchStatus> {
    const status: BatchStatus = {
      batch: this.id,
      total: await this.total(),
      done: 0,
      failed: 0,
      running: 0,
      waiting: 0,
      gone: 0,
    };
    for await (const entries of this.entries()) {
      const states = await Promise.all(entries.map(({ lane, id }) => this.#queues.of(lane).getJobState(id)));
      for (const state of states) status[counts[state] ?? 'gone']++;
    }
    return status;
  }

  /** Jobs that wait are taken out, those that run are cancelled on their servers; jobs of other batches stay. */
  async cancel(): Promise<{ readonly removed: number; readonly running: number }> {
    const { redis, names } = this.#link;
    await this.total();
    await redis.hset(names.batch(this.id), { cancelled: 1 });
    let removed = 0;
    let running = 0;
    for await (const entries of this.entries()) {
      for (const { lane, id } of entries.filter((one) => one.id.startsWith(`${this.id}.`))) {
        const queue = this.#queues.of(lane);
        const state = await queue.getJobState(id);
        if (state === 'completed' || state === 'failed' || state === 'unknown') continue;
        if (state !== 'active' && (await queue.remove(id)) === 1) removed++;
        else running += await redis.publish(names.news, JSON.stringify({ cancel: { lane, id } })).then(() => 1);
      }
    }
    return { removed, running };
  }

  /** Failed jobs wait once more, with all their attempts. */
  async retryFailed(): Promise<number> {
    await this.total();
    let again = 0;
    for await (const entries of this.entries()) {
      for (const { lane, id } of entries) {
        const queue = this.#queues.of(lane);
        if ((await queue.getJobState(id)) !== 'failed') continue;
        const job = await queue.getJob(id);
        await job?.retry('failed', { resetAttemptsMade: true });
        again++;
      }
    }
    return again;
  }
}

export type BatchStatus = {
  readonly batch: string;
  readonly total: number;
  done: number;
  failed: number;
  running: number;
  waiting: number;
  /** Cancelled, or done so long ago that nothing is kept of it. */
  gone: number;
};

const counts: Readonly<Record<string, 'done' | 'failed' | 'running' | 'waiting'>> = {
  completed: 'done',
  failed: 'failed',
  active: 'running',
  waiting: 'waiting',
  prioritized: 'waiting',
  delayed: 'waiting',
};

/** Tries all failed jobs of every lane again. */
export async function retryAllFailed({ redis, names }: Link, queues: Queues): Promise<number> {
  let again = 0;
  for (const lane of await redis.hkeys(names.lanes)) {
    const queue = queues.of(lane);
    again += await queue.getFailedCount();
    await queue.retryJobs({ state: 'failed' });
  }
  return again;
}
