// Names in Redis: everything of one queue lies under one prefix, whose braces keep it in one slot of a Redis Cluster.
import { createHash } from 'node:crypto';

export type Names = {
  /** BullMQ's prefix: its own keys are `<prefix>:<lane>:…`. */
  readonly prefix: string;
  /** Where jobs that need the same models and nodes wait -> a job among them, for servers to judge by. */
  readonly lanes: string;
  /** When each lane was used last. */
  readonly used: string;
  /** Servers that a worker runs for now, when they were last heard of, and which lanes they refused. */
  readonly servers: string;
  /** The channel on which lanes and cancellations are told. */
  readonly news: string;
  readonly batch: (id: string) => string;
  readonly batchJobs: (id: string) => string;
  readonly blob: (hash: string) => string;
  readonly file: (lane: string, job: string, index: number) => string;
};

export function namesOf(queue: string): Names {
  const prefix = `{comfy-gen:${queue}}`;
  const own = (name: string): string => `${prefix}:#${name}`;
  return {
    prefix,
    lanes: own('lanes'),
    used: own('lanes:used'),
    servers: own('servers'),
    news: own('news'),
    batch: (id) => own(`batch:${id}`),
    batchJobs: (id) => own(`batch:${id}:jobs`),
    blob: (hash) => own(`blob:${hash}`),
    file: (lane, job, index) => own(`file:${lane}:${job}:${index}`),
  };
}

export const second = 1000;
const day = 86_400;
/** Seconds that things are kept in Redis. */
export const keptFor = { batch: 7 * day, blob: 7 * day, failed: 7 * day, done: day, file: day };

/** A UUID (version 8: of our own making) that follows from the job, its start and its submission. */
export function promptIdOf(...of: readonly (string | number)[]): string {
  const bytes = createHash('sha256').update(of.join('\0')).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
