// Plays the table of faults: exit code, reason, whole files on disk, jobs that the server saw. Rows that wait run side by side.
import { describe, test } from 'vitest';
import { play } from './bench.ts';
import { table } from './table.ts';

describe.concurrent.each(table)('%s', (_group, rows) => {
  for (const row of rows) {
    const { skip = false } = row;
    test.skipIf(skip !== false)(`${row.fault}${skip === false ? '' : ` (skipped: ${skip})`}`, () => play(row));
  }
});
