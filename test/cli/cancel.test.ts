// cancel: only what was meant is taken off the server; queue shows what is there.
import { expect } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const leave = ['--no-wait', '--size', '64x64', '-s', '1000', 'a lighthouse'];
test.each([[[]], [['old']]])('cancel takes off what waits and what runs, by id (%s)', async (faults: string[]) => {
  await using server = await startDemo({ stepMs: 100, faults: faults.map(parseFault) });
  await using mine = await Workplace.create();
  await using other = await Workplace.create();
  const at = ['--host', server.url];
  const ids = (await mine.run([...at, '--count', '2', ...leave])).out.trim().split('\n');
  const [theirs = ''] = (await other.run([...at, ...leave])).out.trim().split('\n');
  expect(jsonLines((await mine.run(['queue', '--json', ...at])).out)).toMatchObject([
    { prompt_id: ids[0], state: 'running', position: 0, server: server.url, mine: true },
    { prompt_id: ids[1], state: 'pending', position: 1, mine: true },
    { prompt_id: theirs, state: 'pending', position: 2, mine: false },
  ]);
  const one = await mine.run(['cancel', ids[1] ?? '', 'no-such-job', ...at]);
  expect([one.code, one.out]).toEqual([10, `${ids[1] ?? ''}\n`]);
  expect(one.err).toContain('no-such-job');
  const rest = await mine.run(['cancel', '--mine', '--json', ...at]);
  expect(jsonLines(rest.out)).toMatchObject([{ prompt_id: ids[0], was: 'running', state: 'cancelled' }]);
  const order = faults.length > 0 ? '/interrupt' : `/${ids[0] ?? ''}/cancel`;
  const interrupts = server.log.filter(({ path }) => path.endsWith(order));
  expect(interrupts).toHaveLength(1); // told twice, an old server would interrupt whose turn is next
  expect(jsonLines((await mine.run(['queue', '--json', ...at])).out).map((job) => job['prompt_id'])).toEqual([theirs]);
  expect((await mine.run(['resume', ...at])).err).toContain('nothing to collect');
  const last = await mine.run(['cancel', '--all', '--yes', ...at]);
  expect(last.out, last.err).toBe(`${theirs}\n`);
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
