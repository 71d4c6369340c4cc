// What runs, waits and is over on a server, as `queue` and `history` show it.
import type { Connection } from '../connection/connection.ts';
import type { HistoryEntry, OutputRef, SentJob } from '../protocol/http.ts';
import { heldValues } from '../workflow/apply-roles.ts';
import { parseWorkflow } from '../workflow/parse.ts';
import type { Workflow } from '../workflow/workflow.ts';

/** What the graph of a job and its server tell of how it was asked for; `null` is unknown. */
export type AskedFor = {
  readonly prompt: string | null;
  /** As text: it may exceed 2^53. */
  readonly seed: string | null;
  /** When it was queued, ms since 1970, by the server's clock. */
  readonly created_at: number | null;
  /** This client sent it. */
  readonly mine: boolean;
};

/** A job that runs or waits. */
export type QueuedJob = AskedFor & {
  readonly prompt_id: string;
  readonly state: 'running' | 'pending';
  /** In the order in which they will run, from 0. */
  readonly position: number;
  readonly server: string;
};

/** A job that is over. */
export type PastJob = AskedFor & {
  readonly prompt_id: string;
  /** `success`, `error`, `interrupted`; `unknown` where the server tells nothing. */
  readonly status: string;
  /** How many files it made. */
  readonly outputs: number;
  readonly server: string;
  readonly files: readonly OutputRef[];
};

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
export function workflowOf(graph: unknown): Workflow | undefined {
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
