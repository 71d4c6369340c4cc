// `comfy-gen log [words...]`: past runs with prompt, seed, model and files, oldest first; words choose among them.
import { aboutOf, fewestOfId, stateOf } from '../../journal/find.ts';
import type { JournalEntry } from '../../journal/journal.ts';
import { jsonLine } from '../output/objects.ts';
import type { Context } from '../context.ts';
import { sweepText } from '../output/plain.ts';
import { openJournal } from '../journal.ts';
import { oneLine } from '../../text/harmless.ts';

export async function run(context: Context): Promise<number> {
  const { terminal, settings: s, words } = context;
  const journal = openJournal(context);
  const since = s.since.value ?? -Infinity;
  const found = [...(await journal.read()).values()].filter((entry) => entry.at >= since && matches(entry, words));
  const newest = s.limit.value === undefined ? found : found.slice(-s.limit.value);
  for (const entry of newest) await terminal.out(s.json.value ? jsonLine(objectOf(entry)) : textOf(context, entry));
  if (newest.length === 0 && !s.quiet.value)
    terminal.err(
      words.length > 0 || s.since.value !== undefined ? 'no run matches\n' : `no runs yet (${journal.path})\n`,
    );
  return 0;
}

function objectOf(entry: JournalEntry): Readonly<Record<string, unknown>> {
  const { prompt_id, at, state, endedAt, facts, files, error } = entry;
  return {
    prompt_id,
    at,
    ended_at: endedAt,
    state: stateOf(entry),
    journal_state: state,
    server: facts?.server ?? null,
    row: facts?.row ?? null,
    ...aboutOf(entry),
    files,
    error,
  };
}

/** Every word must occur somewhere: prompt, seed, model, recipe, state, server, id, time, file. */
function matches(entry: JournalEntry, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { prompt, negative, seed, checkpoint, recipe, sweep } = aboutOf(entry);
  const files = entry.files.map((file) => file.path ?? file.filename);
  const what = [
    prompt,
    negative,
    seed,
    checkpoint,
    recipe,
    sweepText(sweep),
    stateOf(entry),
    entry.facts?.server,
    ...files,
  ]
    .join('\n')
    .toLowerCase();
  const text = `${entry.prompt_id}\n${localTime(entry.at)}\n${what}`;
  return words.every((word) =>
    isNumber.test(word)
      ? (word.length >= fewestOfId && entry.prompt_id.startsWith(word)) || numbersIn(what).has(word)
      : text.includes(word.toLowerCase()),
  );
}

const isNumber = /^\d+(?:\.\d+)?$/;

/** Those that stand by themselves. A number is searched for as a whole: `cfg 4` is no part of a seed, nor a time of day. */
const numbersIn = (text: string): ReadonlySet<string> =>
  new Set(text.match(/(?<![\p{L}\d]|\d\.)\d+(?:\.\d+)?(?![\p{L}\d]|\.\d)/gu));

/** One line of what it was, one line a file. */
function textOf({ paint }: Context, entry: JournalEntry): string {
  const { prompt, seed, checkpoint, recipe, sweep } = aboutOf(entry);
  const swept = sweepText(sweep);
  const facts = [
    stateOf(entry),
    entry.prompt_id,
    `seed ${seed ?? '?'}`,
    checkpoint ?? recipe ?? '?',
    ...(swept === '' ? [] : [swept]),
    JSON.stringify(prompt ?? ''),
  ];
  const lines = [
    `${localTime(entry.at)}  ${facts.join('  ')}`,
    ...entry.files.map((file) => `    ${file.path ?? file.filename}`),
  ];
  if (entry.error !== null) lines.push(`    ${entry.error.reason}: ${entry.error.message}`);
  return lines.map((line, i) => `${i === 0 ? oneLine(line) : paint.dim(oneLine(line))}\n`).join('');
}

function localTime(at: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const d = new Date(at);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
