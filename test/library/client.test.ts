// The library as a user meets it: every method of ComfyUIClient, against the demo server.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient, ComfyGenError, type GenerateOptions, type Workflow } from '../../src/index.ts';
import { readMetadata } from '../../src/metadata.ts';
import { endless, eventsOf, folder, front, picture, simple } from './bench.ts';
import { test } from '../helpers/concurrent.ts';

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

test('a refused workflow throws from submit, with node errors', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  const bad: Workflow = { '1': { class_type: 'NoSuchNode', inputs: {} } };
  const error = await client.submit(bad).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ComfyGenError);
  expect(error).toMatchObject({ code: 'validation', reason: 'missing_node', exit_code: 4 });
  expect(demo.log.filter((r) => r.method === 'POST')).toEqual([]);
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

const small = { width: 64, height: 64, steps: 2 } as const;

test('generate: an image by path and by bytes, a mask, LoRAs, a size, a seed beyond 2^53, a folder', async () => {
  await using demo = await startDemo();
  await using place = await folder();
  await using client = new ComfyUIClient({ host: demo.url });
  const path = join(place.path, 'house.png');
  await writeFile(path, picture(90));
  const seed = 2n ** 60n + 1n;
  const options = {
    prompt: 'x',
    lora: ['add_detail.safetensors:0.6'],
    steps: 2,
    seed,
    output: join(place.path, 'out'),
  };
  const byPath = await (await client.generate({ ...options, image: path, mask: picture(255), denoise: 0.5 })).result();
  const byBytes = await (await client.generate({ ...options, image: picture(90), size: '64x64' })).result();
  for (const result of [byPath, byBytes])
    expect(result).toMatchObject({
      ok: true,
      row: 1,
      seed: String(seed),
      recipe: 'sd15',
      loras: [{ name: 'add_detail.safetensors', strength: 0.6 }],
    });
  expect(byBytes).toMatchObject({ width: 64, height: 64 });
  expect(byPath.files[0]?.path).toMatch(/out/);
  expect(await readdir(join(place.path, 'out'))).toHaveLength(2);
  const sent = demo.log.filter((r) => r.method === 'POST' && r.path.endsWith('/prompt')).map((r) => r.body);
  expect(sent).toHaveLength(2);
  for (const body of sent) expect(body).toContain(String(seed));
  // the same content under one name, whichever way it was given
  const uploads = demo.log.filter((r) => r.method === 'POST' && r.path.endsWith('/upload/image'));
  expect(uploads).toHaveLength(2);
  expect(sent[1]).toContain(/"image": ?"(\w+\.png)"/.exec(sent[0] ?? '')?.[1]);
});

test('generate: output may name the file', async () => {
  await using demo = await startDemo();
  await using place = await folder();
  await using client = new ComfyUIClient({ host: demo.url });
  const output = join(place.path, 'cat.png');
  const { files } = await (await client.generate({ prompt: 'a cat', ...small, output })).result();
  expect(files.map((file) => file.path)).toEqual([output]);
  const { prompt } = await readMetadata(output);
  expect(JSON.stringify(prompt)).toContain('"a cat"');
});

test('run: a path, a parsed API or UI workflow, the bytes of an image, a template; what is set in it', async () => {
  await using demo = await startDemo();
  await using place = await folder();
  await using client = new ComfyUIClient({ host: demo.url });
  const { workflow } = await client.plan({ prompt: 'a cat', ...small, seed: 3 });
  const path = join(place.path, 'workflow.json');
  await writeFile(path, JSON.stringify(workflow));
  const output = join(place.path, 'out');
  const first = await (
    await client.run(path, { prompt: 'a dog', seed: 8, set: { 'KSampler.steps': 1 }, output })
  ).result();
  expect(first).toMatchObject({ prompt: 'a dog', seed: '8', steps: 1 });
  const image = await readFile(first.files[0]?.path ?? '');
  const again = await (await client.run(image, { seed: 9 })).result();
  expect(again).toMatchObject({ prompt: 'a dog', seed: '9' });
  const [made = ''] = await client.generateImage('a dog', '', { ...small, output });
  const { workflow: drawn } = await readMetadata(made);
  const ui = await (await client.run(drawn ?? {}, { seed: 10 })).result();
  expect(ui).toMatchObject({ prompt: 'a dog', seed: '10' });
  const parsed = await client.run(workflow);
  expect(await parsed.result()).toMatchObject({ prompt: 'a cat', seed: '3' });
  expect(await eventsOf(parsed)).toContainEqual(
    expect.objectContaining({ type: 'warning', message: 'the workflow: API workflow, 7 nodes' }),
  );
  await expect(client.run('template:no-such')).rejects.toMatchObject({ reason: 'missing_template' });
  await expect(client.run(picture(1))).rejects.toMatchObject({ reason: 'no_metadata' });
  await expect(client.run({ a: 1 })).rejects.toMatchObject({ reason: 'bad_workflow' });
  await expect(client.run(join(place.path, 'none.json'))).rejects.toMatchObject({ reason: 'bad_input_file' });
});

test("run: a template of the server's gallery", async () => {
  await using demo = await startDemo();
  const gallery: Readonly<Record<string, unknown>> = {
    '/templates/index.json': [{ templates: [{ name: 'plain', title: 'Plain' }] }],
    '/templates/plain.json': simple(4),
  };
  await using server = await front(demo.port, (path, response) => {
    if (!Object.hasOwn(gallery, path)) return undefined;
    response.end(JSON.stringify(gallery[path]));
    return true;
  });
  await using client = new ComfyUIClient({ host: server.url });
  expect(await client.list('templates')).toEqual(['plain']);
  expect(await (await client.run('template:plain')).result()).toMatchObject({
    ok: true,
    outputs: [{ type: 'output' }],
  });
});

test('submit sends the graph as it is, and takes no other', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  const graph: Workflow = {
    '1': {
      class_type: 'EmptyImage',
      inputs: { width: 32, height: 16, batch_size: 1, color: 5 },
      _meta: { title: 'A' },
    },
    '2': {
      class_type: 'SaveImage',
      inputs: { images: ['1', 0], filename_prefix: '%date:yyyy%' },
      _meta: { title: 'B' },
    },
  };
  await (await client.submit(graph)).result();
  const body = JSON.parse(demo.log.find((r) => r.method === 'POST')?.body ?? '{}') as { prompt: unknown };
  expect(body.prompt).toEqual(graph);
  await expect(client.submit({ nodes: [], links: [], version: 0.4 } as never)).rejects.toMatchObject({
    reason: 'bad_workflow',
  });
});

test('attach follows a job of anybody, and saves it; an unknown one is `unknown_job`', async () => {
  await using demo = await startDemo({ testNodes: true });
  await using place = await folder();
  await using theirs = new ComfyUIClient({ host: demo.url });
  await using client = new ComfyUIClient({ host: demo.url });
  const done = await (await theirs.submit(simple(1))).result();
  const job = await client.attach(done.prompt_id ?? '', { output: place.path });
  expect(job.prompt_id).toBe(done.prompt_id);
  expect(await job.result()).toMatchObject({ ok: true, prompt_id: done.prompt_id, files: [{ width: 32 }] });
  await expect(client.attach(crypto.randomUUID())).rejects.toMatchObject({ code: 'usage', reason: 'unknown_job' });
  // an aborted signal leaves the job alone, `cancel()` does not
  const running = await theirs.submit(endless);
  const abort = new AbortController();
  const followed = await client.attach(running.prompt_id, { signal: abort.signal });
  abort.abort();
  await expect(followed.result()).rejects.toMatchObject({ code: 'cancelled' });
  expect(await client.queue()).toMatchObject([{ prompt_id: running.prompt_id, mine: false }]);
  const again = await client.attach(running.prompt_id);
  await again.cancel();
  expect(await client.queue()).toEqual([]);
  await expect(running.result()).rejects.toMatchObject({ code: 'interrupted' });
});

test('list, queue, history, cancel, objectInfo', async () => {
  await using demo = await startDemo({ testNodes: true });
  await using client = new ComfyUIClient({ host: demo.url });
  expect(await client.list('checkpoints')).toContain('v1-5-pruned-emaonly.ckpt');
  expect(await client.list('recipes')).toContain('sd15');
  expect(await client.list('nodes')).toContain('KSampler');
  await expect(client.list('checkpoint')).rejects.toMatchObject({ code: 'usage', hint: 'did you mean checkpoints?' });
  const running = await client.submit(endless);
  for await (const event of running) if (event.type === 'started') break;
  const { prompt_id: first } = running;
  const { prompt_id: second } = await client.submit(simple(2));
  expect(await client.queue()).toMatchObject([
    { prompt_id: first, state: 'running', position: 0, server: demo.url, prompt: null, seed: null, mine: true },
    { prompt_id: second, state: 'pending', position: 1, server: demo.url, mine: true },
  ]);
  await client.cancel(first);
  await expect(running.result()).rejects.toMatchObject({ code: 'cancelled', message: 'cancelled' });
  await client.cancel(first); // over already: nothing to do
  await (await client.attach(second)).result();
  expect(await client.queue()).toEqual([]);
  expect(await client.history()).toMatchObject([
    { prompt_id: first, status: 'interrupted', outputs: 0 },
    { prompt_id: second, status: 'success', outputs: 1, files: [{ type: 'output' }] },
  ]);
  await expect(client.cancel(crypto.randomUUID())).rejects.toMatchObject({ reason: 'unknown_job' });
  expect(Object.keys(await client.objectInfo())).toContain('KSampler');
});

test('upload: by path and as bytes, under a name of its own or one that tells the content', async () => {
  await using demo = await startDemo();
  await using place = await folder();
  await using client = new ComfyUIClient({ host: demo.url });
  const path = join(place.path, 'Photo.PNG');
  await writeFile(path, picture(7));
  const named = await client.upload(path);
  expect(named).toMatch(/^[0-9a-f]{32}\.png$/);
  expect(await client.upload(picture(7))).toBe(named);
  expect(await client.upload(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1]))).toMatch(/\.jpg$/);
  expect(await client.upload(path, 'mine.png')).toBe('mine.png');
  await expect(client.upload(join(place.path, 'none.png'))).rejects.toMatchObject({ reason: 'bad_input_file' });
});

test.each<[Record<string, unknown>, string]>([
  [{ stepz: 3 }, 'stepz'],
  [{ steps: 0 }, 'steps'],
  [{ steps: '1e3' }, 'steps'],
  [{ steps: 2.5 }, 'steps'],
  [{ cfg: Number.NaN }, 'cfg'],
  [{ seed: -1 }, 'seed'],
  [{ seed: 2 ** 60 }, 'seed'],
  [{ seed: 2n ** 64n }, 'seed'],
  [{ size: '10' }, 'size'],
  [{ width: 64, size: '32x32' }, 'width'],
  [{ lora: ['a:101'] }, 'lora'],
  [{ lora: 5 }, 'lora'],
  [{ image: 5 }, 'image'],
  [{ turbo: 'maybe' }, 'turbo'],
  [{ batchSize: 5000 }, 'batchSize'],
  [{ 'batch-size': 2 }, 'batch-size'],
  [{ count: 2 }, 'count'],
  [{ set: { 'KSampler.steps': undefined } }, 'set'],
  [{ set: { 'KSampler.cfg': Infinity } }, 'set'],
  [{ set: ['steps'] }, 'set'],
  [{ stallTimeout: 'soon' }, 'stallTimeout'],
  [{ timeout: -1 }, 'timeout'],
  [{ maxDownload: 'much' }, 'maxDownload'],
  [{ signal: 'stop' }, 'signal'],
  [{ output: '' }, 'output'],
  [{ output: '-' }, 'output'],
  [{ output: 5 }, 'output'],
  [{ format: 'bmp', output: 'x/' }, 'format'],
  [{ format: 'png' }, 'format'],
  [{ saveWorkflow: true }, 'saveWorkflow'],
  [{ host: 'elsewhere' }, 'host'],
  [{ json: true }, 'json'],
  [{ prompt: 5 }, 'prompt'],
  [{ prompt: ['a', 'b'] }, 'prompt'],
  [{ prompt: undefined }, 'prompt'],
  [JSON.parse('{"__proto__": 1}') as Record<string, unknown>, '__proto__'],
])('a bad option is `usage` before anything is asked or sent, and names its key: %o', async (bad, key) => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  const options = { prompt: 'x', ...bad } as unknown as GenerateOptions;
  if (Object.hasOwn(bad, '__proto__')) Object.defineProperty(options, '__proto__', { value: 1, enumerable: true });
  const error: unknown = await client.generate(options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ComfyGenError);
  expect(error).toMatchObject({ code: 'usage', exit_code: 2 });
  expect(String(error)).toContain(key);
  expect(demo.log.filter(({ method }) => method === 'POST')).toEqual([]);
});

test.each<[Record<string, unknown>, string]>([
  [{ hosts: 'x' }, 'hosts'],
  [{ host: ['a', 'b'] }, 'host'],
  [{ host: 'ftp://a' }, 'host'],
  [{ port: 0 }, 'port'],
  [{ port: 65_536 }, 'port'],
  [{ retries: -1 }, 'retries'],
  [{ headers: { 'x y': 'z' } }, 'headers'],
  [{ headers: { x: 5 } }, 'headers'],
  [{ headers: { x: 'secret\r\ny: z' } }, 'headers'],
  [{ token: 'secret\n' + 'x' }, 'token'],
  [{ token: '' }, 'token'],
  [{ ca: '/no/such.pem' }, 'ca'],
  [{ connectTimeout: 'long' }, 'connectTimeout'],
  [{ steps: 3 }, 'steps'],
])('a bad option of the client is `usage` and names its key: %o', (bad, key) => {
  let error: unknown;
  try {
    new ComfyUIClient(bad);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ComfyGenError);
  expect(error).toMatchObject({ code: 'usage' });
  expect(String(error)).toContain(key);
  expect(String(error)).not.toContain('secret');
});

test('each kind of call takes its own keys only', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  await expect(client.submit(simple(1), { steps: 3 } as never)).rejects.toMatchObject({ code: 'usage' });
  await expect(client.attach('x', { force: true } as never)).rejects.toMatchObject({ code: 'usage' });
  await expect(client.generate(null as never)).rejects.toMatchObject({ code: 'usage' });
  await expect(client.plan('a cat' as never)).rejects.toMatchObject({ code: 'usage' });
  expect(demo.log).toEqual([]);
});

test('headers and token go along, and the version says who asks', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient('127.0.0.1', demo.port, {
    headers: { 'X-Mine': 'yes' },
    token: 'secret',
    apiKey: 'k',
  });
  await client.queue();
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  for (const { headers } of demo.log)
    expect(headers).toMatchObject({
      'x-mine': 'yes',
      authorization: 'Bearer secret',
      'x-api-key': 'k',
      'user-agent': `comfy-gen/${version}`,
    });
  expect(demo.log).not.toEqual([]);
});

test('a job that fails throws what happened: code, reason, exit code, hint, node errors', async () => {
  await using demo = await startDemo({ testNodes: true, faults: [parseFault('oom,times=1')] });
  await using client = new ComfyUIClient({ host: demo.url });
  const job = await client.generate({ prompt: 'x', ...small });
  const error = await job.result().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ComfyGenError);
  expect(error).toMatchObject({ code: 'execution', reason: 'out_of_memory', exit_code: 5 });
  expect(error).toHaveProperty('hint', expect.stringContaining('smaller'));
  const events = await eventsOf(job);
  expect(events.at(-1)).toMatchObject({ type: 'failed', result: { ok: false, error: { code: 'execution' } } });
  const refused = await client
    .submit({ '1': { class_type: 'SaveImage', inputs: { filename_prefix: 'x' } } })
    .catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ code: 'validation', exit_code: 4 });
});

test('a server that is not there is `unreachable`, from every method', async () => {
  const demo = await startDemo();
  await demo.stop();
  await using client = new ComfyUIClient({ host: demo.url, retries: 0 });
  const calls = [
    () => client.generate({ prompt: 'x' }),
    () => client.plan({ prompt: 'x' }),
    () => client.submit(simple(1)),
    () => client.attach('x'),
    () => client.list('loras'),
    () => client.queue(),
    () => client.history(),
    () => client.cancel('x'),
    () => client.objectInfo(),
    () => client.upload(picture(1)),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ name: 'ComfyGenError', code: 'unreachable' });
});

test('an aborted signal is `cancelled`, from every method', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  const signal = AbortSignal.abort();
  const calls = [
    () => client.generateImage('x', '', { signal, output: 'never-made' }),
    () => client.generate({ prompt: 'x', signal }),
    () => client.plan({ prompt: 'x', signal }),
    () => client.run(simple(1), { signal }),
    () => client.submit(simple(1), { signal }),
    () => client.attach('x', { signal }),
    () => client.list('loras', { signal }),
    () => client.queue({ signal }),
    () => client.history({ signal }),
    () => client.cancel('x', { signal }),
    () => client.objectInfo({ signal }),
    () => client.upload(picture(1), 'x.png', { signal }),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ name: 'ComfyGenError', code: 'cancelled' });
  expect(demo.log).toEqual([]);
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
