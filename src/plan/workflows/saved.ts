// Workflows that users saved on the server with its web UI: the files below `workflows` of their userdata (protocol.md 8.2).
import type { Connection } from '../../connection/connection.ts';
import { ComfyGenError } from '../../errors.ts';
import { closest } from '../../text/closest.ts';
import { someOf } from '../../text/count.ts';
import { oneLine } from '../../text/harmless.ts';
import { shortened } from '../../text/shortened.ts';
import { parseWorkflow, type WorkflowFile } from '../../workflow/parse.ts';

const ending = /\.json$/i;
/** Names that are looked at; nobody saves more. */
const mostNames = 10_000;

/** Their names without the ending, folders with `/` between them; none where the server keeps none. */
export async function savedNames(server: Connection, signal?: AbortSignal): Promise<readonly string[]> {
  const listed = await server.peek('/userdata?dir=workflows&recurse=true', signal);
  const names = (Array.isArray(listed) ? (listed as unknown[]) : []).slice(0, mostNames);
  const files = names.filter((name): name is string => typeof name === 'string' && ending.test(name));
  return files.map((name) => name.replaceAll('\\', '/').replace(ending, '')).sort();
}

/** Throws `unknown_workflow` where there is none of that name, and `bad_workflow`. */
export async function readSaved(server: Connection, name: string, signal: AbortSignal): Promise<WorkflowFile> {
  const leadsOut = name.split(/[\\/]/).includes('..');
  const found = leadsOut ? undefined : await getSaved(server, name, signal);
  if (found !== undefined) return parseWorkflow(found, `saved workflow ${name}`);
  const names = await savedNames(server, signal);
  const near = closest(name, names);
  const shown = (some: readonly string[]): string => someOf(some.map((one) => shortened(oneLine(one), 100)));
  const all = names.length === 0 ? 'nobody saved one there yet' : `it has ${shown(names)}`;
  throw new ComfyGenError('unknown_workflow', `the server has no saved workflow ${JSON.stringify(name)}`, {
    hint: near.length > 0 ? `did you mean ${shown(near)}?` : all,
  });
}

async function getSaved(server: Connection, name: string, signal: AbortSignal): Promise<unknown> {
  await server.handshake(signal); // what is wrong after it is the file's own
  const path = encodeURIComponent(`workflows/${name.replace(ending, '')}.json`);
  return server.get(`/userdata/${path}`, signal).catch((error: unknown) => {
    if (!(error instanceof ComfyGenError) || error.reason !== 'not_comfyui') throw error;
    throw new ComfyGenError('bad_workflow', `saved workflow ${name} is not JSON`, { cause: error });
  });
}
