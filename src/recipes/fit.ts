// Fits a graph to a server's definitions: what they require and the recipe lacks, and inputs they do not know.
import { inputSpecs, parseInputSpec, type InputSpec, type ObjectInfo } from '../protocol/object-info.ts';
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
  const inputs: Record<string, Input> = Object.fromEntries(kept);
  for (const spec of specs) {
    const instead = whereUnlisted[`${node.class_type}.${spec.name}`];
    if (instead !== undefined && spec.choices?.includes(inputs[spec.name]) === false) inputs[spec.name] = instead;
  }
  for (const spec of specs) if (spec.required) fill(inputs, spec);
  return { ...node, inputs };
}

/** Choices that a server lists only where its hardware has them, and what does the same elsewhere. */
const whereUnlisted: Readonly<Record<string, Input>> = { 'ModelAttentionBackend.attention': 'pytorch attention' };

/** Sets what is lacking; the choice of a dynamic combo brings inputs of its own, under dotted names. */
function fill(inputs: Record<string, Input>, spec: InputSpec): void {
  const keys = dynamicKeys(spec);
  if (inputs[spec.name] === undefined) {
    const value = keys === undefined ? defaultOf(spec) : keys[0]?.key;
    if (value !== undefined) inputs[spec.name] = value;
  }
  const chosen = keys?.find(({ key }) => key === inputs[spec.name]);
  for (const [name, sub] of Object.entries(chosen?.required ?? {})) {
    fill(inputs, parseInputSpec(`${spec.name}.${name}`, sub, true));
  }
}

type DynamicKey = { readonly key: string; readonly required: Readonly<Record<string, unknown>> };

function dynamicKeys(spec: InputSpec): readonly DynamicKey[] | undefined {
  const options = spec.options['options'];
  if (!spec.type.startsWith('COMFY_DYNAMICCOMBO') || !Array.isArray(options)) return undefined;
  return options.flatMap((option: unknown): DynamicKey[] => {
    const { key, inputs } = (option ?? {}) as { key?: unknown; inputs?: { required?: Record<string, unknown> } }; // read with care below
    return typeof key === 'string' ? [{ key, required: inputs?.required ?? {} }] : [];
  });
}

function defaultOf(spec: InputSpec): Input | undefined {
  const given = spec.options['default'];
  if (isPlain(given)) return given;
  const first = spec.choices?.[0];
  return isPlain(first) ? first : undefined;
}

const isPlain = (value: unknown): value is string | number | boolean | bigint =>
  ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
