// The one who waits for a batch, while the connection to Redis ends.
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { namesOf } from '../../src/workers/names.ts';
import { Queues, type Link } from '../../src/workers/queues.ts';
import { Watch } from '../../src/workers/watch.ts';

/** As much of BullMQ as is used, over a connection that is closed. */
class ClosedQueue extends EventEmitter {
  readonly getJob = (): Promise<never> => Promise.reject(new Error('Connection is closed.'));
  readonly close = (): Promise<void> => Promise.resolve();
}
class Events extends EventEmitter {
  static newest: Events;
  constructor() {
    super();
    Events.newest = this;
  }
  readonly waitUntilReady = (): Promise<void> => Promise.resolve();
  readonly close = (): Promise<void> => Promise.resolve();
}

test('a failed job that cannot be looked up any more has failed all the same', async () => {
  const packages = { bullmq: { Queue: ClosedQueue, QueueEvents: Events } };
  const link = { packages, names: namesOf('q') } as unknown as Link;
  await using queues = new Queues(link);
  await using watch = new Watch(link, queues);
  await watch.listen('lane');
  watch.expect({ lane: 'lane', id: '1', row: 1 });
  Events.newest.emit('failed', { jobId: '1', failedReason: 'raised' });
  expect(await watch.steps().next()).toMatchObject({
    value: { step: { type: 'failed', row: 1, result: { error: { message: 'raised' } } } },
  });
});
