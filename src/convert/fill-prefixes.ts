// File prefixes of an API-format graph, filled in as the web UI does when it queues: `%date:yyyy-MM-dd%`, `%KSampler.seed%`.
import { isLink, type Input, type Workflow, type WorkflowNode } from '../workflow/workflow.ts';
import { fillsPrefix } from './special-nodes.ts';
import { fillPattern } from './ui-text.ts';

/** A new graph where a prefix has changed, else the one that was given. What no node knows stays as it is. */
export function fillPrefixes(workflow: Workflow, now: Date = new Date()): Workflow {
  const filled = Object.entries(workflow).flatMap(([id, node]): [string, WorkflowNode][] => {
    const prefix = Object.hasOwn(node.inputs, 'filename_prefix') ? node.inputs['filename_prefix'] : undefined;
    if (typeof prefix !== 'string' || !prefix.includes('%') || !fillsPrefix.has(node.class_type)) return [];
    const text = fillPattern(prefix, now, (name, input) => literalAt(workflow, name, input));
    return text === prefix ? [] : [[id, { ...node, inputs: { ...node.inputs, filename_prefix: text } }]];
  });
  return filled.length === 0 ? workflow : Object.fromEntries([...Object.entries(workflow), ...filled]);
}

/** By class before title, as the web UI does it; the first node of that name decides. */
function literalAt(workflow: Workflow, name: string, input: string): Input | undefined {
  const nodes = Object.values(workflow);
  const node = nodes.find((n) => n.class_type === name) ?? nodes.find((n) => n._meta?.title === name);
  const value = node !== undefined && Object.hasOwn(node.inputs, input) ? node.inputs[input] : undefined;
  return isLink(value) ? undefined : value;
}
