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
