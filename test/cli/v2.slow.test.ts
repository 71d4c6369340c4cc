// Comfy API v2: the same command, the same promises, another API. The demo server plays it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { encodePng } from '../../src/media/png.ts';
import { paint } from '../../src/demo/nodes/paint.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';

const small = ['--size', '64x64', '-s', '3'];
const v2 = (options: Parameters<typeof startDemo>[0] = {}): Promise<Demo> => startDemo({ ...options, api: 'v2' });
const photo = encodePng(paint({ width: 64, height: 64, prompt: 'a photo' }));
const asked = (demo: Demo, path: RegExp): Demo['log'] => demo.log.filter((one) => path.test(one.path));

test('it is found out; a picture comes, with its progress, and what is sent is said to be unchecked once', async () => {
  await using demo = await v2({ stepMs: 40 });
  await using place = await Workplace.create();
  const { code, out, err } = await place.run([
    '--events',
    '--host',
    demo.url,
    ...small,
    '--count',
    '2',
    'a lighthouse',
  ]);
  expect(code).toBe(0);
  expect(err.match(/sent unchecked/g)).toHaveLength(1);
  const events = jsonLines(out);
  const first = events.filter(({ row }) => row === 1).map(({ type }) => type);
  expect(first.filter((type) => ['submitted', 'queued', 'started', 'saved', 'done'].includes(String(type)))).toEqual([
    'submitted',
    'queued',
    'started',
    'saved',
    'done',
  ]);
  expect(first).toContain('progress');
  expect(await place.files()).toHaveLength(2);
  const posts = asked(demo, /^\/api\/v2\/jobs$/).filter(({ method }) => method === 'POST');
  expect(new Set(posts.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
});

test('a local picture becomes an asset, and is known by its hash from then on', async () => {
  await using demo = await v2();
  await using place = await Workplace.create({ 'photo.png': photo });
  const run = (): ReturnType<Workplace['run']> =>
    place.run(['--json', '--host', demo.url, '-i', 'photo.png', '--denoise', '0.5', '-s', '2', 'a lighthouse']);
  expect(jsonLines((await run()).out)).toMatchObject([{ ok: true, denoise: 0.5 }]);
  expect((await run()).code).toBe(0);
  expect(asked(demo, /^\/api\/v2\/assets$/)).toHaveLength(1);
  const post = asked(demo, /^\/api\/v2\/jobs$/).findLast(({ method }) => method === 'POST');
  expect(post?.body).toMatch(/"image":\{"__type":"core\/ASSET","info":\{"id":/);
});

test('the key goes to what speaks v2, and to nothing else', async () => {
  await using cloud = await v2({ faults: ['token=s3cret-key'] });
  await using core = await startDemo();
  await using place = await Workplace.create();
  const env = { COMFY_API_KEY: 's3cret-key' };
  const there = await place.run(['--host', cloud.url, '--api', 'v2', ...small, 'a lighthouse'], { env });
  expect(there.code).toBe(0);
  const without = await place.run(['--host', cloud.url, '--api', 'v2', ...small, 'a lighthouse']);
  expect([without.code, without.err]).toEqual([9, expect.stringContaining('credentials')]);
  const named = ['--api-key-env', 'MY_KEY', '--api', 'v2'];
  const mine = await place.run(['--host', cloud.url, ...named, ...small, 'x'], { env: { MY_KEY: 's3cret-key' } });
  expect(mine.code).toBe(0);
  await place.run(['--host', core.url, '--log-file', 'log', ...small, 'a lighthouse'], { env });
  expect(JSON.stringify(core.log.map(({ headers }) => headers))).not.toContain('s3cret-key');
  expect(await readFile(join(place.folder, 'log'), 'utf8')).not.toContain('s3cret-key');
});

test('the key does not go along with a redirect to another host; the key for partner nodes goes with the job', async () => {
  await using demo = await v2({ faults: ['view-redirect,times=1'] });
  await using place = await Workplace.create();
  const env = { COMFY_API_KEY: 's3cret-key', COMFY_GEN_PARTNER_KEY: 'partner-key' };
  expect((await place.run(['--host', demo.url, ...small, 'a lighthouse'], { env })).code).toBe(0);
  const keys = asked(demo, /\/content$/).map(({ headers }) => [headers.host?.split(':')[0], headers.authorization]);
  expect(keys).toEqual([
    ['127.0.0.1', 'Bearer s3cret-key'],
    ['localhost', undefined],
  ]);
  const post = asked(demo, /^\/api\/v2\/jobs$/).find(({ method }) => method === 'POST');
  expect(post?.body).toContain('"extra_data":{"api_key_comfy_org":"partner-key"}');
});

test('a job that was only sent is collected by resume, once', async () => {
  await using demo = await v2();
  await using place = await Workplace.create();
  expect((await place.run(['--host', demo.url, '--no-wait', ...small, 'a lighthouse'])).code).toBe(0);
  expect((await place.run(['resume', '--host', demo.url])).code).toBe(0);
  expect(await place.files()).toHaveLength(1);
  expect((await place.run(['resume', '--host', demo.url])).out).toBe('');
});

test.each<[string, string, number, RegExp]>([
  ['no credits', 'prompt-status=402', 9, /payment/],
  ['a queue that stays full', 'prompt-status=429,retry-after=0', 9, /too many requests/],
  ['a node that fails', 'node-error', 5, /node 5 \(KSampler\): the demo server was told/],
  ['no memory', 'oom', 5, /out of memory/],
  ['somebody else cancels', 'interrupted@step=1', 8, /somebody else/],
])('%s', async (_what, fault, code, said) => {
  await using demo = await v2({ faults: [fault] });
  await using place = await Workplace.create();
  const done = await place.run(['--host', demo.url, '--retries', '1', ...small, 'a lighthouse']);
  expect([done.code, done.err]).toEqual([code, expect.stringMatching(said)]);
  expect(await place.files()).toEqual([]);
});

test('a full queue is waited for', async () => {
  await using demo = await v2({ faults: ['prompt-status=429,retry-after=0,times=2'] });
  await using place = await Workplace.create();
  expect((await place.run(['--host', demo.url, ...small, 'a lighthouse'])).code).toBe(0);
  expect(demo.queued()).toBe(1);
});

test.each<[string, string]>([
  ['the answer to the POST gets lost', 'prompt-lost'],
  ['the answer to the POST is a 503, and the job is queued', 'prompt-queued-status=503'],
  ['the stream is cut', 'ws-drop@step=2'],
  ['the stream goes silent', 'ws-silent@step=2'],
  ['no stream is served', 'ws-status=501'],
  ['too many streams are open', 'ws-status=429'],
  ['damaged events come', 'ws-garbage-text'],
  ['the file breaks off', 'view-truncated'],
  ['a look-up fails now and then', 'jobs-status=503,times=2'],
])('one picture, made once: %s', async (_what, fault) => {
  await using demo = await v2({ stepMs: 15, faults: [fault] });
  await using place = await Workplace.create();
  const { code } = await place.run(['--host', demo.url, ...small, 'a lighthouse']);
  expect(code).toBe(0);
  expect(await place.files()).toHaveLength(1);
  expect(demo.queued()).toBe(1);
});

test('a job that a restart loses is sent once more, under another key', async () => {
  await using demo = await v2({ stepMs: 15, faults: ['restart=50@step=2'] });
  await using place = await Workplace.create();
  const { code, err } = await place.run(['--host', demo.url, ...small, 'a lighthouse']);
  expect([code, err]).toEqual([0, expect.stringContaining('sent once more')]);
  expect(await place.files()).toHaveLength(1);
});

test('Ctrl-C takes our job off; queue, history, cancel and attach know jobs by their ids', async () => {
  await using demo = await v2({ stepMs: 1000 });
  await using place = await Workplace.create();
  const running = place.launch(['--host', demo.url, ...small, 'a lighthouse']);
  await running.said(/running/);
  const waiting = await place.run(['--host', demo.url, '--no-wait', '--seed', '2', ...small, 'a lighthouse']);
  const id = waiting.out.trim();
  const queue = jsonLines((await place.run(['queue', '--json', '--host', demo.url])).out);
  expect(queue).toMatchObject([{ state: 'running' }, { state: 'pending', prompt_id: id, mine: true }]);
  expect((await place.run(['cancel', id, '--host', demo.url])).code).toBe(0);
  running.signal('SIGINT');
  expect((await running.done).code).toBe(130);
  expect(jsonLines((await place.run(['history', '--json', '--host', demo.url])).out)).toMatchObject([
    { status: 'interrupted' },
  ]);
  expect((await place.run(['attach', id, '--host', demo.url])).code).not.toBe(0);
});

test('what v2 does not have is said, and no failure of the doctor', async () => {
  await using demo = await v2();
  await using place = await Workplace.create();
  const listed = await place.run(['list', 'checkpoints', '--host', demo.url]);
  expect([listed.code, listed.err]).toEqual([2, expect.stringContaining('gives no node definitions')]);
  const checked = await place.run(['doctor', '--smoke', '--host', demo.url]);
  expect([checked.code, checked.out]).toEqual([0, expect.stringContaining('Comfy API v2')]);
});
