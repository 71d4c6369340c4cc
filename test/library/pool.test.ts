// ComfyUIPool: rows of every kind, on one server and on two, with an archive, left and aborted.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { ComfyUIPool, type BatchOptions, type BatchRow, type JobEvent } from '../../src/index.ts';
import { eventsOf, folder, picture, until } from './bench.ts';
import { test } from '../helpers/concurrent.ts';

const small = { width: 64, height: 64, steps: 2 } as const;
const numbered = (count: number): BatchRow[] =>
  Array.from({ length: count }, (_, i) => ({ prompt: `picture ${i + 1}`, seed: i + 1 }));
const rowsDone = (events: readonly JobEvent[]): number[] =>
  events.flatMap(({ type, row }) => (type === 'done' ? [row] : [])).sort((a, b) => a - b);
const failures = (events: readonly JobEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'failed' ? [event.result.error.code] : []));

test.each<[string, () => Iterable<BatchRow> | AsyncIterable<BatchRow>]>([
  ['an array', () => numbered(3)],
  ['a set', () => new Set(numbered(3))],
  [
    'a generator',
    function* () {
      yield* numbered(3);
    },
  ],
  [
    'an async generator',
    async function* () {
      for (const row of numbered(3)) yield await Promise.resolve(row);
    },
  ],
])('rows from %s: each made once, `row` on its events, the options where a row says nothing', async (_kind, rows) => {
  await using demo = await startDemo();
  await using place = await folder();
  await using pool = new ComfyUIPool([demo.url]);
  const events = await eventsOf(pool.batch(rows(), { ...small, negative: 'blurry', output: place.path }));
  expect(rowsDone(events)).toEqual([1, 2, 3]);
  for (const event of events)
    if (event.type === 'done')
      expect(event.result).toMatchObject({
        row: event.row,
        prompt: `picture ${event.row}`,
        seed: String(event.row),
        width: 64,
        steps: 2,
        negative: 'blurry',
      });
  expect(await readdir(place.path)).toHaveLength(3);
  const own = events.filter(({ row }) => row === 2).map(({ type }) => type);
  expect(own[0]).toBe('submitted');
  expect(own.at(-1)).toBe('done');
});

test('no rows are no events', async () => {
  await using demo = await startDemo();
  await using pool = new ComfyUIPool([demo.url]);
  expect(await eventsOf(pool.batch([]))).toEqual([]);
});

test('a row over the options, a count, a workflow, bytes as an image, a prompt for all', async () => {
  await using demo = await startDemo();
  await using pool = new ComfyUIPool([demo.url]);
  const rows: BatchRow[] = [
    { steps: 1, seed: 5, count: 2 },
    { prompt: 'own', image: picture(40), denoise: 0.5, seed: 1 },
    { prompt: 'own', image: picture(41), denoise: 0.5, seed: 1 },
  ];
  const events = await eventsOf(pool.batch(rows, { ...small, prompt: 'for all' }));
  const results = events.flatMap((event) => (event.type === 'done' ? [event.result] : []));
  expect(results.map(({ row, prompt, steps, seed }) => [row, prompt, steps, seed]).sort()).toEqual([
    [1, 'for all', 1, '5'],
    [1, 'for all', 1, '6'],
    [2, 'own', 2, '1'],
    [3, 'own', 2, '1'],
  ]);
  expect(demo.log.filter(({ path }) => path.endsWith('/upload/image'))).toHaveLength(2);
});

test('the archive: what is done is not made again; a new row is', async () => {
  await using demo = await startDemo();
  await using place = await folder();
  await using pool = new ComfyUIPool([demo.url]);
  const archive = join(place.path, 'made.jsonl');
  const options: BatchOptions = { ...small, output: join(place.path, 'out'), archive };
  const withImage: BatchRow = { prompt: 'x', image: picture(3), denoise: 0.5, seed: 9 };
  expect(rowsDone(await eventsOf(pool.batch([...numbered(3), withImage], options)))).toEqual([1, 2, 3, 4]);
  expect(await eventsOf(pool.batch([...numbered(3), withImage], options))).toEqual([]);
  expect(rowsDone(await eventsOf(pool.batch(numbered(4), options)))).toEqual([4]);
  expect(demo.queued()).toBe(5);
  expect(rowsDone(await eventsOf(pool.batch(numbered(2), { ...options, archive: false })))).toEqual([1, 2]);
});

test('notes come as warnings of the row that they are about; what is said of the server comes once', async () => {
  await using demo = await startDemo();
  await using pool = new ComfyUIPool([demo.url]);
  const events = await eventsOf(pool.batch([{ prompt: 'a', width: 501 }, { prompt: 'b' }], { steps: 1, height: 64 }));
  const said = events.flatMap((event) => (event.type === 'warning' ? [[event.row, event.message] as const] : []));
  expect(said.filter(([, text]) => text.includes('501')).map(([row]) => row)).toEqual([1]);
  expect(said.filter(([, text]) => text.includes('demo server'))).toHaveLength(1);
});

test('a row that fails is `failed`; the others are made', async () => {
  await using demo = await startDemo();
  await using pool = new ComfyUIPool([demo.url]);
  const rows = [{ prompt: 'a' }, { prompt: 'b', sampler: 'no-such' }, { prompt: 'c' }];
  const events = await eventsOf(pool.batch(rows, small));
  expect(rowsDone(events)).toEqual([1, 3]);
  expect(events.find((event) => event.type === 'failed')).toMatchObject({
    row: 2,
    prompt_id: null,
    result: { ok: false, error: { code: 'validation' } },
  });
});

test.each<[Record<string, unknown>, Record<string, unknown>, string]>([
  [{ prompt: 'x', stepz: 3 }, {}, 'stepz'],
  [{ prompt: 'x', steps: 0 }, {}, 'steps'],
  [{ prompt: 'x', output: 'elsewhere' }, {}, 'output'],
  [{ prompt: 'x', workflow: 5 }, {}, 'workflow'],
  [{}, {}, 'prompt'],
  [{ prompt: 'x', denoise: 0.5 }, {}, 'denoise'],
  [{ prompt: 'x' }, { ahead: 0 }, 'ahead'],
  [{ prompt: 'x' }, { ahead: 1.5 }, 'ahead'],
  [{ prompt: 'x' }, { archive: 5 }, 'archive'],
  [{ prompt: 'x' }, { archive: true }, 'archive'],
  [{ prompt: 'x' }, { maxFailures: 0 }, 'maxFailures'],
  [{ prompt: 'x' }, { retryFailed: 'sometimes' }, 'retryFailed'],
  [{ prompt: 'x' }, { hosts: [] }, 'hosts'],
])('a bad row or option is `usage`, names its key, and nothing is sent: %o %o', async (row, options, key) => {
  await using demo = await startDemo();
  await using pool = new ComfyUIPool([demo.url]);
  const rows = [{ prompt: 'fine' }, row] as BatchRow[];
  const error: unknown = await eventsOf(pool.batch(rows, { ...small, ...options })).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'ComfyGenError', code: 'usage' });
  expect(String(error)).toContain(key);
  if (!Object.hasOwn(options, key)) expect(String(error)).toContain('row 2');
  expect(demo.queued()).toBe(0);
});

test('a bad row of a generator ends the batch when it is reached; what was sent before is made', async () => {
  await using demo = await startDemo();
  await using pool = new ComfyUIPool([demo.url]);
  function* rows(): Generator<BatchRow> {
    yield { prompt: 'fine' };
    yield { prompt: 'x', steps: 0 };
  }
  const events: JobEvent[] = [];
  const error: unknown = await (async () => {
    for await (const event of pool.batch(rows(), small)) events.push(event);
  })().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'usage' });
  expect(rowsDone(events)).toEqual([1]);
});

test('rows are taken as room appears, not all at once', async () => {
  await using demo = await startDemo();
  await using pool = new ComfyUIPool([demo.url]);
  let taken = 0;
  let most = 0;
  let ended = 0;
  function* rows(): Generator<BatchRow> {
    for (const row of numbered(20)) {
      taken++;
      yield row;
    }
  }
  for await (const event of pool.batch(rows(), { ...small, ahead: 2 })) {
    most = Math.max(most, taken - ended);
    if (event.type === 'done') ended++;
  }
  expect(ended).toBe(20);
  expect(most).toBeLessThanOrEqual(6);
});

test('leaving the loop cancels what was sent', async () => {
  await using demo = await startDemo({ stepMs: 50 });
  await using pool = new ComfyUIPool([demo.url]);
  const rows = numbered(50);
  for await (const event of pool.batch(rows, { ...small, steps: 400 })) if (event.type === 'started') break;
  const queue = (await (await fetch(`${demo.url}/queue`)).json()) as Record<string, unknown[]>;
  expect(queue).toEqual({ queue_running: [], queue_pending: [] });
  expect(demo.queued()).toBeLessThan(10);
});

test('an aborted signal: `failed` (cancelled) for each job that had begun, then it throws `cancelled`', async () => {
  await using demo = await startDemo({ stepMs: 50 });
  await using pool = new ComfyUIPool([demo.url]);
  const abort = new AbortController();
  const events: JobEvent[] = [];
  const run = async (): Promise<void> => {
    for await (const event of pool.batch(numbered(50), { ...small, steps: 400, signal: abort.signal })) {
      events.push(event);
      if (event.type === 'started') abort.abort();
    }
  };
  await expect(run()).rejects.toMatchObject({ name: 'ComfyGenError', code: 'cancelled' });
  const begun = new Set(events.filter(({ type }) => type === 'submitted').map(({ row }) => row));
  const failed = events.filter(({ type }) => type === 'failed').map(({ row }) => row);
  expect([...begun].every((row) => failed.includes(row))).toBe(true);
  expect(new Set(failed).size).toBe(failed.length);
  expect(new Set(failures(events))).toEqual(new Set(['cancelled']));
  const queue = (await (await fetch(`${demo.url}/queue`)).json()) as Record<string, unknown[]>;
  expect(queue).toEqual({ queue_running: [], queue_pending: [] });
  const before = eventsOf(pool.batch(numbered(1), { signal: AbortSignal.abort() }));
  await expect(before).rejects.toMatchObject({ name: 'ComfyGenError', code: 'cancelled' });
});

test('a signal that is aborted after the last job is too late', async () => {
  await using demo = await startDemo();
  await using pool = new ComfyUIPool([demo.url]);
  const abort = new AbortController();
  const events: JobEvent[] = [];
  for await (const event of pool.batch(numbered(1), { ...small, signal: abort.signal })) {
    events.push(event);
    if (event.type === 'done') abort.abort();
  }
  expect(rowsDone(events)).toEqual([1]);
});

test('one of two servers dies: every row is made all the same', async () => {
  const dying = await startDemo({ stepMs: 10 });
  await using other = await startDemo({ stepMs: 2 });
  await using place = await folder();
  await using pool = new ComfyUIPool([dying.url, other.url], { retries: 0 });
  expect(pool.servers).toEqual([dying.url, other.url]);
  const events: JobEvent[] = [];
  for await (const event of pool.batch(numbered(8), { ...small, steps: 20, output: place.path })) {
    events.push(event);
    if (event.type === 'started' && dying.queued() > 0) await dying.stop();
  }
  expect(rowsDone(events)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(failures(events)).toEqual([]);
  expect(await readdir(place.path)).toHaveLength(8);
});

test('a server that is not there from the start is said once; none at all is `unreachable`', async () => {
  const gone = await startDemo();
  await gone.stop();
  await using other = await startDemo();
  await using pool = new ComfyUIPool([gone.url, other.url], { retries: 0 });
  const events = await eventsOf(pool.batch(numbered(3), small));
  expect(rowsDone(events)).toEqual([1, 2, 3]);
  const said = events.filter((event) => event.type === 'warning' && event.message.includes(gone.url));
  expect(said).toHaveLength(1);
  await using none = new ComfyUIPool([gone.url], { retries: 0 });
  await expect(eventsOf(none.batch(numbered(1), small))).rejects.toMatchObject({ code: 'unreachable' });
});

test('a pool without hosts is `usage`', () => {
  expect(() => new ComfyUIPool([])).toThrow('hosts');
  expect(() => new ComfyUIPool('http://a:8188' as never)).toThrow('hosts');
  expect(() => new ComfyUIPool(['a'], { ports: 1 } as never)).toThrow('ports');
});

test('a job that fails on the server: maxFailures stops the rest, retryFailed tries it again', async () => {
  await using demo = await startDemo({ faults: [parseFault('oom,times=1')] });
  await using place = await folder();
  await using pool = new ComfyUIPool([demo.url]);
  const archive = join(place.path, 'made.jsonl');
  const first = await eventsOf(pool.batch(numbered(1), { ...small, archive, maxFailures: 1 }));
  expect(failures(first)).toEqual(['execution']);
  expect(await eventsOf(pool.batch(numbered(1), { ...small, archive }))).toEqual([]);
  const again = await eventsOf(pool.batch(numbered(1), { ...small, archive, retryFailed: true }));
  expect(rowsDone(again)).toEqual([1]);
  await until(() => demo.history.size > 0);
});
