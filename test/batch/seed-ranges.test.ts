// Seeds in a summary: consecutive ones as a range in whatever order they come, many of them cut short.
import { expect, test } from 'vitest';
import { SeedRanges } from '../../src/batch/seed-ranges.ts';

test.each([
  [[], ''],
  [['7'], 'seed 7'],
  [['7', '7'], 'seed 7'],
  [['9', '7', '8'], 'seeds 7-9'],
  [['20', '8', '7'], 'seeds 7-8, 20'],
  [['18446744073709551615', '18446744073709551614'], 'seeds 18446744073709551614-18446744073709551615'],
  [['11', '1', '9', '3', '5'], 'seeds 1, 3, 5, 9, 11'],
  [['11', '1', '9', '3', '5', '7'], 'seeds 1, 3, 5, 7, 9, …'],
  [['not a number'], ''],
])('%j: %s', (seeds, text) => {
  const ranges = new SeedRanges();
  for (const seed of seeds) ranges.add(seed);
  expect(ranges.text()).toBe(text);
});

test('of seeds without end a few are kept', () => {
  const ranges = new SeedRanges();
  for (let i = 0; i < 2000; i++) ranges.add(String(2 * i));
  for (let i = 0; i < 200; i++) ranges.add(String(2 * i + 1));
  expect(ranges.text()).toMatch(/^seeds 0-400, 402, 404, 406, 408, …$/);
});
