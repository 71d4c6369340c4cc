// `comfy-gen resume`: collects what was submitted and never saved, from the servers the journal names; cancels nothing.
import { dirname, isAbsolute, resolve } from 'node:path';
import type { Connection } from '../../connection/connection.ts';
import type { Resolved } from '../../options/resolve.ts';
import { ComfyGenError, exitCodes, toComfyGenError } from '../../errors.ts';
import { findNamed, sweepParts } from '../../files/crash.ts';
import type { JournalEntry, JournalOutput } from '../../files/journal.ts';
import type { JobRequest } from '../../jobs/job.ts';
import { aboutOf, isAlive, isWatched, noteEnd, openEntries, openJournal } from '../journal.ts';
import { graphOf } from '../job-graph.ts';
import { connectKnown, namedServers, namesHost } from '../known-server.ts';
import { showError } from '../render/error.ts';
import { emptyFailure, jsonLine } from '../render/objects.ts';
import { runJobs } from '../run-jobs.ts';
import { redactError } from '../secrets.ts';
import type { Session } from '../session.ts';
import { outputTarget } from '../targets.ts';
import { transformOf } from '../transform.ts';

export async function run(session: Session): Promise<number> {
  const entries = openEntries(await openJournal(session).read()).filter((entry) => entry.facts !== undefined);
  const watched = entries.filter(isWatched);
  const named = namesHost(session) ? namedServers(session) : undefined;
  const ours = entries.filter(
    (entry) => !watched.includes(entry) && (named?.includes(entry.facts?.server ?? '') ?? true),
  );
  const wanted: JournalEntry[] = [];
  for (const entry of ours) if (!(await isWhole(session, entry))) wanted.push(entry);
  if (watched.length > 0)
    say(
      session,
      `${watched.length} ${watched.length === 1 ? 'job is' : 'jobs are'} watched by another run right now and left to it`,
    );
  if (wanted.length === 0) say(session, 'nothing to collect');
  const codes: number[] = [];
  for (const server of new Set(wanted.map((entry) => entry.facts?.server ?? ''))) {
    session.signal.throwIfAborted();
    const jobs = wanted.filter((entry) => entry.facts?.server === server);
    codes.push(...(await collect(session, server, jobs)));
  }
  const [only = 0] = codes;
  return codes.every((code) => code === only) ? only : exitCodes.partial;
}

/** Adds files that got their names just before a crash to the entry; are those all that the job made? */
async function isWhole(session: Session, entry: JournalEntry): Promise<boolean> {
  const [first] = entry.pieces;
  if (first === undefined) return false;
  const target = await outputTarget(asItWas(session, entry), false);
  if (target.kind === 'sink') return false;
  const unsure = entry.pieces.filter(({ output }) => !entry.files.some((file) => fileKey(file) === fileKey(output)));
  const folder = target.kind === 'folder' ? target.folder : dirname(target.path);
  await sweepParts(folder, isAlive);
  const named = await findNamed(
    folder,
    unsure.map(({ piece }) => piece),
  );
  for (const { output, piece } of unsure) {
    const path = named.get(piece);
    if (path === undefined) continue;
    const file = { ...output, path };
    entry.files.push(file);
    openJournal(session).append(entry.prompt_id, { event: 'file', file });
  }
  if (entry.files.length < first.of) return false;
  openJournal(session).append(entry.prompt_id, { event: 'saved' });
  return true;
}

const fileKey = ({ type, subfolder, filename }: JournalOutput): string => JSON.stringify([type, subfolder, filename]);

/** Everything of one server; the exit codes of what happened there. */
async function collect(session: Session, server: string, entries: readonly JournalEntry[]): Promise<readonly number[]> {
  const codes: number[] = [];
  const requests: JobRequest[] = [];
  try {
    const trusted = entries.every((entry) => entry.facts?.trusted === true);
    const connection = await connectKnown(session, { server, trusted });
    await connection.handshake(session.signal);
    for (const [i, entry] of entries.entries()) {
      if (await isThere(session, connection, entry)) requests.push(await requestFor(session, connection, entry, i + 1));
      else codes.push(await lost(session, server, entry, i + 1));
    }
    if (requests.length > 0) codes.push(await runJobs(session, connection, requests));
  } catch (thrown) {
    session.signal.throwIfAborted();
    const error = toComfyGenError(thrown);
    showError(session.terminal, session.paint, error);
    for (const [i, entry] of entries.entries()) await object(session, server, entry, i + 1, error);
    codes.push(error.exit_code);
  }
  return codes;
}

async function isThere(session: Session, server: Connection, { prompt_id }: JournalEntry): Promise<boolean> {
  return (await server.lookUp(prompt_id, session.signal)).state !== 'absent';
}

/** The server knows it no more. One that perhaps never arrived is no loss. */
async function lost(session: Session, server: string, entry: JournalEntry, row: number): Promise<number> {
  const never = entry.state === 'submitting';
  const what = never ? 'never arrived' : 'is known to it no more (was it restarted, or its history cleared?)';
  const error = new ComfyGenError('job_lost', `job ${entry.prompt_id} on ${server} ${what}`);
  noteEnd(session, entry.prompt_id, 'job_lost', error.message);
  if (never) {
    say(session, error.message);
    return 0;
  }
  showError(session.terminal, session.paint, error);
  await object(session, server, entry, row, error);
  return error.exit_code;
}

async function object(
  session: Session,
  server: string,
  entry: JournalEntry,
  row: number,
  error: ComfyGenError,
): Promise<void> {
  if (!session.settings.json.value) return;
  await session.terminal.out(
    jsonLine({
      ...emptyFailure(redactError(error, session.log.redact), row),
      prompt_id: entry.prompt_id,
      server,
      ...aboutOf(entry),
    }),
  );
}

async function requestFor(session: Session, server: Connection, entry: JournalEntry, row: number): Promise<JobRequest> {
  const { settings: s } = session;
  const saved = new Set(entry.files.map(fileKey));
  const own = asItWas(session, entry);
  return {
    workflow: (await graphOf(server, entry.prompt_id, session.signal)) ?? {},
    output: await outputTarget(own, false),
    transform: await transformOf(own),
    row,
    about: aboutOf(entry),
    attach: entry.prompt_id,
    skip: (output) => saved.has(fileKey(output)),
    allowEmpty: s.allowEmpty.value,
    stallMs: s.stallTimeout.value,
    maxDownload: s.maxDownload.value,
    saveWorkflow: s.saveWorkflow.value,
  };
}

/** Files go where the job's own command would have put them, unless this command says otherwise. */
function asItWas(session: Session, { facts }: JournalEntry): Session {
  const { settings: s, terminal } = session;
  if (facts === undefined) return session;
  const elsewhere = facts.cwd !== terminal.cwd && !isAbsolute(facts.output) && !facts.output.startsWith('~');
  const folder = elsewhere ? resolve(facts.cwd, facts.output) : facts.output;
  const output = s.output.layer?.source === 'flag' || facts.output === '-' ? s.output : { ...s.output, value: folder };
  const name = s.name.layer?.source === 'flag' ? s.name : { ...s.name, value: facts.name };
  const was = <T>(setting: Resolved<T>, value: T | undefined): Resolved<T> =>
    setting.layer?.source === 'flag' || value === undefined ? setting : { ...setting, value };
  const format = was(s.format, facts.format as typeof s.format.value); // written by us
  const quality = was(s.quality, facts.quality);
  const stripMetadata = was(s.stripMetadata, facts.stripMetadata);
  return { ...session, settings: { ...s, output, name, format, quality, stripMetadata } };
}

function say({ terminal, settings: s }: Session, text: string): void {
  if (!s.quiet.value) terminal.err(`${text}\n`);
}
