// Jobs through Redis when something goes wrong: workers that die, servers that die, models that are not there, secrets.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';
import { parseFault, startDemo, type Demo } from '../../src/demo/demo.ts';
import { defaultModels } from '../../src/demo/nodes/object-info.ts';
import { jsonLines, linesByRow, Workplace } from '../helpers/cli.ts';
import { languageModel } from '../helpers/language-model.ts';
import { findRedis, freePort, startRedis } from '../helpers/redis.ts';
import { withoutPackage } from '../helpers/without-package.ts';

const redis = await findRedis();
afterAll(async () => redis?.[Symbol.asyncDispose]());
const withRedis = redis === undefined ? test.skip : test;

const small = ['--size', '64x64', '-s', '2'];
const env = { COMFY_GEN_REDIS_URL: redis?.url ?? '' };
const newQueue = (): string[] => ['--queue', `t-${crypto.randomUUID()}`];
type Line = { ok: boolean; server: string; prompt_id: string; checkpoint: string; files: { path: string }[] };

/** Workers in a place of their own; disposal stops them. */
async function work(demos: readonly Demo[], queue: readonly string[], ...more: string[]) {
  const place = await Workplace.create();
  const run = place.start(['worker', ...demos.flatMap(({ url }) => ['--host', url]), ...queue, ...more], { env });
  await run.said(/"lane taken"|"works"/);
  return {
    ...run,
    place,
    [Symbol.asyncDispose]: async () => {
      run.signal('SIGTERM');
      await run.done;
      await place[Symbol.asyncDispose]();
    },
  };
}

withRedis('a job whose worker is killed is taken over and collected, not made twice', async () => {
  await using demo = await startDemo({ stepMs: 1500 });
  await using here = await Workplace.create();
  const queue = newQueue();
  const place = await Workplace.create();
  const first = place.start(['worker', '--host', demo.url, ...queue], { env });
  await first.said(/"works"/);
  const waits = here.launch(['enqueue', 'a fox', ...small, '--wait', '--json', ...queue], { env });
  await first.said(/job submitted/);
  first.kill();
  await first.done;
  await using second = await work([demo], queue);
  const { code, out } = await waits.done;
  const [line] = jsonLines(out) as Line[];
  expect([code, line?.ok, line?.files.length]).toEqual([0, true, 1]);
  expect(demo.queued()).toBe(1);
  expect([...demo.history.keys()]).toEqual([line?.prompt_id]);
  second.signal('SIGTERM');
  expect((await second.done).code).toBe(0);
  await place[Symbol.asyncDispose]();
});

withRedis('jobs go only where their models are; what no server has fails at once and is not tried again', async () => {
  await using one = await startDemo({ models: { ...defaultModels, checkpoints: ['dreamshaper_8.safetensors'] } });
  await using two = await startDemo({ models: { ...defaultModels, checkpoints: ['juggernaut_reborn.safetensors'] } });
  const names = ['dreamshaper_8', 'juggernaut_reborn', 'dreamshaper_8', 'juggernaut_reborn', 'none'];
  const rows = names.map((name) => JSON.stringify({ prompt: name, checkpoint: `${name}.safetensors` })).join('\n');
  await using here = await Workplace.create({ 'rows.jsonl': rows });
  const queue = newQueue();
  await using a = await work([one], queue);
  await using b = await work([two], queue);
  const { code, out } = await here.run(['enqueue', 'rows.jsonl', ...small, '--wait', '--json', ...queue], { env });
  const lines = jsonLines(out) as (Line & { row: number; error?: { reason: string } })[];
  expect([code, lines.length]).toEqual([10, 5]);
  for (const { ok, server, checkpoint, error } of lines) {
    if (!ok) expect([checkpoint, error?.reason]).toEqual(['none.safetensors', 'missing_model']);
    else expect(server).toBe(checkpoint === 'dreamshaper_8.safetensors' ? one.url : two.url);
  }
  expect(one.queued() + two.queued()).toBe(4);
  await Promise.all([a.said(/job done/), b.said(/job done/)]);
});

withRedis(
  'a job that fails while it runs is tried again; a poisoned one ends as failed, and may be retried',
  async () => {
    await using shaky = await startDemo({ faults: [parseFault('node-error,times=1')] });
    await using here = await Workplace.create();
    const queue = newQueue();
    await using worker = await work([shaky], queue);
    const made = await here.run(['enqueue', 'a fox', ...small, '--wait', '--json', ...queue], { env });
    expect([made.code, shaky.queued()]).toEqual([0, 2]);

    const poison = newQueue();
    await using broken = await startDemo({ faults: [parseFault('node-error,times=2')] });
    await using other = await work([broken], poison);
    const lost = await here.run(['enqueue', 'a fox', ...small, '--attempts', '2', '--wait', '--json', ...poison], {
      env,
    });
    expect([lost.code, broken.queued()]).toEqual([5, 2]);
    expect(jsonLines(lost.out)).toMatchObject([{ ok: false, error: { code: 'execution', reason: 'node_failed' } }]);
    const again = await here.run(['enqueue', '--retry-failed', '--json', ...poison], { env });
    expect(jsonLines(again.out)).toEqual([{ retried: 1 }]);
    await other.said(/job done/);
    expect(broken.queued()).toBe(3);
    await worker.said(/job done/);
  },
);

withRedis('a server that dies rests its worker and not the queue; its jobs are made elsewhere', async () => {
  await using dying = await startDemo({ stepMs: 20, faults: [parseFault('gone,step=2')] });
  await using other = await startDemo({ stepMs: 20 });
  await using here = await Workplace.create();
  const queue = newQueue();
  await using worker = await work([dying, other], queue, '--retries', '1');
  const made = await here.run(['enqueue', 'a fox', '--count', '8', ...small, '--wait', '--json', ...queue], { env });
  const lines = jsonLines(made.out) as Line[];
  expect([made.code, lines.filter(({ ok }) => ok).length]).toEqual([0, 8]);
  expect(await here.files()).toHaveLength(8);
  await worker.said(/"server lost"/);
});

withRedis('SIGTERM finishes what runs and hands back what waits; another worker does the rest', async () => {
  await using demo = await startDemo({ stepMs: 400 });
  await using here = await Workplace.create();
  const queue = newQueue();
  const first = await work([demo], queue, '--ahead', '3');
  const id = (await here.run(['enqueue', 'a fox', '--count', '6', ...small, ...queue], { env })).out.trim();
  await first.said(/job done/);
  first.signal('SIGTERM');
  const stopped = await first.done;
  expect(stopped.code).toBe(0);
  expect(stopped.err).toMatch(/job handed back/);
  const status = async () =>
    jsonLines((await here.run(['enqueue', '--status', id, '--json', ...queue], { env })).out)[0] ?? {};
  const before = await status();
  expect(before['running']).toBe(0);
  expect(Number(before['done']) + Number(before['waiting'])).toBe(6);
  await using second = await work([demo], queue, '--max-idle', '4s');
  expect((await second.done).code).toBe(0); // idle for so long
  expect(await status()).toMatchObject({ total: 6, done: 6 });
});

withRedis('a batch is cancelled from another place: what waits is gone, what runs ends on its server', async () => {
  await using demo = await startDemo({ stepMs: 5000 });
  await using here = await Workplace.create();
  const queue = newQueue();
  await using worker = await work([demo], queue);
  const id = (await here.run(['enqueue', 'a fox', '--count', '5', ...small, ...queue], { env })).out.trim();
  await worker.said(/job submitted/);
  const gone = await here.run(['enqueue', '--cancel', id, '--json', ...queue], { env });
  const [{ removed, running } = {}] = jsonLines(gone.out);
  expect(Number(removed) + Number(running)).toBe(5);
  await worker.said(/its batch was cancelled/);
  const status = await here.run(['enqueue', '--status', id, '--json', ...queue], { env });
  expect(jsonLines(status.out)[0]).toMatchObject({ done: 0, waiting: 0 });
  expect((await here.run(['enqueue', '--cancel', 'nobody', ...queue], { env })).code).toBe(2);
});

withRedis('pictures and workflows travel by their content; the worker reads no file of its own', async () => {
  await using demo = await startDemo();
  await using here = await Workplace.create();
  const queue = newQueue();
  const made = await here.run(['a house', '--host', demo.url, ...small, '-o', 'house.png']);
  expect(made.code).toBe(0);
  await using worker = await work([demo], queue);
  const again = await here.run(
    [
      'enqueue',
      'a house in snow',
      '-i',
      'house.png',
      '--denoise',
      '0.5',
      ...small,
      '--wait',
      '-o',
      'snow.png',
      ...queue,
    ],
    { env },
  );
  expect([again.code, again.out]).toEqual([0, 'snow.png\n']);
  const graph = {
    '1': { class_type: 'LoadImage', inputs: { image: 'house.png' } },
    '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'copy' } },
  };
  await writeFile(join(here.folder, 'graph.json'), JSON.stringify(graph));
  const ran = await here.run(['enqueue', 'graph.json', '--wait', '-o', 'copied.png', ...queue], { env });
  expect([ran.err, ran.code, ran.out]).toEqual([ran.err, 0, 'copied.png\n']);
  await worker.said(/job done/);
});

withRedis('equal jobs that wait are made once; each who waits gets the file', async () => {
  await using demo = await startDemo({ stepMs: 200 });
  await using here = await Workplace.create();
  const queue = newQueue();
  const run = (folder: string) =>
    here.run(['enqueue', 'a fox', '--seed', '7', ...small, '--wait', '-o', folder, ...queue], { env });
  const both = Promise.all([run('one'), run('two')]);
  await using worker = await work([demo], queue);
  expect((await both).map(({ code }) => code)).toEqual([0, 0]);
  expect([(await here.files('one')).length, (await here.files('two')).length, demo.queued()]).toEqual([1, 1, 1]);
  await worker.said(/job done/);
});

withRedis('/healthz answers while Redis and a server do', async () => {
  await using demo = await startDemo();
  const port = await freePort();
  await using worker = await work([demo], newQueue(), '--healthz', String(port));
  await worker.said(/"works"/);
  const url = `http://127.0.0.1:${port}/healthz`;
  const answer = await fetch(url);
  expect([answer.status, await answer.json()]).toMatchObject([200, { ok: true, redis: true }]);
  expect((await fetch(url.replace('healthz', 'other'))).status).toBe(404);
});

test('the password comes from the environment, and no secret is in Redis', async () => {
  await using guarded = await startRedis(['--requirepass', 'open-sesame']);
  if (guarded === undefined) return;
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const bare = { COMFY_GEN_REDIS_URL: guarded.url };
  const refused = await place.run(['enqueue', 'a fox', ...small], { env: bare });
  expect([refused.code, refused.err]).toMatchObject([9, expect.stringContaining('COMFY_GEN_REDIS_PASSWORD')]);
  const own = { ...bare, COMFY_GEN_REDIS_PASSWORD: 'open-sesame', COMFY_GEN_TOKEN: 'token-of-mine' };
  const worker = place.start(['worker', '--host', demo.url], { env: own });
  expect((await place.run(['enqueue', 'a fox', ...small, '--wait'], { env: own })).code).toBe(0);
  worker.signal('SIGTERM');
  const { code, err } = await worker.done;
  expect([code, /open-sesame|token-of-mine/.test(err)]).toEqual([0, false]);
  const client = new Redis(guarded.url, { password: 'open-sesame' });
  const kept: string[] = [];
  for (const key of await client.keys('*')) kept.push(key, await client.dump(key));
  client.disconnect();
  expect(kept.length).toBeGreaterThan(10);
  expect(kept.filter((one) => /open-sesame|token-of-mine/.test(one))).toEqual([]);
});

test('without the packages both commands say what to type', async () => {
  await using place = await Workplace.create();
  const { code, err } = await place.spawn(['enqueue', 'a fox'], {
    env: { NODE_OPTIONS: await withoutPackage(place.folder, 'bullmq') },
  });
  expect([code, err]).toMatchObject([2, expect.stringContaining('npm install bullmq ioredis')]);
});

withRedis('styles and --enhance are read and asked where the job is enqueued: a worker needs neither', async () => {
  await using demo = await startDemo();
  await using model = await languageModel();
  await using here = await Workplace.create({
    'ink.json': '{"prompt":"ink, {prompt}","negative":"blurry","steps":3}',
    'rows.csv': 'prompt,enhance,style\na fox,true,ink\nan owl,,\n',
  });
  const key = 'sk-a-secret-of-mine';
  const at = ['--enhance-url', model.url, '--styles', 'ink.json', '--size', '64x64', '--wait', '--json'];
  const queue = newQueue();
  await using worker = await work([demo], queue);
  const own = { env: { ...env, COMFY_GEN_ENHANCE_KEY: key } };
  const one = await here.run(['enqueue', 'a cat', '--enhance', '--style', 'ink', '--count', '2', ...at, ...queue], own);
  const rows = await here.run(['enqueue', 'rows.csv', ...at, ...queue], own);
  const made = [one, rows].flatMap(({ out }) => linesByRow(out));
  expect([one.code, rows.code, made.map(({ prompt, prompt_given, negative, steps }) => [prompt, prompt_given, negative, steps])]).toEqual([0, 0, [
    ['ink, a cat, written out', 'a cat', 'blurry', 3],
    ['ink, a cat, written out', 'a cat', 'blurry', 3],
    ['ink, a fox, written out', 'a fox', 'blurry', 3],
    ['an owl', null, '', 25],
  ]]); // prettier-ignore
  expect(model.asked.map(({ body, headers }) => [body.messages[1]?.content, headers.authorization])).toEqual([
    ['a cat', `Bearer ${key}`],
    ['a fox', `Bearer ${key}`],
  ]);
  const client = new Redis(env.COMFY_GEN_REDIS_URL);
  const stored = await Promise.all((await client.keys('*')).map((name) => client.dump(name)));
  client.disconnect();
  expect(stored.length).toBeGreaterThan(0);
  expect(JSON.stringify([stored, worker.printed(), demo.log])).not.toContain(key);
});
