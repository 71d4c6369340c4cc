// Jobs through Redis: one way through, and what is refused before anything is there. The rest is in enqueue.slow.test.ts.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { findRedis } from '../helpers/redis.ts';

const redis = await findRedis();
afterAll(async () => redis?.[Symbol.asyncDispose]());

const small = ['--size', '64x64', '-s', '2'];

const withRedis = redis === undefined ? test.skip : test;

withRedis('jobs go to a worker and their files come back; it stops by SIGTERM with 0', async () => {
  await using demo = await startDemo();
  await using here = await Workplace.create();
  await using there = await Workplace.create();
  const env = { COMFY_GEN_REDIS_URL: redis?.url ?? '' };
  const queue = ['--queue', `t-${crypto.randomUUID()}`];
  const worker = there.launch(['worker', '--host', demo.url, ...queue], { env });
  const made = await here.run(['enqueue', 'a fox', '--seed', '5', '--count', '3', ...small, '--wait', ...queue], {
    env,
  });
  expect(made.code).toBe(0);
  expect(made.err).toMatch(/^\[2\] submitted \S+ to \S+: "a fox"$/m);
  expect(made.err).toMatch(/^3 done \(of 3\); 3 files in [\d.]+ s; seeds 5-7; "a fox"$/m);
  const paths = made.out.trim().split('\n');
  expect(paths).toHaveLength(3);
  const first = await readFile(join(here.folder, paths[0] ?? ''));
  expect(first.subarray(1, 4).toString()).toBe('PNG');
  expect(await there.files()).toEqual([]);

  const left = await here.run(['enqueue', 'a hare', ...small, '--json', ...queue], { env });
  const [{ batch, jobs } = {}] = jsonLines(left.out);
  expect([left.code, jobs]).toEqual([0, 1]);
  const followed = await here.run(['enqueue', '--status', String(batch), '--wait', '--json', ...queue], { env });
  expect(jsonLines(followed.out)).toMatchObject([{ ok: true, row: 1, prompt: 'a hare', server: demo.url }]);
  expect(await there.files()).toHaveLength(1); // nobody waited: it stays in the worker's folder
  const status = await here.run(['enqueue', '--status', String(batch), '--json', ...queue], { env });
  expect(jsonLines(status.out)).toMatchObject([{ batch, total: 1, done: 1, failed: 0, waiting: 0 }]);

  worker.signal('SIGTERM');
  const ended = await worker.done;
  expect(ended.code).toBe(0);
  const log = jsonLines(ended.err);
  expect(log.filter(({ message }) => message === 'job done')).toHaveLength(4);
});

test('what is wrong is said before Redis is asked', async () => {
  await using place = await Workplace.create({ 'rows.csv': 'prompt,steps\na cat,none\n' });
  const env = { COMFY_GEN_REDIS_URL: 'redis://127.0.0.1:1' };
  const codes: (number | null)[] = [];
  for (const words of [
    ['a cat', '--steps', '0'],
    ['rows.csv'],
    ['missing.json'],
    ['a cat', '--queue', '../x'],
    ['--status', 'x', '--cancel', 'y'],
    ['a cat', '-i', 'missing.png', '--wait', '--json', '--events'],
  ])
    codes.push((await place.run(['enqueue', ...words], { env })).code);
  expect(codes).toEqual([2, 2, 2, 2, 2, 2]);
});

test('no Redis is unreachable, for both commands', async () => {
  await using place = await Workplace.create();
  for (const words of [
    ['enqueue', 'a cat'],
    ['worker', '--max-idle', '1s'],
  ]) {
    const { code, err } = await place.run([...words, '--redis', 'redis://127.0.0.1:1']);
    expect(code).toBe(3);
    expect(err).toMatch(/no Redis at redis:\/\/127\.0\.0\.1:1[\s\S]*redis-server/);
  }
});
