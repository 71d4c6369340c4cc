// An API graph from another server or another year -> what this server takes of it, where nothing has to be guessed.
import { stringifyJson } from '../protocol/json.ts';
import type { InputSpec, NodeDefinition, ObjectInfo } from '../protocol/object-info.ts';
import { someOf } from '../text/count.ts';
import { isInnerKey, neededNodes } from './check.ts';
import { isModelInput } from './check-literal.ts';
import { effectiveInputs } from './dynamic-specs.ts';
import { dynamicCombo, isWidget } from './widget-types.ts';
import { nodeAt } from './walk.ts';
import type { Input, Workflow, WorkflowNode } from './workflow.ts';

export type Adapted = { readonly workflow: Workflow; readonly notes: readonly string[] };

/** Widgets inside widgets that a default may bring along. */
const maxRounds = 10;

/** Fills widgets that the file does not have yet, and spells model files with the server's separators. Notes name both. */
export function adaptToServer(workflow: Workflow, info: ObjectInfo): Adapted {
  const filled: string[] = [];
  const spelled: string[] = [];
  const changed = new Map<string, WorkflowNode>();
  for (const id of neededNodes(workflow, info)) {
    const node = nodeAt(workflow, id);
    const definition = node !== undefined && Object.hasOwn(info, node.class_type) ? info[node.class_type] : undefined;
    if (node === undefined || definition === undefined) continue;
    const full = withDefaults(definition, node.inputs);
    const inputs = withSeparators(definition, full);
    const added = Object.keys(full).filter((name) => !Object.hasOwn(node.inputs, name));
    const other = Object.keys(full).filter((name) => inputs[name] !== full[name]);
    if (added.length + other.length === 0) continue;
    changed.set(id, { ...node, inputs });
    filled.push(...added.map((name) => `${id}.${name} = ${stringifyJson(inputs[name])}`));
    spelled.push(...other.map((name) => `${id}.${name} is ${stringifyJson(inputs[name])} on this server`));
  }
  const defaults = `inputs that the file does not have are set to the server's defaults: ${someOf(filled)}`;
  const notes = [...(filled.length === 0 ? [] : [defaults]), ...(spelled.length === 0 ? [] : [someOf(spelled)])];
  if (notes.length === 0) return { workflow, notes };
  const nodes = Object.entries(workflow).map(([id, node]) => [id, changed.get(id) ?? node] as const);
  return { workflow: Object.fromEntries(nodes), notes };
}

type Inputs = WorkflowNode['inputs'];

function withDefaults(definition: NodeDefinition, given: Inputs): Inputs {
  let inputs = given;
  for (let round = 0; round < maxRounds; round++) {
    const missing = effectiveInputs(definition, inputs).specs.flatMap((spec): [string, Input][] => {
      const value = Object.hasOwn(inputs, spec.name) ? undefined : defaultFor(spec);
      return value === undefined ? [] : [[spec.name, value]];
    });
    if (missing.length === 0) break;
    inputs = Object.fromEntries([...Object.entries(inputs), ...missing]);
  }
  return inputs;
}

function withSeparators(definition: NodeDefinition, inputs: Inputs): Inputs {
  const spelled = effectiveInputs(definition, inputs).specs.flatMap((spec): [string, Input][] => {
    const value = Object.hasOwn(inputs, spec.name) ? inputs[spec.name] : undefined;
    const same = typeof value === 'string' ? otherSeparators(value, spec.choices) : undefined;
    return same === undefined ? [] : [[spec.name, same]];
  });
  return spelled.length === 0 ? inputs : Object.fromEntries([...Object.entries(inputs), ...spelled]);
}

/** The default that the definition names, or the first word of a list; never a file: which one is the user's to say. */
function defaultFor(spec: InputSpec): Input | undefined {
  if (!spec.required || !isWidget(spec) || isInnerKey(spec)) return undefined;
  const { options, choices = [] } = spec;
  const isFile =
    Object.keys(options).some((flag) => flag.endsWith('upload')) ||
    isModelInput(
      spec.name,
      options['default'],
      choices.filter((c) => typeof c === 'string'),
    );
  if (isFile) return undefined;
  const isList = spec.type === 'COMBO' || spec.type === dynamicCombo;
  const value: unknown = options['default'] ?? (isList ? choices[0] : undefined);
  const isPlain =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
  return isPlain && (!isList || choices.length === 0 || choices.includes(value)) ? value : undefined;
}

/** The one name of the list that is the same but for `/` and `\`. */
function otherSeparators(value: string, choices: readonly unknown[] | undefined): string | undefined {
  if (choices === undefined || !/[\\/]/.test(value) || choices.includes(value)) return undefined;
  const plain = (name: string): string => name.replaceAll('\\', '/');
  const same = choices.filter((choice) => typeof choice === 'string' && plain(choice) === plain(value)) as string[]; // the filter says so
  return same.length === 1 ? same[0] : undefined;
}
