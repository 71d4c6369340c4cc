// Fits a graph to a server's definitions: what they require and the recipe lacks, and inputs they do not know.
import { inputSpecs, type InputSpec, type ObjectInfo } from '../protocol/object-info.ts';
import type { Input, Workflow, WorkflowNode } from '../workflow/workflow.ts';

/** Newer servers require more: the definition's default goes in. Older ones know less: what they lack is left out. */
export function fitTo(workflow: Workflow, info: ObjectInfo): Workflow {
  return Object.fromEntries(Object.entries(workflow).map(([id, node]) => [id, fitNode(node, info)]));
}

function fitNode(node: WorkflowNode, info: ObjectInfo): WorkflowNode {
  const definition = Object.hasOwn(info, node.class_type) ? info[node.class_type] : undefined;
  if (definition === undefined) return node;
  const specs = inputSpecs(definition);
  const known = new Set(specs.map((spec) => spec.name));
  const kept = Object.entries(node.inputs).filter(([name]) => known.has(name.split('.')[0] ?? name) || known.has(name));
  const lacking = specs.filter((spec) => spec.required && node.inputs[spec.name] === undefined && !isDynamic(spec));
  const filled = lacking.flatMap((spec): [string, Input][] => {
    const value = defaultOf(spec);
    return value === undefined ? [] : [[spec.name, value]];
  });
  return { ...node, inputs: Object.fromEntries([...kept, ...filled]) };
}

const isDynamic = (spec: InputSpec): boolean => /^COMFY_/.test(spec.type);

function defaultOf(spec: InputSpec): Input | undefined {
  const given = spec.options['default'];
  if (
    typeof given === 'string' ||
    typeof given === 'number' ||
    typeof given === 'boolean' ||
    typeof given === 'bigint'
  ) {
    return given;
  }
  const first = spec.choices?.[0];
  return typeof first === 'string' || typeof first === 'number' || typeof first === 'boolean' ? first : undefined;
}
