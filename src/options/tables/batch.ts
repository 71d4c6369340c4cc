// Options of many jobs: rows of a file, and the combinations of a sweep.
import { assignment } from '../kinds.ts';
import { integer, list, text, toggle, type OptionTable } from '../option.ts';

/** Many jobs from one file. */
export const batch = {
  onStart: text('run this command before the first job', { argument: 'command', flagOnly: true }),
  onEnd: text('run this command after the last job, with the exit code as its last argument', {
    argument: 'command',
    flagOnly: true,
  }),
  retryFailed: toggle('retry rows that failed before', { flagOnly: true }),
  archive: toggle('run every row again and remember nothing', { negated: true }),
  ahead: integer('how many jobs to queue ahead on each server', { min: 1, max: 1000 }, { fallback: 2 }),
  maxFailures: integer(
    'stop sending jobs after this many failures',
    { min: 1, max: 1_000_000_000 },
    { otherwise: 'none' },
  ),
} satisfies OptionTable;

/** Every combination of some values. */
export const sweep = {
  sweep: list(
    assignment(
      'run every combination of these values; see `help sweeps`',
      'key=values',
      /^[^=]+=./,
      'key=values like cfg=5,7,9',
      {
        flagOnly: true,
      },
    ),
  ),
} satisfies OptionTable;
