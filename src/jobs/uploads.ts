// Local files that a graph names go to the server first; the names that it answers take their places in the graph.
import type { Connection } from '../connection/connection.ts';
import { mapInputs } from '../workflow/workflow.ts';
import type { JobRequest } from './job.ts';

/** The request as it is sent. The connection knows what it has uploaded before: the same content goes once. */
export async function sendUploads(server: Connection, request: JobRequest, signal: AbortSignal): Promise<JobRequest> {
  const { uploads = [], workflow } = request;
  const names = new Map<string, string>();
  for (const { name, source } of uploads) names.set(name, await server.uploadOnce(name, name, source, signal));
  if ([...names].every(([wanted, given]) => wanted === given)) return request;
  const renamed = mapInputs(workflow, (value) => (typeof value === 'string' ? (names.get(value) ?? value) : value));
  return { ...request, workflow: renamed };
}
