// history: what the server remembers, the newest last.
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';

test('history: the newest last, how each ended, how many files', async () => {
  await using server = await startDemo({ faults: [parseFault('node-error,times=1')] });
  await using place = await Workplace.create();
  const make = (...more: string[]) =>
    place.run(['--host', server.url, '--size', '64x64', '-s', '2', ...more, 'a lighthouse']);
  expect((await make()).code).toBe(5);
  expect((await make('-b', '2')).code).toBe(0);
  const { out } = await place.run(['history', '--json', '--host', server.url]);
  expect(jsonLines(out)).toMatchObject([
    {
      status: 'error',
      outputs: 0,
      server: server.url,
      mine: true,
      prompt: 'a lighthouse',
      seed: expect.any(String) as string,
    },
    { status: 'success', outputs: 2, mine: true, created_at: expect.any(Number) as number },
  ]);
  expect((await place.run(['history', '--host', server.url])).out).toMatch(
    / error {2}0 files .*\n.* success {2}2 files {2}http:\S+ {2}mine {2}\d+ s ago {2}seed \d+ {2}"a lighthouse"\n$/,
  );
});
