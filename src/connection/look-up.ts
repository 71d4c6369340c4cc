// Where a job is: by `/api/jobs/{id}` where a server has it, else by history and queue.
import { parseHistoryEntry, parseJob } from '../protocol/http.ts';
import type { Queue } from '../protocol/http.ts';
import type { JobState } from './options.ts';
import type { Transport } from './transport.ts';

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
  /** Whether the server has the route at all. */
  readonly hasJobs: boolean;
  /** Undefined: history and queue have to be asked. */
  readonly state: JobState | undefined;
};

/** What `/api/jobs/{id}` says (protocol.md 4.1). */
export async function byJobRecord(asked: Asked, id: string, signal?: AbortSignal): Promise<Recorded> {
  const answer = await asked.transport.retry(
    async (s) => {
      const got = await asked.transport.text(`/api/jobs/${encodeURIComponent(id)}`, { signal: s });
      // 500 here is no outage (protocol.md 4.1): history and queue are asked instead
      return got.status >= 500 ? { ...got, status: 405 } : got;
    },
    signal,
    '/api/jobs',
  );
  const hasNone = { hasJobs: false, state: undefined };
  if (answer.status === 404)
    return answer.text.includes('"error"') ? { hasJobs: true, state: { state: 'absent' } } : hasNone;
  const job = answer.status === 200 ? parseJob(answer.text) : undefined;
  if (job === undefined) return hasNone;
  if (job.status === 'pending')
    return { hasJobs: true, state: { state: 'pending', ahead: await aheadOf(asked, id, signal) } };
  if (job.status === 'in_progress') return { hasJobs: true, state: { state: 'running' } };
  return { hasJobs: true, state: job.entry && { state: 'finished', entry: job.entry } };
}

async function aheadOf({ queue: ask }: Asked, id: string, signal?: AbortSignal): Promise<number | undefined> {
  const queue = await ask(signal);
  const index = queue.pending.findIndex((item) => item.id === id);
  return index === -1 ? undefined : index + queue.running.length;
}
