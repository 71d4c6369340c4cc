// queue, history and attach over several servers.
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const leave = ['--no-wait', '--size', '64x64', '-s', '4', 'a lighthouse'];

test('of several hosts each is asked; one that is down does not hide the others', async () => {
  await using a = await startDemo();
  await using b = await startDemo();
  await using place = await Workplace.create();
  const [id = ''] = (await place.run(['--host', b.url, ...leave])).out.trim().split('\n');
  const all = ['--host', '127.0.0.1:9', '--host', a.url, '--host', b.url];
  const history = await place.run(['history', '--json', ...all]);
  expect(history.code).toBe(10);
  expect(history.err).toContain('127.0.0.1:9 refused');
  const attached = await place.run(['attach', id, ...all]);
  expect([attached.code, attached.out.endsWith('.png\n')]).toEqual([0, true]);
  expect((await place.run(['queue', '--host', '127.0.0.1:9', '--host', '127.0.0.1:7'])).code).toBe(3);
});

test('a job tells how it was asked for: prompt, seed, age, and whose it is', async () => {
  await using server = await startDemo({ stepMs: 60_000 });
  await using place = await Workplace.create();
  await place.run([
    '--host',
    server.url,
    '--no-wait',
    '--seed',
    '7',
    '-s',
    '4',
    `a ${'very '.repeat(20)}tall lighthouse`,
  ]);
  const mine = await place.run(['queue', '--host', server.url]);
  expect(mine.out).toMatch(/ {2}running {2}http:\S+ {2}mine {2}\d+ s ago {2}seed 7 {2}"a (?:very )+\w*…"\n$/);
  await using elsewhere = await Workplace.create();
  const theirs = await elsewhere.run(['queue', '--json', '--host', server.url]);
  expect(JSON.parse(theirs.out)).toMatchObject({
    state: 'running',
    mine: false,
    seed: '7',
    created_at: expect.any(Number) as number,
  });
});
