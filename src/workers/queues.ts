// The queues of one Redis: a BullMQ queue a lane, opened when it is used.
import type { JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Names } from './names.ts';
import type { Packages } from './packages.ts';
import type { QueuedJob } from './queued-job.ts';

export type JobQueue = Queue<QueuedJob, unknown>;

/** All that the parts of this room share: packages, connection, names. */
export type Link = { readonly packages: Packages; readonly redis: Redis; readonly names: Names };

/** A reader that lags behind by more than so many events looks the rest up. */
const keptEvents = 20_000;

export class Queues implements AsyncDisposable {
  readonly #link: Link;
  readonly #open = new Map<string, JobQueue>();

  constructor(link: Link) {
    this.#link = link;
  }

  of(lane: string): JobQueue {
    const known = this.#open.get(lane);
    if (known !== undefined) return known;
    const { packages, redis, names } = this.#link;
    const queue: JobQueue = new packages.bullmq.Queue<QueuedJob, unknown>(lane, {
      connection: redis,
      prefix: names.prefix,
      streams: { events: { maxLen: keptEvents } },
    });
    queue.on('error', () => undefined); // the connection tells of it
    this.#open.set(lane, queue);
    return queue;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map((queue) => queue.close()));
  }
}

export type AddOptions = Pick<JobsOptions, 'priority' | 'delay' | 'attempts'>;

/** One job of a batch: where it waits and its id there, which is another batch's where the content is the same. */
export type Entry = { readonly lane: string; readonly id: string; readonly row: number };
