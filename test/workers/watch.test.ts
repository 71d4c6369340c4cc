// The one who waits for a batch, while the connection to Redis ends.
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { doneText } from '../../src/cli/output/plain.ts';
import type { JobStep } from '../../src/jobs/events.ts';
import type { JobResult } from '../../src/jobs/job.ts';
import { stringifyJson } from '../../src/protocol/json.ts';
import { namesOf } from '../../src/workers/names.ts';
import { Queues, type Link } from '../../src/workers/queues.ts';
import { Watch } from '../../src/workers/watch.ts';
import { problemsOf } from '../helpers/schema.ts';

/** As much of BullMQ as is used, over a connection that is closed. */
class ClosedQueue extends EventEmitter {
  readonly getJob = (): Promise<unknown> => Promise.reject(new Error('Connection is closed.'));
  readonly getJobState = (): Promise<string> => Promise.resolve('completed');
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

/** A job that is waited for, and what Redis says of it. */
async function watching(Queue: typeof ClosedQueue, act: (watch: Watch) => Promise<void>): Promise<void> {
  const packages = { bullmq: { Queue, QueueEvents: Events } };
  const link = { packages, names: namesOf('q') } as unknown as Link;
  await using queues = new Queues(link);
  await using watch = new Watch(link, queues);
  await watch.listen('lane');
  watch.expect({ lane: 'lane', id: '1', row: 1 });
  await act(watch);
}

const stepOf = async (watch: Watch): Promise<JobStep | undefined> => {
  const next = await watch.steps().next();
  return next.done === true ? undefined : next.value.step;
};

test('a failed job that cannot be looked up any more has failed all the same', async () => {
  await watching(ClosedQueue, async (watch) => {
    Events.newest.emit('failed', { jobId: '1', failedReason: 'raised' });
    expect(await stepOf(watch)).toMatchObject({ type: 'failed', row: 1, result: { error: { message: 'raised' } } });
  });
});

const saved = { path: 'out/a.png', filename: 'a.png', subfolder: '', node: '7', type: 'output', bytes: 9, width: 8, height: 8, sha256: 'ab' }; // prettier-ignore
const good: JobResult = {
  ok: true,
  ...{ row: 4, prompt_id: 'id', server: 'http://box', cached: false, files: [saved] },
  ...{ texts: [{ node: '8', text: 'hello' }], workflow_file: null },
  timings_ms: { queued: 1, running: 2, downloading: 3, total: 6 },
  ...{ recipe: 'sd15', checkpoint: 'a.ckpt', prompt: 'a fox', prompt_given: null, negative: '', seed: '7' },
  ...{ width: 64, height: 64, steps: 2, cfg: 7.5, sampler: 'euler', scheduler: 'normal', denoise: 1 },
  ...{ loras: [{ name: 'a', strength: 1, clip: 1 }], sweep: { cfg: 7.5, lora: ['a', 1] } },
};
let deep: unknown = [];
for (let i = 0; i < 20_000; i++) deep = [deep];
const unstringable = { toString: 1, valueOf: 1 };
const hostile: readonly unknown[] = [null, 'x', -1e300, true, [], [null], {}, unstringable, [unstringable], deep];

/** The value with each of its parts, at any depth, in turn replaced by everything that is hostile. */
function* spoiled(value: unknown): Generator {
  yield* hostile;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value))
    for (const wrong of spoiled(part))
      yield Array.isArray(value)
        ? value.map((one: unknown, i) => (String(i) === key ? wrong : one))
        : { ...value, [key]: wrong };
}

/** What a screen and a program make of it. */
function shown(step: JobStep | undefined): readonly string[] {
  if (step?.type === 'failed') return [...problemsOf('failure', step.result), step.cause.message];
  if (step?.type !== 'done') return [`no end: ${String(step?.type)}`];
  expect(doneText(step.result)).toMatch(/^done/);
  stringifyJson(step.result);
  return problemsOf('result', step.result);
}

test('a result out of Redis is done as this version knows it, or one failure, whatever is in it', async () => {
  const ends = { done: 0, failed: 0 };
  for (const value of [good, undefined, ...spoiled(good)])
    await watching(ClosedQueue, async (watch) => {
      Events.newest.emit('completed', { jobId: '1', returnvalue: value });
      let step = await stepOf(watch);
      if (step?.type === 'saved') step = await stepOf(watch);
      const isDone = step?.type === 'done';
      ends[isDone ? 'done' : 'failed']++;
      expect(shown(step)).toEqual(isDone ? [] : ['its result is none that this version understands']);
    });
  expect(ends.done).toBeGreaterThan(10);
  expect(ends.failed).toBeGreaterThan(200);
});

test('a result of a version that told less of the job is done too', async () => {
  const older = Object.fromEntries(Object.entries(good).filter(([key]) => !['prompt_given', 'loras'].includes(key)));
  await watching(ClosedQueue, async (watch) => {
    Events.newest.emit('completed', { jobId: '1', returnvalue: { ...older, files: [] } });
    expect(await stepOf(watch)).toMatchObject({ type: 'done', result: { ...older, row: 1, files: [], loras: null } });
  });
});

test('news out of Redis that are none of ours are left out', async () => {
  const at = { v: 1, row: 1, prompt_id: 'id', at: 1 };
  const events = [
    { ...at, type: 'saved', file: saved },
    { ...at, type: 'progress', node: '3', value: 1, max: 2, share: 0.5 },
    { ...at, type: 'warning', reason: 'x', message: 'y' },
  ];
  const wrong = [
    ...['submitted', 'node', 'activity', 'connection', 'text', 'done', 'failed', 'preview', 'naming', 'toString'],
  ].map((type) => ({ ...at, type }));
  await watching(ClosedQueue, async (watch) => {
    for (const data of [...spoiled({ events }), { events: wrong }])
      Events.newest.emit('progress', { jobId: '1', data });
    Events.newest.emit('progress', { jobId: '1', data: { events: [{ ...at, type: 'started' }] } });
    const types: string[] = [];
    for await (const { step } of watch.steps()) {
      types.push(step.type);
      if (step.type !== 'started') expect(problemsOf('event', step)).toEqual([]);
      else break;
    }
    expect(new Set(types)).toEqual(new Set(['saved', 'progress', 'warning', 'started']));
  });
});

test('a job whose record in Redis is no JSON has failed, and is not looked up for ever', async () => {
  class Garbled extends ClosedQueue {
    override readonly getJob = (): Promise<unknown> => Promise.resolve().then(() => JSON.parse('{') as unknown);
  }
  await watching(Garbled, async (watch) => {
    const looked = watch.complete();
    const ends: (readonly string[])[] = [];
    for await (const { step } of watch.steps()) ends.push(shown(step));
    await looked;
    expect(ends).toEqual([['its result is none that this version understands']]);
  });
});
