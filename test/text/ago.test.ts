// How long ago, as a person would say it.
import { expect, test } from 'vitest';
import { roughly } from '../../src/text/ago.ts';

test.each([
  [-5000, '0 s'],
  [999, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [7_200_000, '2 h'],
  [259_200_000, '3 d'],
])('%i ms are %s', (ms, text) => {
  expect(roughly(ms)).toBe(text);
});
