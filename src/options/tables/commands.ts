// Options that belong to one command each.
import { moment } from '../kinds.ts';
import { integer, number, text, toggle, type OptionTable } from '../option.ts';

export const cancel = {
  mine: toggle('all jobs that you sent from this machine', { flagOnly: true }),
  all: toggle('all jobs on the server, also those of other people', { flagOnly: true }),
  yes: toggle('do not ask for confirmation', { flagOnly: true }),
} satisfies OptionTable;

export const config = {
  all: toggle('config show: also settings at their default', { flagOnly: true }),
  user: toggle("config: your own file instead of the project's", { flagOnly: true }),
} satisfies OptionTable;

export const doctor = {
  smoke: toggle('also run a small job that needs no model', { flagOnly: true }),
  withModel: toggle('also run a small job with a real model', { flagOnly: true }),
  maxSeconds: number('time limit in seconds for the small job', { min: 0.001, max: 86_400 }, { flagOnly: true }),
  junit: text('write the checks to this file as JUnit XML', { argument: 'file', names: 'file', flagOnly: true }),
} satisfies OptionTable;

export const log = {
  limit: integer(
    'show only this many runs, the newest',
    { min: 1, max: 1_000_000_000 },
    { short: 'n', flagOnly: true },
  ),
  since: moment('runs since this date, or within this time (2h, 3d)', { flagOnly: true }),
} satisfies OptionTable;

export const listing = {
  runnable: toggle('list recipes: only those that run on this server', { flagOnly: true }),
} satisfies OptionTable;

export const completion = {
  install: toggle('completion: write the script to where the shell looks for it', { flagOnly: true }),
} satisfies OptionTable;

export const inspect = { workflow: toggle('print the workflow only', { flagOnly: true }) } satisfies OptionTable;

/** Its output is the page; from elsewhere than the command line the option names the folder of the images, as always. */
export const gallery = {
  output: text('the page to write', {
    short: 'o',
    argument: 'page.html',
    names: 'file',
    fallback: 'images/output',
    otherwise: '<folder>/index.html',
  }),
  grid: text('also put the images on one labelled contact sheet', { argument: 'file', names: 'file' }),
} satisfies OptionTable;

export const upload = {
  keepName: toggle("upload under the file's own name", { flagOnly: true }),
} satisfies OptionTable;

export const definitions = {
  objectInfo: text('read node definitions from this file (what /object_info answers; .gz too) instead of a server', {
    argument: 'file',
    names: 'file',
    flagOnly: true,
  }),
} satisfies OptionTable;
