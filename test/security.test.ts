// SECURITY.md names where each promise is tested: those files exist, and every promise has one.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('every promise names tests that are there', () => {
  const text = readFileSync('SECURITY.md', 'utf8');
  const promises = text.slice(text.indexOf('| promise |'), text.indexOf('## What we do not')).split('\n').slice(2);
  const rows = promises.filter((line) => line.startsWith('| '));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const named = [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);
    expect(named.length, row).toBeGreaterThan(0);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  }
});
