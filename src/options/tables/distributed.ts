// Options of jobs that go through Redis.
import { address, bytes, duration } from '../kinds.ts';
import { integer, text, toggle, type OptionTable } from '../option.ts';

/** Jobs that go through Redis to workers on many machines. */
export const distributed = {
  redis: address('address of the Redis server with the jobs', ['redis', 'rediss'], {
    env: 'COMFY_GEN_REDIS_URL',
    fallback: 'redis://127.0.0.1:6379',
  }),
  queue: text('name of the queue', { argument: 'name', fallback: 'default' }),
} satisfies OptionTable;

export const enqueue = {
  priority: integer('priority of the jobs: lower runs sooner', { min: 0, max: 2_097_151 }, { fallback: 0 }),
  delay: duration('time before the jobs may run', { fallback: 0 }),
  attempts: integer('attempts per job that fails while it runs', { min: 1, max: 100 }, { fallback: 3 }),
  shared: toggle("leave the files in the workers' output folder and print their paths there"),
  maxReturn: bytes('largest file to send back through Redis', { fallback: 64 * 1024 ** 2 }),
  status: text('show the state of a batch of jobs', { argument: 'id', flagOnly: true }),
  cancel: text('cancel a batch of jobs', { argument: 'id', flagOnly: true }),
} satisfies OptionTable;

export const worker = {
  maxIdle: duration('exit after this time without a job', { zeroIsNone: true, otherwise: 'never' }),
  healthz: integer('serve /healthz on this port; 0 is any free one', { min: 0, max: 65_535 }, { argument: 'port' }),
} satisfies OptionTable;
