// A Job in a program's hands: its loops, its result, its end by signal, time limit or cancel().
import { expect } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient, type JobEvent } from '../../src/index.ts';
import { endless, eventsOf, folder, simple, until } from './bench.ts';
import { test } from '../helpers/concurrent.ts';

const typesOf = (events: readonly JobEvent[]): string[] => events.map(({ type }) => type);
const small = { prompt: 'x', width: 64, height: 64 } as const;

test('each loop gets all events in order and ends by itself; result works before, during and after', async () => {
  await using demo = await startDemo({ stepMs: 5 });
  await using place = await folder();
  await using client = new ComfyUIClient({ host: demo.url });
  const job = await client.generate({ ...small, steps: 20, output: place.path });
  const early = job.result();
  const [one, two] = await Promise.all([eventsOf(job), eventsOf(job)]);
  const late = await eventsOf(job);
  for (const events of [one, two, late]) {
    const types = typesOf(events);
    expect(types[0]).toBe('submitted');
    const marks = types.filter((type) => ['submitted', 'queued', 'started', 'saved', 'done'].includes(type));
    expect([...new Set(marks)]).toEqual(['submitted', 'queued', 'started', 'saved', 'done']);
    expect(types.at(-1)).toBe('done');
    for (const event of events) expect(event).toMatchObject({ v: 1, row: 1, prompt_id: job.prompt_id });
    const shares = events.flatMap((event) => (event.type === 'progress' ? [event.share] : []));
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  }
  expect(typesOf(one)).toContain('progress');
  const result = await job.result();
  expect(result).toMatchObject({ ok: true, row: 1, prompt_id: job.prompt_id, server: demo.url, cached: false });
  expect({ ...(await early), outputs: [] }).toEqual({ ...result, outputs: [] });
  const [end] = one.slice(-1);
  expect(end?.type === 'done' && { ...end.result, outputs: [] }).toEqual({ ...result, outputs: [] });
});

test('leaving a loop only stops watching; a loop that comes later begins at the beginning', async () => {
  await using demo = await startDemo({ stepMs: 5 });
  await using client = new ComfyUIClient({ host: demo.url });
  const job = await client.generate({ ...small, steps: 10 });
  for await (const event of job) if (event.type === 'started') break;
  const rest = await eventsOf(job);
  expect(typesOf(rest)[0]).toBe('submitted');
  expect(rest.at(-1)?.type).toBe('done');
  expect(demo.log.some(({ path }) => path.includes('cancel'))).toBe(false);
});

test('a job that nobody watches comes to its end', async () => {
  await using demo = await startDemo();
  await using place = await folder();
  await using client = new ComfyUIClient({ host: demo.url });
  const jobs = await Promise.all([1, 2, 3].map((color) => client.submit(simple(color), { output: place.path })));
  const results = await Promise.all(jobs.map((job) => job.result()));
  expect(new Set(results.flatMap(({ files }) => files.map(({ path }) => path))).size).toBe(3);
});

test('previews come when they are asked for, and are not kept', async () => {
  await using demo = await startDemo({ stepMs: 10, previews: true });
  await using client = new ComfyUIClient({ host: demo.url });
  const [shown, plain] = await Promise.all([
    client.generate({ ...small, steps: 8, seed: 1, previews: true }),
    client.generate({ ...small, steps: 8, seed: 2 }),
  ]);
  const [withPreviews, without] = await Promise.all([eventsOf(shown), eventsOf(plain)]);
  const previews = withPreviews.filter((event) => event.type === 'preview');
  expect(previews.length).toBeGreaterThan(0);
  expect(previews[0]).toMatchObject({
    mime: expect.stringContaining('image/') as string,
    bytes: previews[0]?.image.length,
  });
  expect(typesOf(without)).not.toContain('preview');
  expect(typesOf(await eventsOf(shown))).not.toContain('preview');
});

test('what the command line says on standard error comes as warnings, after `submitted`', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  const options = { prompt: 'x', width: 501, height: 64, steps: 1, seed: 1 };
  const { notes } = await client.plan(options);
  expect(notes.some((note) => note.includes('501') && note.includes('504'))).toBe(true);
  const events = await eventsOf(await client.generate(options));
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  expect(warnings).toEqual(notes);
});

test('a wholly cached job ends, says so and gives the old file', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  const first = await (await client.submit(simple(7))).result();
  const second = await (await client.submit(simple(7))).result();
  const third = await (await client.submit(simple(7), { force: true })).result();
  expect([first.cached, second.cached, third.cached]).toEqual([false, true, false]);
  expect(second.outputs[0]?.filename).toBe(first.outputs[0]?.filename);
});

test('an aborted signal cancels the job on the server, at whatever stage', async () => {
  await using demo = await startDemo({ testNodes: true, stepMs: 50 });
  await using client = new ComfyUIClient({ host: demo.url });
  const abort = new AbortController();
  const job = await client.submit(endless, { signal: abort.signal });
  for await (const event of job) if (event.type === 'started') break;
  const waiting = await client.submit(simple(1), { signal: abort.signal });
  abort.abort(new Error('the visitor left'));
  for (const one of [job, waiting]) {
    await expect(one.result()).rejects.toMatchObject({ name: 'ComfyGenError', code: 'cancelled', exit_code: 130 });
    expect((await eventsOf(one)).at(-1)).toMatchObject({ type: 'failed', result: { error: { code: 'cancelled' } } });
  }
  expect(await client.queue()).toEqual([]);
});

test('a time limit cancels the job on the server and is `timeout`', async () => {
  await using demo = await startDemo({ testNodes: true });
  await using client = new ComfyUIClient({ host: demo.url });
  const job = await client.submit(endless, { timeout: '3s' });
  await expect(job.result()).rejects.toMatchObject({ code: 'timeout', exit_code: 7 });
  expect(await client.queue()).toEqual([]);
  await expect(client.submit(simple(1), { timeout: 60 }).then((one) => one.result())).resolves.toMatchObject({
    ok: true,
  });
});

test('cancel() resolves when the job is over, and does nothing to one that is', async () => {
  await using demo = await startDemo({ testNodes: true });
  await using client = new ComfyUIClient({ host: demo.url });
  const job = await client.submit(endless);
  await job.cancel();
  await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
  expect(await client.queue()).toEqual([]);
  const done = await client.submit(simple(1));
  await done.result();
  await done.cancel();
  expect(await done.result()).toMatchObject({ ok: true });
});

test('somebody else who takes the job off the server: `interrupted`', async () => {
  await using demo = await startDemo({ testNodes: true });
  await using client = new ComfyUIClient({ host: demo.url });
  await using other = new ComfyUIClient({ host: demo.url });
  const job = await client.submit(endless);
  await other.cancel(job.prompt_id);
  await expect(job.result()).rejects.toMatchObject({ code: 'interrupted', exit_code: 8 });
});

test('a lost answer to the POST: one job, not two', async () => {
  await using demo = await startDemo({ faults: [parseFault('prompt-lost')] });
  await using client = new ComfyUIClient({ host: demo.url });
  const job = await client.submit(simple(3));
  await job.result();
  await until(() => demo.history.size > 0);
  expect(demo.queued()).toBe(1);
});
