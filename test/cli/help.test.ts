// Help shows the options under the headings of docs/options.md.
import { expect, test } from 'vitest';
import { Workplace } from '../helpers/cli.ts';

test.each([
  [['--help'], ['Generation', 'Output', 'Batch', 'Server', 'Logging']],
  [
    ['list', '--help'],
    ['Server', 'Output', 'Logging', 'Configuration'],
  ],
  [
    ['serve', '--help'],
    ['Demo server', 'Output', 'Logging', 'Configuration'],
  ],
])('help of %j', async (args, titles) => {
  await using place = await Workplace.create();
  const { code, out } = await place.run(args);
  expect(code).toBe(0);
  const headings = out.split('\n').filter((line) => /^[A-Z].*:$/.test(line));
  expect(headings.slice(0, titles.length)).toEqual(titles.map((title) => `${title}:`));
  // what belongs nowhere else is the last option: help itself
  expect(out).toMatch(/^Options:\n {2}-h, --help +this text\n/m);
});
