// What runs, waits and is over on a server, as `queue` and `history` show it.
import type { Connection } from '../connection/connection.ts';
import type { HistoryEntry } from '../protocol/http.ts';
import type { PastJob, QueuedJob } from './server-job.ts';

/** `isMine` tells whose a job is, by its id. */
export async function queuedJobs(
  server: Connection,
  isMine: (id: string) => boolean,
  signal?: AbortSignal,
): Promise<readonly QueuedJob[]> {
  const { running, pending } = await server.queue(signal);
  const jobs = [
    ...running.map(({ id }) => ({ id, state: 'running' as const })),
    ...pending.map(({ id }) => ({ id, state: 'pending' as const })),
  ];
  return jobs.map(({ id, state }, position) => ({
    prompt_id: id,
    state,
    position,
    server: server.server,
    mine: isMine(id),
  }));
}

/** The newest last. */
export async function pastJobs(server: Connection, signal?: AbortSignal): Promise<readonly PastJob[]> {
  const past = await server.history(signal);
  return past.map(({ id, entry }) => ({
    prompt_id: id,
    status: statusOf(entry),
    outputs: entry.outputs.length,
    server: server.server,
    files: entry.outputs,
  }));
}

/** The message that ended the job decides over the status word. */
function statusOf({ terminal, status }: HistoryEntry): string {
  const ended = { execution_success: 'success', execution_error: 'error', execution_interrupted: 'interrupted' };
  const word = terminal === undefined ? undefined : (ended as Readonly<Record<string, string>>)[terminal.type];
  return word ?? (status === 'cancelled' ? 'interrupted' : (status ?? 'unknown'));
}
