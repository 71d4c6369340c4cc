// `comfy-gen resume`: collects what was submitted and never saved, from the servers the journal names; cancels nothing.
import { isAbsolute, resolve } from 'node:path';
import { addFailed, newSummary, type Summary } from '../../batch/events.ts';
import type { Connection } from '../../connection/connection.ts';
import { abortError, ComfyGenError, foldExitCodes, toComfyGenError } from '../../errors.ts';
import type { JobRequest } from '../../jobs/job.ts';
import { unsentFailure } from '../../jobs/report.ts';
import { collectRequest, isWhole } from '../../journal/collect.ts';
import { aboutOf, isWatched, openEntries } from '../../journal/find.ts';
import type { Journal, JournalEntry } from '../../journal/journal.ts';
import type { JournalRecord } from '../../journal/record.ts';
import type { Resolved } from '../../options/resolve.ts';
import { count } from '../../text/count.ts';
import { connectKnown, namedServers, namesHost } from '../connect.ts';
import type { AllSettings, Context } from '../context.ts';
import { openJournal } from '../journal.ts';
import { notices } from '../notes.ts';
import type { Output } from '../../plan/output.ts';
import { requestOptions } from '../../plan/planned.ts';
import { outputOf } from '../output-target.ts';
import { inFlags, showError } from '../output/error.ts';
import { jsonLine } from '../output/objects.ts';
import type { Counts } from '../output/renderer.ts';
import { quietCode } from '../output/results.ts';
import { showSummary } from '../output/summary.ts';
import { redactError } from '../redact.ts';
import { journalRecord, runSpecs } from '../run-specs.ts';

export async function run(context: Context): Promise<number> {
  const { note } = notices(context);
  const { settings: s } = context;
  const journal = openJournal(context);
  const entries = openEntries(await journal.read()).filter((entry) => entry.facts !== undefined);
  const watched = entries.filter(isWatched);
  const named = namesHost(s) ? namedServers(s) : undefined;
  const ours = entries.filter(
    (entry) => !watched.includes(entry) && (named?.includes(entry.facts?.server ?? '') ?? true),
  );
  const wanted: JournalEntry[] = [];
  for (const entry of ours) {
    if (!(await isDone(context, journal, entry))) wanted.push(entry);
  }
  if (watched.length > 0)
    note(`${count(watched.length, 'job is', 'jobs are')} watched by another run right now and left to it`, 'info');
  if (wanted.length === 0) note('nothing to collect', 'info');
  using record = journalRecord(context, note);
  const rows = new Map(wanted.map((entry, i) => [entry, i + 1]));
  const run: Collecting = { context, record, rows, counts: { total: rows.size, skipped: 0 }, summary: newSummary() };
  const beganAt = performance.now();
  for (const server of new Set(wanted.map((entry) => entry.facts?.server ?? ''))) {
    context.signal.throwIfAborted();
    const jobs = wanted.filter((entry) => entry.facts?.server === server);
    await collect(run, server, jobs);
  }
  const ended = context.signal.aborted ? abortError(context.signal).exit_code : undefined;
  if (ended === undefined && run.counts.total > 1) showSummary(context, run.summary, run.counts, beganAt);
  return quietCode(context) ?? ended ?? foldExitCodes(run.summary.codes);
}

type Collecting = {
  readonly context: Context;
  readonly record: JournalRecord;
  /** All that is collected, on whatever server. */
  readonly rows: ReadonlyMap<JournalEntry, number>;
  /** Less those that never were on a server, or that we cancelled. */
  readonly counts: Counts;
  readonly summary: Summary;
};

/** Were all its files saved just before a crash? Where they were to go cannot be looked at: then it is collected. */
async function isDone(context: Context, journal: Journal, entry: JournalEntry): Promise<boolean> {
  if (entry.pending.length === 0) return false;
  try {
    return await isWhole(journal, entry, (await outputAsItWas(context, entry)).target);
  } catch {
    return false;
  }
}

/** Everything of one server. */
async function collect(run: Collecting, server: string, entries: readonly JournalEntry[]): Promise<void> {
  const { context } = run;
  try {
    const trusted = entries.every((entry) => entry.facts?.trusted === true);
    const connection = await connectKnown(context, { server, trusted });
    await connection.handshake(context.signal);
    const requests: JobRequest[] = [];
    for (const entry of entries) {
      const found = await connection.lookUp(entry.prompt_id, context.signal);
      const isOurEnd =
        entry.wasCancelled && found.state === 'finished' && found.entry.terminal?.type === 'execution_interrupted';
      if (found.state !== 'absent' && !isOurEnd) requests.push(await requestFor(run, connection, entry));
      else await lost(run, server, entry);
    }
    if (requests.length > 0) await runAll(run, connection, requests);
  } catch (thrown) {
    context.signal.throwIfAborted();
    const error = inFlags(toComfyGenError(thrown));
    showError(context.terminal, context.paint, error);
    for (const entry of entries) await fail(run, server, entry, error);
  }
}

async function runAll(
  { context, rows, summary }: Collecting,
  server: Connection,
  requests: readonly JobRequest[],
): Promise<void> {
  const byRow = new Map(requests.map((request) => [request.row, request]));
  await runSpecs(context, notices(context), {
    servers: [server],
    specs: requests.map(({ row }) => ({ row, layers: [], sweep: null, shape: '' })),
    plan: ({ row }) => {
      const request = byRow.get(row);
      return request === undefined ? Promise.reject(new Error(`no job ${row}`)) : Promise.resolve(request);
    },
    counts: rows.size > 1 ? { total: requests.length, skipped: 0 } : undefined,
    failRest: true,
    summary,
  });
}

async function requestFor({ context, rows }: Collecting, server: Connection, entry: JournalEntry): Promise<JobRequest> {
  const output = await outputAsItWas(context, entry);
  const request = await collectRequest(server, entry, context.signal);
  return {
    ...requestOptions(context.settings, output.transform),
    ...request,
    output: output.target.kind === 'folder' ? { ...output.target, row: entry.facts?.row } : output.target,
    row: rows.get(entry) ?? 1,
  };
}

/** The server knows it no more. One that perhaps never arrived, or that we cancelled, is no loss. */
async function lost(run: Collecting, server: string, entry: JournalEntry): Promise<void> {
  const { context, record } = run;
  const isNone = entry.state === 'submitting' || entry.wasCancelled;
  const what = entry.wasCancelled
    ? 'was cancelled'
    : isNone
      ? 'never arrived'
      : 'is known to it no more (was it restarted, or its history cleared?)';
  const error = new ComfyGenError('job_lost', `job ${entry.prompt_id} on ${server} ${what}`);
  record.noteEnd(entry.prompt_id, entry.wasCancelled ? 'cancelled' : 'job_lost', error.message);
  if (isNone) {
    notices(context).note(error.message, 'info');
    run.summary.codes.add(0);
    run.counts.total--;
    return;
  }
  showError(context.terminal, context.paint, error);
  await fail(run, server, entry, error);
}

/** Counts a job that nothing could be asked of, and prints its object. */
async function fail(
  { context, rows, summary }: Collecting,
  server: string,
  entry: JournalEntry,
  error: ComfyGenError,
): Promise<void> {
  const { settings: s, terminal, log } = context;
  const known = { ...aboutOf(entry), row: rows.get(entry) ?? 1, server, prompt_id: entry.prompt_id };
  const failure = unsentFailure(redactError(error, log.redact), known);
  addFailed(summary, failure);
  if (s.json.value) await terminal.out(jsonLine(failure));
}

/** Files go where the job's own command would have put them, unless this command says otherwise. */
function outputAsItWas(context: Context, { facts }: JournalEntry): Promise<Output> {
  const { settings: s, terminal } = context;
  if (facts === undefined) return outputOf(context, { willSave: true });
  const isElsewhere = facts.cwd !== terminal.cwd && !isAbsolute(facts.output) && !facts.output.startsWith('~');
  const was = <T>(setting: Resolved<T>, value: T | undefined): Resolved<T> =>
    setting.layer?.source === 'flag' || value === undefined ? setting : { ...setting, value };
  const folder = isElsewhere ? resolve(facts.cwd, facts.output) : facts.output;
  const own: AllSettings = {
    ...s,
    output: was(s.output, facts.output === '-' ? undefined : folder),
    name: was(s.name, facts.name),
    format: was(s.format, facts.format as typeof s.format.value), // written by us
    quality: was(s.quality, facts.quality),
    stripMetadata: was(s.stripMetadata, facts.stripMetadata),
  };
  return outputOf(context, { willSave: true, s: own });
}
