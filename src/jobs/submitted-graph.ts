// The graph of a job that somebody sent, as its server keeps it in queue or history.
import { isRecord } from '../protocol/json.ts';
import type { Connection } from '../connection/connection.ts';
import { parseWorkflow } from '../workflow/parse.ts';
import type { Workflow } from '../workflow/workflow.ts';

/** Undefined when the server does not tell, or tells something that is no graph. */
export async function submittedGraph(
  server: Connection,
  id: string,
  signal: AbortSignal,
): Promise<Workflow | undefined> {
  const history = await server.peek(`/history/${encodeURIComponent(id)}`, signal);
  const entry = isRecord(history) ? history[id] : undefined;
  const item = isRecord(entry) ? entry['prompt'] : await queuedItem(server, id, signal);
  try {
    const file = parseWorkflow(Array.isArray(item) ? item[2] : undefined);
    return file.format === 'api' ? file.workflow : undefined;
  } catch {
    return undefined;
  }
}

/** `[number, prompt_id, graph, …]` of a job that waits or runs. */
async function queuedItem(server: Connection, id: string, signal: AbortSignal): Promise<unknown> {
  const queue = await server.peek('/queue', signal);
  const lists = isRecord(queue) ? [queue['queue_running'], queue['queue_pending']] : [];
  return lists
    .flatMap((list): unknown[] => (Array.isArray(list) ? list : []))
    .find((i) => Array.isArray(i) && i[1] === id);
}
