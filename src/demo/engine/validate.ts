// What `POST /prompt` checks before it takes a graph, and how it tells (sections 2.1 to 2.3).
import type { NodeDefinition } from '../../protocol/object-info.ts';
import type { Catalog } from '../server/object-info.ts';
import { str } from './python.ts';
import { validateOutput, type NodeProblem, type Validated } from './validate-inputs.ts';

/** A graph as it came in: checked as far as `asGraph` says; validation writes converted values into it. */
export type Graph = Record<string, GraphNode>;
export type GraphNode = {
  class_type: string;
  inputs?: Record<string, unknown>;
  _meta?: { title?: string };
  is_changed?: unknown;
};

export type PromptError = {
  readonly type: string;
  readonly message: string;
  readonly details: string;
  readonly extra_info: Readonly<Record<string, unknown>>;
};
export type Verdict = {
  readonly error: PromptError | undefined;
  /** Output nodes that will run. */
  readonly outputs: readonly string[];
  readonly node_errors: Record<string, NodeReport>;
};
type NodeReport = { errors: readonly NodeProblem[]; dependent_outputs: string[]; class_type: string };

export type Surroundings = {
  readonly catalog: Catalog;
  /** Is there an input file of this name, in the form that LoadImage takes? */
  readonly hasFile: (annotated: string) => boolean;
};

/** Thrown where the real server falls over its own feet: the client sees a bare 500. */
export class ServerTrouble extends Error {}

export function promptError(type: string, message: string, details = '', extra_info = {}): PromptError {
  return { type, message, details, extra_info };
}

export function validatePrompt(prompt: unknown, targets: unknown, around: Surroundings): Verdict {
  if (typeof prompt !== 'object' || prompt === null || Array.isArray(prompt)) throw new ServerTrouble();
  const outputs: string[] = [];
  const wanted = Array.isArray(targets) ? new Set(targets.map(str)) : undefined;
  for (const [id, node] of Object.entries(prompt as Record<string, unknown>)) {
    const found = findClass(id, node, around.catalog);
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

function findClass(
  id: string,
  node: unknown,
  catalog: Catalog,
): { readonly definition: NodeDefinition } | { readonly error: PromptError } {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) throw new ServerTrouble();
  const { class_type, inputs } = node as Record<string, unknown>;
  if ('inputs' in node && (typeof inputs !== 'object' || inputs === null)) throw new ServerTrouble();
  const definition = typeof class_type === 'string' ? catalog.find(class_type) : undefined;
  if (definition !== undefined) return { definition };
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

function titleOf(node: object): string | undefined {
  if (!('_meta' in node)) return undefined;
  const meta = node._meta;
  if (typeof meta !== 'object' || meta === null) throw new ServerTrouble();
  return 'title' in meta && meta.title !== null ? str(meta.title) : undefined;
}
