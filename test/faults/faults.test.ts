// Plays the table of faults: exit code, reason, whole files on disk, jobs that the server saw. Rows that wait run side by side.
import { describe, test } from 'vitest';
import { isSpawning } from '../helpers/cli.ts';
import { play, type Row } from './bench.ts';
import { table } from './table.ts';

function reasonToSkip({ skip = false, long }: Row): string | false {
  return skip === false && long === true && !isSpawning ? 'by npm run test:all' : skip;
}

describe.concurrent.each(table)('%s', (_group, rows) => {
  for (const row of rows) {
    const skip = reasonToSkip(row);
    test.skipIf(skip !== false)(`${row.fault}${skip === false ? '' : ` (skipped: ${skip})`}`, () => play(row));
  }
});
