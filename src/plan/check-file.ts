// What a server would refuse of a workflow file, by its node definitions alone.
import { convertWorkflow } from '../convert/convert.ts';
import { ComfyGenError } from '../errors.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { checkWorkflow } from '../workflow/check.ts';
import { loadWorkflow } from './load-workflow.ts';

/** `node` and `field` are empty where the problem is the file's, or the node's, as a whole. */
export type FileProblem = { readonly node: string; readonly field: string; readonly message: string };

/** Throws `usage` for a file that cannot be read or is no workflow. */
export async function checkFile(
  name: string,
  path: string,
  info: ObjectInfo,
  signal: AbortSignal,
): Promise<readonly FileProblem[]> {
  const server = (): never => {
    throw new ComfyGenError('bad_input_file', `${name}: what a server keeps is no file`);
  };
  const { file } = await loadWorkflow(name, { pathOf: () => path, server, signal });
  const workflow = file.format === 'api' ? file.workflow : convertWorkflow(file.ui, info).workflow;
  return checkWorkflow(workflow, info).map(({ node, class_type: name, reason, input, message, hint }) => ({
    node,
    field: input ?? '',
    message: `${reason === 'missing_node' ? `${name}: ` : ''}${message}${hint === undefined ? '' : ` (${hint})`}`,
  }));
}
