// The graph of a job that somebody sent, as its server keeps it in queue or history.
import type { Connection } from '../connection/connection.ts';
import { parseWorkflow } from '../workflow/parse.ts';
import type { Workflow } from '../workflow/workflow.ts';

/** Undefined when the server does not tell, or tells something that is no graph. */
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
