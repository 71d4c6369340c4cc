// `comfy-gen resume`: collects what was submitted and never saved, from the servers the journal names; cancels nothing.
import { isAbsolute, resolve } from 'node:path';
import { exitCodeOf } from '../../batch/events.ts';
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
import { quietCode } from '../output/results.ts';
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
  const codes: number[] = [];
  for (const server of new Set(wanted.map((entry) => entry.facts?.server ?? ''))) {
    context.signal.throwIfAborted();
    const jobs = wanted.filter((entry) => entry.facts?.server === server);
    codes.push(...(await collect(context, record, server, jobs)));
  }
  const ended = context.signal.aborted ? abortError(context.signal).exit_code : undefined;
  return quietCode(context) ?? ended ?? foldExitCodes(codes);
}

/** Were all its files saved just before a crash? Where they were to go cannot be looked at: then it is collected. */
async function isDone(context: Context, journal: Journal, entry: JournalEntry): Promise<boolean> {
  if (entry.pending.length === 0) return false;
  try {
    return await isWhole(journal, entry, (await outputAsItWas(context, entry)).target);
  } catch {
    return false;
  }
}

/** Everything of one server; the exit codes of what happened there. */
async function collect(
  context: Context,
  record: JournalRecord,
  server: string,
  entries: readonly JournalEntry[],
): Promise<readonly number[]> {
  const codes: number[] = [];
  try {
    const trusted = entries.every((entry) => entry.facts?.trusted === true);
    const connection = await connectKnown(context, { server, trusted });
    await connection.handshake(context.signal);
    const requests: JobRequest[] = [];
    for (const [i, entry] of entries.entries()) {
      const found = await connection.lookUp(entry.prompt_id, context.signal);
      const isOurEnd =
        entry.wasCancelled && found.state === 'finished' && found.entry.terminal?.type === 'execution_interrupted';
      if (found.state !== 'absent' && !isOurEnd) requests.push(await requestFor(context, connection, entry, i + 1));
      else codes.push(await lost(context, record, server, entry, i + 1));
    }
    if (requests.length > 0) codes.push(await runAll(context, connection, requests));
  } catch (thrown) {
    context.signal.throwIfAborted();
    const error = inFlags(toComfyGenError(thrown));
    showError(context.terminal, context.paint, error);
    for (const [i, entry] of entries.entries()) await printFailure(context, server, entry, i + 1, error);
    codes.push(error.exit_code);
  }
  return codes;
}

async function runAll(context: Context, server: Connection, requests: readonly JobRequest[]): Promise<number> {
  const byRow = new Map(requests.map((request) => [request.row, request]));
  const summary = await runSpecs(context, notices(context), {
    servers: [server],
    specs: requests.map(({ row }) => ({ row, layers: [], sweep: null, shape: '' })),
    plan: ({ row }) => {
      const request = byRow.get(row);
      return request === undefined ? Promise.reject(new Error(`no job ${row}`)) : Promise.resolve(request);
    },
    counts: requests.length > 1 ? { total: requests.length, skipped: 0 } : undefined,
    failRest: true,
  });
  return exitCodeOf(summary, context.signal);
}

async function requestFor(context: Context, server: Connection, entry: JournalEntry, row: number): Promise<JobRequest> {
  const output = await outputAsItWas(context, entry);
  const request = await collectRequest(server, entry, context.signal);
  return { ...requestOptions(context.settings, output.transform), ...request, output: output.target, row };
}

/** The server knows it no more. One that perhaps never arrived, or that we cancelled, is no loss. */
async function lost(
  context: Context,
  record: JournalRecord,
  server: string,
  entry: JournalEntry,
  row: number,
): Promise<number> {
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
    return 0;
  }
  showError(context.terminal, context.paint, error);
  await printFailure(context, server, entry, row, error);
  return error.exit_code;
}

async function printFailure(
  { settings: s, terminal, log }: Context,
  server: string,
  entry: JournalEntry,
  row: number,
  error: ComfyGenError,
): Promise<void> {
  if (!s.json.value) return;
  const known = { ...aboutOf(entry), row, server, prompt_id: entry.prompt_id };
  await terminal.out(jsonLine(unsentFailure(redactError(error, log.redact), known)));
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
