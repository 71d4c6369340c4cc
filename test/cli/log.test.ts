// log: what was made of what, of this machine's journal.
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';

const small = ['--size', '64x64', '-s', '4', 'a lighthouse'];

test('log shows what was made of what; words choose', async () => {
  await using server = await startDemo();
  await using broken = await startDemo({ faults: [parseFault('node-error')] });
  await using place = await Workplace.create();
  await place.run(['--host', server.url, '--seed', '18446744073709551615', ...small]);
  await place.run(['--host', broken.url, ...small.slice(0, -1), 'a harbour']);
  const runs = (await place.run(['log', '--json'])).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(runs).toMatchObject([
    {
      state: 'saved',
      prompt: 'a lighthouse',
      seed: '18446744073709551615',
      recipe: 'sd15',
      files: [{ type: 'output' }],
      error: null,
    },
    { state: 'failed', prompt: 'a harbour', files: [], error: { code: 'execution' } },
  ]);
  const { out } = await place.run(['log', 'harbour']);
  expect(out).toContain('a harbour');
  expect(out).not.toContain('a lighthouse');
});
