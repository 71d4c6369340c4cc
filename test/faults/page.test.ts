// docs/reliability.md says what the table of faults says; `npm run docs` rewrites it.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { withTable } from './page.ts';
import { table } from './table.ts';

const path = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));

test('the page is what the table says', async () => {
  await expect(withTable(await readFile(path, 'utf8'))).toMatchFileSnapshot(path);
});

test('no fault stands there twice', () => {
  const seen = table.flatMap(([group, rows]) => rows.map((row) => `${group}: ${row.fault}`));
  expect(seen.filter((name, i) => seen.indexOf(name) !== i)).toEqual([]);
});
