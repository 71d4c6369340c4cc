// Where a job is: by `/api/jobs` where a server has it, else by history and queue.
import { parseHistoryEntry, parseJob, parseJobList } from '../protocol/http.ts';
import type { JobRow, Queue } from '../protocol/http.ts';
import type { JobState } from './options.ts';
import type { KnownState } from './server-api.ts';
import type { TextAnswer, Transport } from './transport.ts';

type Asked = {
  readonly transport: Transport;
  readonly get: (route: string, signal?: AbortSignal) => Promise<unknown>;
  readonly queue: (signal?: AbortSignal) => Promise<Queue>;
};

/** What history and queue say; asked for twice, as a job may end between the two answers. */
export async function byHistoryAndQueue(asked: Asked, id: string, signal?: AbortSignal): Promise<JobState> {
  const route = `/history/${encodeURIComponent(id)}`;
  const entry = parseHistoryEntry(await asked.get(route, signal), id);
  if (entry !== undefined) return { state: 'finished', entry };
  const queue = await asked.queue(signal);
  if (queue.running.some((item) => item.id === id)) return { state: 'running' };
  const ahead = queue.pending.findIndex((item) => item.id === id);
  if (ahead !== -1) return { state: 'pending', ahead: ahead + queue.running.length };
  const late = parseHistoryEntry(await asked.get(route, signal), id);
  return late === undefined ? { state: 'absent' } : { state: 'finished', entry: late };
}

export type Recorded = {
  /** Whether the server has the routes at all. */
  readonly hasJobs: boolean;
  /** Undefined: history and queue have to be asked. */
  readonly state: JobState | undefined;
};

/**
 * What `/api/jobs` says (protocol.md 4.1): the list while the job waits or runs, as its rows carry no graphs; the job's
 * own record, which holds its graph and its outputs, only once it is in the list no more, or said to be over.
 */
export async function byJobRecord(
  asked: Asked,
  id: string,
  { isOver }: KnownState,
  signal?: AbortSignal,
): Promise<Recorded> {
  const state = isOver ? undefined : await fromList(asked, id, signal);
  if (state !== undefined) return { hasJobs: true, state };
  const answer = await ask(asked, `/api/jobs/${encodeURIComponent(id)}`, signal);
  const hasNone = { hasJobs: false, state: undefined };
  if (answer.status === 404)
    return answer.text.includes('"error"') ? { hasJobs: true, state: { state: 'absent' } } : hasNone;
  const job = answer.status === 200 ? parseJob(answer.text) : undefined;
  if (job === undefined) return hasNone;
  if (job.status === 'pending') return { hasJobs: true, state: { state: 'pending', ahead: undefined } };
  if (job.status === 'in_progress') return { hasJobs: true, state: { state: 'running' } };
  return { hasJobs: true, state: job.entry && { state: 'finished', entry: job.entry } };
}

async function fromList(asked: Asked, id: string, signal?: AbortSignal): Promise<JobState | undefined> {
  const listed = await ask(asked, '/api/jobs?status=pending,in_progress', signal);
  return listed.status === 200 ? inList(parseJobList(listed.text), id) : undefined;
}

function inList(rows: readonly JobRow[] = [], id: string): JobState | undefined {
  const index = rows.findIndex((row) => row.id === id);
  if (index === -1) return undefined;
  return rows[index]?.status === 'in_progress' ? { state: 'running' } : { state: 'pending', ahead: index };
}

/** 500 here is no outage (protocol.md 4.1): something else is asked instead. */
function ask({ transport }: Asked, path: string, signal?: AbortSignal): Promise<TextAnswer> {
  const attempt = async (s?: AbortSignal): Promise<TextAnswer> => {
    const got = await transport.text(path, { signal: s });
    return got.status >= 500 ? { ...got, status: 405 } : got;
  };
  return transport.retry(attempt, signal, '/api/jobs');
}
