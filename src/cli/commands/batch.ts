// `comfy-gen batch <file | folder | pictures…>`: many jobs from one file, or a job a picture, on one server or several; nothing is made twice.
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { archiveName } from '../../batch/archive.ts';
import { archiveFolder, RowArchive, type Earlier } from '../../batch/archived.ts';
import { exitCodeOf, type Summary } from '../../batch/events.ts';
import { checkRow } from '../../batch/row.ts';
import { checkRows, digest, generationOf, rowSpecs, totalOf, withSeeds, type Rows } from '../../batch/specs.ts';
import { isPattern, parseSweeps } from '../../batch/sweep.ts';
import { ComfyGenError, exitCodes } from '../../errors.ts';
import { pictureRows } from '../../files/pictures.ts';
import { isAlive } from '../../files/process-alive.ts';
import { formatOf, readRows, spoolRows, type RowFile } from '../../files/rows.ts';
import { savedIds } from '../../journal/find.ts';
import { jobSettings } from '../../plan/settings.ts';
import type { JobSpec } from '../../plan/spec.ts';
import { parseJson } from '../../protocol/json.ts';
import { harmless } from '../../text/harmless.ts';
import { inputOf, pathOf, type Context } from '../context.ts';
import { readJournal } from '../journal.ts';
import type { Counts } from '../output/renderer.ts';
import { runHook, splitCommand } from '../output/hooks.ts';
import { quietCode } from '../output/results.ts';
import { showSummary } from '../output/summary.ts';
import { checkFirst, checkWait, dryRun, engineOptions, jobLayers, openRun } from '../plan-run.ts';
import { runSpecs } from '../run-specs.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, signal } = context;
  keepHeapSmall(context);
  checkWait(context);
  for (const option of ['onStart', 'onEnd'] as const) {
    const command = s[option].value;
    if (command !== undefined) splitCommand(command, option);
  }
  const file = await rowFile(context);
  if (!s.sweep.value.some(isPattern)) parseSweeps(s.sweep.value, []); // a bad one is found before any server is asked
  const layers = jobLayers(context.layers);
  const asked = { rows: rowsOf(file), layers, signal, pathOf: (path: string) => pathOf(context, path) };
  const jobs = await checkRows({ ...asked, axes: [] }, file.name);
  const opened = await openRun(context, { willSave: !s.dryRun.value });
  const axes = parseSweeps(
    s.sweep.value,
    opened.contacts.flatMap(({ info }) => (info === undefined ? [] : [info])),
  );
  const total = totalOf(jobs, axes);
  const specs = (): AsyncGenerator<JobSpec> => rowSpecs({ ...asked, axes });
  if (s.dryRun.value) return dryRun(context, opened, withSeeds(specs()), 2);
  await checkFirst(context, opened, specs(), { lenient: true });
  await using archive = await openArchive(context, file, archiveFolder(opened.output.target));
  const counts: Counts = { total, skipped: 0 };
  const beganAt = performance.now();
  await startHook(context);
  const summary = await runSpecs(context, opened.notices, {
    ...engineOptions(context, opened),
    specs: remaining(archive, specs(), counts, !s.wait.value),
    counts,
    archive,
    ahead: s.ahead.value,
    maxFailures: s.maxFailures.value,
  });
  if (s.wait.value) {
    archive.finish(summary.isComplete);
    showSummary(context, summary, counts, beganAt, archive.earlier);
  }
  addEarlier(summary, archive.earlier);
  const code = quietCode(context) ?? exitCodeOf(summary, signal);
  await endHook(context, code);
  return code;
}

/**
 * What is used no more is taken away once the heap has grown by half: of itself V8 waits until it is four times as large.
 * The flag goes back at the end, because V8 takes compiled code that was kept only under the flags of its making.
 */
function keepHeapSmall({ atEnd }: Context): void {
  setFlagsFromString('--heap-growing-percent=50');
  atEnd(() => setFlagsFromString('--heap-growing-percent=0'));
}

/** --on-start: when it fails nothing is sent. */
async function startHook({ settings: { onStart }, terminal }: Context): Promise<void> {
  if (onStart.value === undefined) return;
  const wrong = await runHook(splitCommand(onStart.value, 'onStart'), [], terminal);
  if (wrong !== undefined) throw new ComfyGenError('bad_option', `: ${wrong}; nothing was sent`, { option: 'onStart' });
}

/** --on-end: told the exit code. */
async function endHook({ settings: { onEnd }, terminal, paint }: Context, code: number): Promise<void> {
  if (onEnd.value === undefined) return;
  const wrong = await runHook(splitCommand(onEnd.value, 'onEnd'), [String(code)], terminal);
  if (wrong !== undefined) terminal.err(`${paint.yellow(`warning: --on-end: ${harmless(wrong)}`)}\n`);
}

/** The file that the command names, or standard input; a folder or several files are pictures, a row each. */
export async function rowFile(context: Context): Promise<RowFile> {
  const [word] = context.words;
  if (word === undefined)
    throw new ComfyGenError('bad_option', '`batch` needs a file (.txt, .jsonl, .csv or -), or a folder of images', {
      hint: 'comfy-gen batch prompts.txt',
    });
  const pictures = await pictureRows(context.words, (path) => pathOf(context, path));
  if (pictures !== undefined) return pictures;
  if (word !== '-') return { path: pathOf(context, word), name: basename(word), format: formatOf(word) };
  const spooled = await spoolRows(inputOf(context), parseJson);
  context.atEnd(async () => spooled[Symbol.asyncDispose]());
  return spooled;
}

export const rowsOf = (file: RowFile): Rows =>
  async function* () {
    for await (const raw of readRows(file, parseJson)) yield checkRow(file, raw);
  };

/** Its name for the archive is what the command asks for: the same command goes on where it stopped. */
async function openArchive(context: Context, file: RowFile, folder: string | undefined): Promise<RowArchive> {
  const { settings: s, words, signal } = context;
  const generation = generationOf(jobSettings(jobLayers(context.layers)));
  return RowArchive.open(s.archive.value && folder !== undefined ? join(folder, archiveName) : undefined, {
    run: digest([words[0] === '-' ? '-' : file.path, s.sweep.value, s.seed.value, generation]),
    owner: { pid: process.pid, machine: hostname(), at: Date.now() },
    isAlive,
    retryFailed: s.retryFailed.value === true,
    collected: async (ids) => savedIds(await readJournal(context, ids)),
    signal,
  });
}

/** Without waiting, rows that are on a server already stay there. */
async function* remaining(
  archive: RowArchive,
  specs: AsyncIterable<JobSpec>,
  counts: Counts,
  leavesSent: boolean,
): AsyncGenerator<JobSpec> {
  for await (const spec of archive.remaining(specs)) {
    counts.skipped = archive.earlier.skipped;
    if (leavesSent && spec.sent !== undefined) archive.earlier.skipped++;
    else yield spec;
  }
  counts.skipped = archive.earlier.skipped;
}

/** The exit code is about all rows: those of earlier runs count as they ended. */
function addEarlier(summary: Summary, { skipped, stillFailed }: Earlier): void {
  if (skipped > stillFailed.length) summary.codes.add(0);
  for (const kind of stillFailed) summary.codes.add(exitCodes[kind]);
}
