// What runs, waits and is over on a server, as `queue` and `history` show it.
import type { Connection } from '../connection/connection.ts';
import type { HistoryEntry, SentJob } from '../protocol/http.ts';
import { heldValues } from '../workflow/apply-roles.ts';
import { parseWorkflow } from '../workflow/parse.ts';
import type { Workflow } from '../workflow/workflow.ts';
import type { AskedFor, PastJob, QueuedJob } from './job.ts';

/** `isMine` tells whose a job is, by its id. */
export async function queuedJobs(
  server: Connection,
  isMine: (id: string) => boolean,
  signal?: AbortSignal,
): Promise<readonly QueuedJob[]> {
  const { running, pending } = await server.queue(signal);
  const jobs = [
    ...running.map((item) => ({ ...item, state: 'running' as const })),
    ...pending.map((item) => ({ ...item, state: 'pending' as const })),
  ];
  return jobs.map(({ id, state, ...sent }, position) => ({
    prompt_id: id,
    state,
    position,
    server: server.server,
    ...askedFor(sent, isMine(id)),
  }));
}

/** The newest last. */
export async function pastJobs(
  server: Connection,
  isMine: (id: string) => boolean,
  signal?: AbortSignal,
): Promise<readonly PastJob[]> {
  const past = await server.history(signal);
  return past.map(({ id, entry, ...sent }) => ({
    prompt_id: id,
    status: statusOf(entry),
    outputs: entry.outputs.length,
    server: server.server,
    files: entry.outputs,
    ...askedFor(sent, isMine(id)),
  }));
}

function askedFor({ graph, createdAt }: SentJob, mine: boolean): AskedFor {
  const { prompt, seed } = heldValues(workflowOf(graph) ?? {});
  return { prompt, seed, created_at: createdAt ?? null, mine };
}

/** The graph of a job that somebody sent, as its server keeps it. Undefined when it does not tell, or tells something that is no graph. */
export async function submittedGraph(
  server: Connection,
  id: string,
  signal: AbortSignal,
): Promise<Workflow | undefined> {
  return workflowOf(await server.graphOf(id, signal));
}

/** The same of what a server's answer holds as the graph. */
function workflowOf(graph: unknown): Workflow | undefined {
  if (graph === undefined) return undefined;
  try {
    const file = parseWorkflow(graph);
    return file.format === 'api' ? file.workflow : undefined;
  } catch {
    return undefined;
  }
}

/** The message that ended the job decides over the status word. */
function statusOf({ terminal, status }: HistoryEntry): string {
  const ended = { execution_success: 'success', execution_error: 'error', execution_interrupted: 'interrupted' };
  const word = terminal === undefined ? undefined : (ended as Readonly<Record<string, string>>)[terminal.type];
  return word ?? (status === 'cancelled' ? 'interrupted' : (status ?? 'unknown'));
}
