// Collecting what was sent before: requests that follow a job and save what is not saved yet, and nothing else.
import { dirname, resolve } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { findNamed, sweepParts } from '../files/crash.ts';
import { isAlive } from '../files/process-alive.ts';
import { aboutNothing, outputKey, type JobRequest, type OutputTarget } from '../jobs/job.ts';
import { submittedGraph } from '../jobs/server-jobs.ts';
import { heldValues } from '../workflow/apply-roles.ts';
import { aboutOf } from './find.ts';
import type { Journal, JournalEntry } from './journal.ts';

/** A request for a job that is on the server; what the journal does not know of it is read out of its graph. */
export async function attachRequest(
  server: Connection,
  id: string,
  entry: JournalEntry | undefined,
  signal: AbortSignal,
): Promise<Pick<JobRequest, 'workflow' | 'about' | 'attach'>> {
  const workflow = (await submittedGraph(server, id, signal)) ?? {};
  const about = entry?.facts === undefined ? { ...aboutNothing, ...heldValues(workflow) } : aboutOf(entry);
  return { workflow, about, attach: id };
}

/** As `attachRequest`, without the files that are saved. */
export async function collectRequest(
  server: Connection,
  entry: JournalEntry,
  signal: AbortSignal,
): Promise<Pick<JobRequest, 'workflow' | 'about' | 'attach' | 'saved'>> {
  const request = await attachRequest(server, entry.prompt_id, entry, signal);
  return { ...request, saved: new Set(entry.files.map(outputKey)) };
}

/** Adds files that got their names just before a crash to the entry; are those all that the job made? */
export async function isWhole(journal: Journal, entry: JournalEntry, target: OutputTarget): Promise<boolean> {
  const [first] = entry.pending;
  if (first === undefined || target.kind === 'sink') return false;
  const saved = new Set(entry.files.map(outputKey));
  const unsure = entry.pending.filter(({ output }) => !saved.has(outputKey(output)));
  const folder = resolve(target.cwd ?? '', target.kind === 'folder' ? target.folder : dirname(target.path));
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
    journal.append(entry.prompt_id, { event: 'file', file });
  }
  if (entry.files.length < first.of) return false;
  journal.append(entry.prompt_id, { event: 'saved' });
  return true;
}
