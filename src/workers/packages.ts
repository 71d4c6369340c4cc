// BullMQ and ioredis are optional: loaded only by the commands that need them, and missed in one line.
import { ComfyGenError } from '../errors.ts';

export type Packages = {
  readonly bullmq: typeof import('bullmq');
  readonly Redis: typeof import('ioredis').Redis;
};

/** Loads both. Throws `missing_package`. */
export async function loadPackages(): Promise<Packages> {
  const [bullmq, { Redis }] = await Promise.all([
    load('bullmq', () => import('bullmq')),
    load('ioredis', () => import('ioredis')),
  ]);
  return { bullmq, Redis };
}

async function load<T>(name: string, imported: () => Promise<T>): Promise<T> {
  try {
    return await imported();
  } catch (cause) {
    throw new ComfyGenError('missing_package', `distributed work needs the package ${name}, which is not installed`, {
      cause,
      hint: 'npm install bullmq ioredis (beside comfy-gen: with -g when that is installed with -g)',
    });
  }
}
