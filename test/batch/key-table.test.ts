// A table of digests: what was set is found, however many there are, and nothing else.
import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { KeyTable } from '../../src/batch/key-table.ts';

test('each of many keys has its own number; one that was never set has none', () => {
  const keys = Array.from({ length: 20_000 }, (_none, i) => hash('sha256', String(i), 'base64url').slice(0, 22));
  const table = new KeyTable();
  for (const [i, key] of keys.entries()) table.set(key, i + 1);
  for (const key of keys) table.set(`${key}.2`, 7);
  expect(keys.findIndex((key, i) => table.get(key) !== i + 1)).toBe(-1);
  expect(keys.findIndex((key) => table.get(`${key}.2`) !== 7 || table.get(`${key}.3`) !== 0)).toBe(-1);
});

test('a number that is set again takes the place of the one before', () => {
  const table = new KeyTable();
  table.set('a', 1);
  table.set('a', 5);
  expect([table.get('a'), table.get('b')]).toEqual([5, 0]);
});
