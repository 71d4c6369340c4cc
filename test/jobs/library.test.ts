// The library as a user meets it: ComfyUIClient, Job, events, results, against the demo server.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient, ComfyGenError, type JobEvent, type Workflow } from '../../src/index.ts';

const simple = (color: number): Workflow => ({
  '1': { class_type: 'EmptyImage', inputs: { width: 32, height: 16, batch_size: 1, color } },
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'ComfyUI' } },
});

async function folder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'comfy-gen-library-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test('generateImage returns the saved paths', async () => {
  await using demo = await startDemo();
  await using place = await folder();
  await using client = new ComfyUIClient('127.0.0.1', demo.port);
  const paths = await client.generateImage('a futuristic city', 'blurry', {
    width: 64,
    height: 64,
    steps: 3,
    seed: 2n ** 64n - 1n,
    output: place.path,
  });
  expect(paths).toHaveLength(1);
  const png = await readFile(paths[0] ?? '');
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.toString('latin1')).toContain('18446744073709551615');
});

test('a job is an iterable of events that ends by itself; result works before, during and after', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  const job = await client.submit(simple(1));
  const early = job.result();
  const types: string[] = [];
  for await (const event of job) types.push(event.type);
  expect(types[0]).toBe('submitted');
  expect(types.filter((t) => ['submitted', 'queued', 'started'].includes(t))).toEqual([
    'submitted',
    'queued',
    'started',
  ]);
  expect(types.at(-1)).toBe('done');
  const again: JobEvent[] = [];
  for await (const event of job) again.push(event);
  expect(again.at(-1)?.type).toBe('done');
  const result = await job.result();
  expect(await early).toMatchObject({ ok: true, prompt_id: result.prompt_id, files: [] });
  const [output] = result.outputs;
  const bytes = (await output?.bytes()) ?? new Uint8Array();
  await using place = await folder();
  const saved = await output?.save(place.path);
  expect(saved).toMatchObject({ bytes: bytes.length, width: 32, height: 16 });
});

test('a refused workflow throws from submit, with node errors', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  const bad: Workflow = { '1': { class_type: 'NoSuchNode', inputs: {} } };
  const error = await client.submit(bad).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ComfyGenError);
  expect(error).toMatchObject({ code: 'validation', reason: 'missing_node', exit_code: 4 });
  expect(demo.log.filter((r) => r.method === 'POST')).toEqual([]);
});

test('an aborted signal cancels the job on the server', async () => {
  await using demo = await startDemo({ stepMs: 50 });
  await using place = await folder();
  await using client = new ComfyUIClient({ host: demo.url });
  const abort = new AbortController();
  const { signal } = abort;
  const pending = client.generateImage('x', '', { width: 64, height: 64, steps: 400, output: place.path, signal });
  const failed = pending.catch((e: unknown) => e);
  while (!(await (await fetch(`${demo.url}/queue`)).text()).includes('KSampler')) await new Promise(setImmediate);
  abort.abort();
  expect(await failed).toMatchObject({ code: 'cancelled' });
  expect(demo.log.some((r) => r.path.includes('/cancel'))).toBe(true);
});

test('cancel() resolves when the job is over', async () => {
  await using demo = await startDemo({ stepMs: 50, testNodes: true });
  await using client = new ComfyUIClient({ host: demo.url });
  const job = await client.submit({
    '1': { class_type: 'TestSleep', inputs: { value: ['2', 0], seconds: 30 } },
    '2': { class_type: 'EmptyImage', inputs: { width: 16, height: 16, batch_size: 1, color: 0 } },
    '3': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'x' } },
  });
  await job.cancel();
  await expect(job.result()).rejects.toMatchObject({ code: 'cancelled' });
});

test('one caller gives up while the definitions come: `cancelled` for it, nothing for the others', async () => {
  await using demo = await startDemo({ faults: [parseFault('object-info-delay=300,times=1')] });
  await using client = new ComfyUIClient({ host: demo.url });
  const abort = new AbortController();
  const first = client.submit(simple(1), { signal: abort.signal });
  const second = client.submit(simple(2), { signal: new AbortController().signal });
  abort.abort();
  await expect(first).rejects.toMatchObject({ name: 'ComfyGenError', code: 'cancelled' });
  await expect((await second).result()).resolves.toMatchObject({ ok: true });
  await expect(client.objectInfo({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
});

test('a wholly cached job ends, says so and gives the old file', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  const first = await (await client.submit(simple(7))).result();
  const second = await (await client.submit(simple(7))).result();
  expect(first.cached).toBe(false);
  expect(second.cached).toBe(true);
  expect(second.outputs[0]?.filename).toBe(first.outputs[0]?.filename);
});

test.each([
  'ws-status=403',
  'ws-mute',
  'ws-silent,step=1',
  'ws-drop,step=1',
  'ws-early-null',
  'ws-no-success',
  'ws-duplicate',
  'ws-shuffle',
  'ws-garbage-text',
  'ws-garbage-binary',
  'ws-unknown-binary',
  'ws-foreign',
  'ws-flood=10000',
  'prompt-lost',
  'prompt-after',
  'prompt-ignore-id',
  'prompt-refuse-id',
  'prompt-empty',
  'history-late=500',
  'old',
  'no-api',
  'only-api',
  'view-status=500,times=1',
  'view-truncated',
  'view-broken-off',
  'view-no-length',
  'jobs-status=500,times=99',
  'restart,step=2',
])('a job survives %s: exactly one file', async (fault) => {
  await using demo = await startDemo({ stepMs: 1, faults: [parseFault(fault)] });
  await using place = await folder();
  await using client = new ComfyUIClient({ host: demo.url, retries: 3, waitForServer: '5000ms' });
  const paths = await client.generateImage('x', '', { width: 64, height: 64, steps: 5, output: place.path });
  expect(paths).toHaveLength(1);
  expect((await readFile(paths[0] ?? '')).subarray(-8, -4).toString()).toBe('IEND');
});
