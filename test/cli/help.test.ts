// Help: examples and commands first, the common options, all of them on demand; formats of a command; topics.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kindNotes } from '../../src/cli/help/command-notes.ts';
import { exitCodeTable } from '../../src/cli/help/exit-codes.ts';
import { writeExamples, writeSections, writeText } from '../../src/cli/help/layout.ts';
import { topics } from '../../src/cli/help/topics.ts';
import { exitCodes } from '../../src/errors.ts';
import { listKinds } from '../../src/catalog/kinds.ts';
import { flagsOf } from '../../src/options/describe.ts';
import { commandOptions } from '../../src/options/settings.ts';
import { Workplace } from '../helpers/cli.ts';

/** The headings of a page, in their order. */
const headings = (out: string): string[] =>
  out.split('\n').flatMap((line) => (/^[A-Z].*:$/.test(line) ? [line.slice(0, -1)] : []));
/** The long options that a page lists. */
const listed = (out: string): string[] =>
  [...out.matchAll(/^ {2}(?:-\w, )?(--[a-z0-9-]+)/gm)].map(([, flag]) => flag ?? '');

async function help(...args: string[]): Promise<string> {
  await using place = await Workplace.create();
  const { code, out, err } = await place.run(args);
  expect({ args, code, err }).toEqual({ args, code: 0, err: '' });
  return out;
}

test('the front page: examples, commands, about thirty options', async () => {
  const out = await help('--help');
  expect(headings(out)).toEqual([
    ...['Examples', 'Commands', 'Generation', 'Output', 'Batch', 'Server', 'Logging', 'Configuration', 'Help', 'More'],
  ]);
  expect(listed(out).length).toBeLessThan(40);
  expect(listed(out)).toEqual(expect.arrayContaining(['--steps', '--output', '--host', '--help-all', '--version']));
  expect(listed(out)).not.toContain('--clip-skip');
  expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(await help('help')).toBe(out);
});

test('an option that a command has in a form of its own is shown', async () => {
  expect(await help('gallery', '--help')).toMatch(/^Options:\n {2}-o, --output <page\.html> +the page to write/m);
});

test('--help-all lists every option of the command', async () => {
  const all = listed(await help('--help-all'));
  const flags = flagsOf(commandOptions.generate).map(({ long }) => long);
  expect(flags.filter((flag) => !all.includes(flag))).toEqual([]);
  expect(await help('help', 'list', '--help-all')).toBe(await help('list', '--help-all'));
});

test.each([
  ['list', ['Kinds', 'Examples', 'Options', 'Output']],
  ['batch', ['What <file> may be', 'Columns of a row', 'Examples', 'Batch', 'Generation']],
  ['run', ['What <file> may be', 'Examples', 'Generation']],
  ['doctor', ['Examples', 'Options', 'Output', 'Server']],
  ['serve', ['Examples', 'Demo server', 'Output', 'Logging', 'Configuration', 'Help']],
])('help of %s begins with what is its own', async (command, first) => {
  const out = await help(command, '--help');
  expect(headings(out).slice(0, first.length)).toEqual(first);
  expect(await help('help', command)).toBe(out);
});

test('every kind of list has its line', () => {
  expect(listKinds.filter((kind) => kindNotes[kind] === undefined)).toEqual([]);
});

test('the tool alone: its help and what is missing, on standard error', async () => {
  await using place = await Workplace.create();
  const { code, out, err } = await place.run([]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^Usage: comfy-gen[\s\S]*Commands:[\s\S]*error: no prompt\nhint: .*$/m);
});

test.each(Object.keys(topics))('help %s', async (topic) => {
  const out = await help('help', topic);
  expect(out.length).toBeGreaterThan(200);
  if (topic !== 'json') expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('an unknown topic names the nearest', async () => {
  await using place = await Workplace.create();
  const { code, err } = await place.run(['help', 'exit-code']);
  expect({ code, err }).toEqual({ code: 2, err: 'error: no help on "exit-code"\nhint: did you mean exit-codes?\n' });
});

test('the table of exit codes has every kind, and the README the same table', () => {
  expect(exitCodeTable.flatMap(({ kind }) => kind ?? [])).toEqual(Object.keys(exitCodes));
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const rows = exitCodeTable.map(
    ({ codes, kind, when }) => `| ${codes} | ${kind === undefined ? '' : `\`${kind}\``} | ${when} |`,
  );
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});

test('in a narrow terminal a description stands below its term, a comment above its line', () => {
  const section = { title: 'Options', items: [['--steps <n>', 'so many words that they need two lines']] as const };
  expect(writeSections([section], 80)).toBe('Options:\n  --steps <n>  so many words that they need two lines\n');
  expect(writeSections([section], 40)).toBe(
    'Options:\n  --steps <n>\n      so many words that they need two\n      lines\n',
  );
  expect(writeExamples([['comfy-gen queue', 'what waits']], 30)).toBe('Examples:\n  # what waits\n  comfy-gen queue\n');
  expect(writeText('one two three\n  kept as it is', 8)).toBe('one two\nthree\n  kept as it is\n');
});

test('help --json: every command, option and exit code as data; of one command, its own', async () => {
  const all = JSON.parse(await help('help', '--json')) as Record<'commands' | 'options' | 'exit_codes', never[]>;
  const commands = all.commands as { name: string; options: string[] }[];
  expect(commands.map(({ name }) => name).sort()).toEqual(Object.keys(commandOptions).sort());
  expect(all.exit_codes.map(({ code }) => code)).toEqual(expect.arrayContaining([0, 2, 10, 130, 143, 141]) as unknown);
  expect(all.options).toContainEqual(
    expect.objectContaining({ flag: '--steps', short: '-s', environment: 'COMFY_GEN_STEPS', config_key: 'steps' }),
  );
  const flags = all.options.map(({ flag }) => flag as string);
  for (const { options } of commands) for (const flag of options) expect(flags).toContain(flag);
  const one = JSON.parse(await help('help', 'doctor', '--json')) as typeof all;
  expect(one.commands).toMatchObject([{ name: 'doctor', usage: 'comfy-gen doctor' }]);
});
