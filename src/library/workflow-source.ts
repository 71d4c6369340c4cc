// What a program hands to `run` -> a workflow, or the parameters that an image carries.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { loadAny, parseBytes, type LoadedParameters } from '../plan/load-workflow.ts';
import type { LoadedWorkflow } from '../plan/spec.ts';
import type { WorkflowSource } from './call-options.ts';
import { parseWorkflow, type ApiFile } from '../workflow/parse.ts';

const name = 'the workflow';

/** Throws `bad_input_file`, `bad_workflow`, `missing_template`, `unknown_workflow`, `no_metadata`. */
export async function loadSource(
  source: WorkflowSource,
  server: Connection,
  signal: AbortSignal,
): Promise<LoadedWorkflow | LoadedParameters> {
  if (source instanceof Uint8Array) return parseBytes(source, name);
  if (typeof source === 'string') return loadAny(source, { pathOf: (path) => path, server: () => server, signal });
  return { file: parseWorkflow(source, name), name, folder: undefined };
}

/** A graph in API format and nothing else. Throws `bad_workflow`. */
export function graphFile(workflow: unknown): ApiFile {
  const file = parseWorkflow(workflow, name);
  if (file.format === 'api') return file;
  throw new ComfyGenError('bad_workflow', `${name} is in UI format: submit takes an API graph`, {
    hint: 'run() converts it',
  });
}
