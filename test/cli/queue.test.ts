// queue, history and cancel: what the server holds, and only what was meant is taken off.
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';

const leaveFor = (steps: number): string[] => ['--no-wait', '--size', '64x64', '-s', String(steps), 'a lighthouse'];
const leave = leaveFor(1000);
const objects = (out: string): Record<string, unknown>[] =>
  out === ''
    ? []
    : out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);

test.each([[[]], [['old']]])('cancel takes off what waits and what runs, by id (%s)', async (faults: string[]) => {
  await using server = await startDemo({ stepMs: 100, faults: faults.map(parseFault) });
  await using mine = await Workplace.create();
  await using other = await Workplace.create();
  const at = ['--host', server.url];
  const ids = (await mine.run([...at, '--count', '2', ...leave])).out.trim().split('\n');
  const [theirs = ''] = (await other.run([...at, ...leave])).out.trim().split('\n');
  expect(objects((await mine.run(['queue', '--json', ...at])).out)).toMatchObject([
    { prompt_id: ids[0], state: 'running', position: 0, server: server.url, mine: true },
    { prompt_id: ids[1], state: 'pending', position: 1, mine: true },
    { prompt_id: theirs, state: 'pending', position: 2, mine: false },
  ]);
  const one = await mine.run(['cancel', ids[1] ?? '', 'no-such-job', ...at]);
  expect([one.code, one.out]).toEqual([10, `${ids[1] ?? ''}\n`]);
  expect(one.err).toContain('no-such-job');
  const rest = await mine.run(['cancel', '--mine', '--json', ...at]);
  expect(objects(rest.out)).toMatchObject([{ prompt_id: ids[0], was: 'running', state: 'cancelled' }]);
  expect(objects((await mine.run(['queue', '--json', ...at])).out).map((job) => job['prompt_id'])).toEqual([theirs]);
  expect((await mine.run(['resume', ...at])).err).toContain('nothing to collect');
  expect((await mine.run(['cancel', '--all', '--yes', ...at])).out).toBe(`${theirs}\n`);
});

test('cancel wants to know which; --all wants a yes', async () => {
  await using place = await Workplace.create();
  for (const args of [[], ['--all'], ['--mine', '--all', '--yes'], ['some-id', '--mine']]) {
    expect((await place.run(['cancel', ...args])).code).toBe(2);
  }
});

test('a job that is over is said to be over; one that nobody knows is a usage error', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const made = await place.run(['--json', '--host', server.url, '--size', '64x64', '-s', '2', 'a lighthouse']);
  const { prompt_id } = JSON.parse(made.out) as { prompt_id: string };
  const over = await place.run(['cancel', prompt_id, '--host', server.url]);
  expect([over.code, over.out]).toEqual([0, '']);
  expect((await place.run(['cancel', 'nobody', '--host', server.url])).code).toBe(2);
});

test('history: the newest last, how each ended, how many files', async () => {
  await using server = await startDemo({ faults: [parseFault('node-error,times=1')] });
  await using place = await Workplace.create();
  const make = (...more: string[]) =>
    place.run(['--host', server.url, '--size', '64x64', '-s', '2', ...more, 'a lighthouse']);
  expect((await make()).code).toBe(5);
  expect((await make('-b', '2')).code).toBe(0);
  const { out } = await place.run(['history', '--json', '--host', server.url]);
  expect(objects(out)).toMatchObject([
    { status: 'error', outputs: 0, server: server.url },
    { status: 'success', outputs: 2 },
  ]);
  expect((await place.run(['history', '--host', server.url])).out).toMatch(
    / error {2}0 files .*\n.* success {2}2 files .*\n$/,
  );
});

test('of several hosts each is asked; one that is down does not hide the others', async () => {
  await using a = await startDemo();
  await using b = await startDemo();
  await using place = await Workplace.create();
  const [id = ''] = (await place.run(['--host', b.url, ...leaveFor(4)])).out.trim().split('\n');
  const all = ['--host', '127.0.0.1:9', '--host', a.url, '--host', b.url];
  const history = await place.run(['history', '--json', ...all]);
  expect(history.code).toBe(10);
  expect(history.err).toContain('127.0.0.1:9 refused');
  const attached = await place.run(['attach', id, ...all]);
  expect([attached.code, attached.out.endsWith('.png\n')]).toEqual([0, true]);
  expect((await place.run(['queue', '--host', '127.0.0.1:9', '--host', '127.0.0.1:7'])).code).toBe(3);
});
