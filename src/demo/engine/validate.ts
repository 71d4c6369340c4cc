// What `POST /prompt` checks before it takes a graph, and how it tells (sections 2.1 to 2.3).
import type { NodeDefinition } from '../../protocol/object-info.ts';
import type { Graph } from '../nodes/graph.ts';
import { str } from '../nodes/python.ts';
import { promptError, ServerTrouble, type NodeReport, type PromptError } from './problems.ts';
import { validateOutput, type Surroundings, type Validated } from './validate-inputs.ts';

export type Verdict = {
  readonly error: PromptError | undefined;
  /** Output nodes that will run. */
  readonly outputs: readonly string[];
  readonly node_errors: Record<string, NodeReport>;
};
export function validatePrompt(prompt: unknown, targets: unknown, around: Surroundings): Verdict {
  const isEmptyList = Array.isArray(prompt) && prompt.length === 0 && around.isOld;
  if (typeof prompt !== 'object' || prompt === null || (Array.isArray(prompt) && !isEmptyList))
    throw new ServerTrouble();
  const outputs: string[] = [];
  const wanted = Array.isArray(targets) ? new Set(targets.map(str)) : undefined;
  for (const [id, node] of Object.entries(prompt as Record<string, unknown>)) {
    const found = findClass(id, node, around);
    if ('error' in found) return { error: found.error, outputs: [], node_errors: {} };
    if (found.definition.output_node === true && (wanted === undefined || wanted.has(id))) outputs.push(id);
  }
  if (outputs.length === 0) {
    return { error: promptError('prompt_no_outputs', 'Prompt has no outputs'), outputs: [], node_errors: {} };
  }
  return judge(prompt as Graph, outputs, around); // every node was just seen to be an object with a known class
}

function judge(graph: Graph, outputs: readonly string[], around: Surroundings): Verdict {
  const validated: Validated = new Map();
  const good: string[] = [];
  const own: string[] = []; // lines about the output nodes themselves: all that `details` ever says
  const node_errors: Record<string, NodeReport> = {};
  for (const output of outputs) {
    const result = validateOutput(output, { graph, validated, around });
    if (result.valid) {
      good.push(output);
      continue;
    }
    own.push(...result.problems.map((p) => `${p.message}: ${p.details}`));
    for (const [id, { valid, problems }] of validated) {
      if (valid || problems.length === 0) continue;
      const class_type = graph[id]?.class_type ?? '';
      const report = (node_errors[id] ??= { errors: problems, dependent_outputs: [], class_type });
      report.dependent_outputs.push(output);
    }
  }
  const failed = promptError('prompt_outputs_failed_validation', 'Prompt outputs failed validation', own.join('\n'));
  return { error: good.length === 0 ? failed : undefined, outputs: good, node_errors };
}

type Found = { readonly definition: NodeDefinition } | { readonly error: PromptError };

function findClass(id: string, node: unknown, { catalog, isOld }: Surroundings): Found {
  if (typeof node === 'string' && isOld) return { error: unknownClass(id, undefined) };
  if (typeof node !== 'object' || node === null || Array.isArray(node)) throw new ServerTrouble();
  const { class_type, inputs } = node as Record<string, unknown>;
  const isNull = inputs === null && isOld; // found out later there
  if ('inputs' in node && (typeof inputs !== 'object' || inputs === null) && !isNull) throw new ServerTrouble();
  const definition = typeof class_type === 'string' ? catalog.find(class_type) : undefined;
  if (definition !== undefined) return { definition };
  if (isOld) return { error: unknownClass(id, 'class_type' in node ? class_type : undefined) };
  const title = titleOf(node);
  const absent = !('class_type' in node);
  const name = title ?? (absent ? `ID #${id}` : str(class_type));
  const message = absent
    ? `Node '${name}' has no class_type. The workflow may be corrupted or a custom node is missing.`
    : `Node '${name}' not found. The custom node may not be installed.`;
  const extra = {
    node_id: id,
    class_type: absent ? null : class_type,
    node_title: title ?? (absent ? null : class_type),
  };
  return { error: promptError('missing_node_type', message, `Node ID '#${id}'`, extra) };
}

/** What 0.3.64 says of it. */
function unknownClass(id: string, classType: unknown): PromptError {
  const message =
    classType === undefined
      ? 'Cannot execute because a node is missing the class_type property.'
      : `Cannot execute because node ${str(classType)} does not exist.`;
  return promptError('invalid_prompt', message, `Node ID '#${id}'`);
}

function titleOf(node: object): string | undefined {
  if (!('_meta' in node)) return undefined;
  const meta = node._meta;
  if (typeof meta !== 'object' || meta === null) throw new ServerTrouble();
  return 'title' in meta && meta.title !== null ? str(meta.title) : undefined;
}
