// One node's inputs against its definition, its ancestors first: the errors of section 2.3, told as the server tells them.
import type { InputSpec } from '../../protocol/object-info.ts';
import type { Graph, GraphNode } from '../nodes/graph.ts';
import type { Catalog } from '../nodes/object-info.ts';
import { floatText, PythonError, repr, str, toBool, toFloat, toInt } from '../nodes/python.ts';
import { expandInputs, groupProblem } from './dynamic-inputs.ts';
import { promptError, type PromptError } from './problems.ts';

export type Surroundings = {
  readonly catalog: Catalog;
  /** Is there an input file of this name, in the form that LoadImage takes? */
  readonly hasFile: (annotated: string) => boolean;
  /** As 0.3.64 does it: new-style combos are not checked, cycles are not told, `inputs: null` fails here. */
  readonly isOld: boolean;
};
export type Result = { readonly valid: boolean; readonly problems: readonly PromptError[] };
export type Validated = Map<string, Result>;
type Context = {
  readonly graph: Graph;
  readonly validated: Validated;
  readonly around: Surroundings;
};
type Walk = Context & { readonly path: readonly string[]; readonly cyclic: Set<string> };

/** An output node and all that it needs; every node's result is kept in `validated`. */
export function validateOutput(id: string, context: Context): Result {
  try {
    return validateNode(id, { ...context, path: [], cyclic: new Set() });
  } catch (thrown) {
    const error = asPythonError(thrown);
    const extra_info = { exception_type: error.type, traceback };
    const result = failed({
      ...promptError('exception_during_validation', 'Exception when validating node', error.message),
      extra_info,
    });
    context.validated.set(id, result);
    return result;
  }
}

const traceback = ['  File "/comfyui/execution.py", in validate_inputs\n'];

function validateNode(id: string, walk: Walk): Result {
  const known = walk.validated.get(id);
  if (known !== undefined) return known;
  const at = walk.path.indexOf(id);
  if (at !== -1) return tellCycle(walk.path.slice(at), walk);
  const node = nodeAt(walk.graph, id);
  if (node.inputs === undefined) throw new PythonError('KeyError', repr('inputs'));
  if ((node.inputs as unknown) === null)
    throw new PythonError('TypeError', "argument of type 'NoneType' is not iterable");
  const definition = walk.around.catalog.find(node.class_type);
  const here = { ...walk, path: [...walk.path, id] };
  const rows = definition === undefined ? undefined : groupProblem(definition, node.inputs);
  const problems: PromptError[] = rows === undefined ? [] : [rows];
  let valid = true;
  for (const spec of rows !== undefined || definition === undefined ? [] : expandInputs(definition, node.inputs)) {
    const found = validateInput(spec, node, here);
    if (found === false) valid = false;
    else if (found !== undefined) problems.push(found);
  }
  if (walk.cyclic.has(id)) return walk.validated.get(id) ?? failed(); // told already, for every node of the cycle
  const result = { valid: valid && problems.length === 0, problems };
  walk.validated.set(id, result);
  return result;
}

/** A problem; `false` when something upstream is wrong; undefined when all is well. */
function validateInput(spec: InputSpec, node: GraphNode, walk: Walk): PromptError | false | undefined {
  const inputs = node.inputs ?? {};
  if (!Object.hasOwn(inputs, spec.name)) {
    if (!spec.required) return undefined;
    const last = spec.name.split('.').at(-1) ?? spec.name;
    return promptError('required_input_missing', 'Required input is missing', last, { input_name: spec.name });
  }
  const value = inputs[spec.name];
  if (Array.isArray(value)) return validateLink(spec, value, walk);
  const converted = convert(spec, value);
  if (converted instanceof PythonError) {
    const message = `Failed to convert an input value to a ${spec.type} value`;
    const details = `${spec.name}, ${str(value)}, ${converted.message}`;
    return promptError('invalid_input_type', message, details, {
      ...about(spec, value),
      exception_message: converted.message,
    });
  }
  inputs[spec.name] = converted.value;
  if (isOwnCheck(node.class_type, spec.name)) {
    if (walk.around.hasFile(str(converted.value))) return undefined;
    const details = `${spec.name} - Invalid image file: ${str(converted.value)}`;
    return promptError('custom_validation_failed', 'Custom validation failed for node', details, {
      input_name: spec.name,
    });
  }
  const isUnchecked = walk.around.isOld && 'options' in spec.options;
  return outOfBounds(spec, converted.value) ?? (isUnchecked ? undefined : notInList(spec, converted.value));
}

/** These classes check the file themselves, so the built-in checks are off. */
function isOwnCheck(classType: string, input: string): boolean {
  return input === 'image' && (classType === 'LoadImage' || classType === 'LoadImageMask');
}

function validateLink(spec: InputSpec, value: readonly unknown[], walk: Walk): PromptError | false | undefined {
  if (value.length !== 2) {
    const message = 'Bad linked input, must be a length-2 list of [node_id, slot_index]';
    return promptError('bad_linked_input', message, spec.name, about(spec, value));
  }
  const [id, slot] = value;
  if (typeof id !== 'string') throw new PythonError('KeyError', repr(id));
  const source = nodeAt(walk.graph, id);
  const outputs = walk.around.catalog.find(source.class_type)?.output ?? [];
  const received = typeof slot === 'number' ? outputs.at(slot) : undefined;
  if (received === undefined) throw new PythonError('IndexError', 'tuple index out of range');
  const given = Array.isArray(received) ? 'COMBO' : str(received);
  if (!fits(given, spec.type)) {
    const details = `${spec.name}, received_type(${given}) mismatch input_type(${spec.type})`;
    const extra = { input_name: spec.name, input_config: config(spec), received_type: given, linked_node: value };
    return promptError('return_type_mismatch', 'Return type mismatch between linked nodes', details, extra);
  }
  return validateSource(id, spec, value, walk);
}

function validateSource(id: string, spec: InputSpec, link: readonly unknown[], walk: Walk): false | undefined {
  try {
    return validateNode(id, walk).valid ? undefined : false;
  } catch (thrown) {
    const { message, type } = asPythonError(thrown);
    const extra = {
      input_name: spec.name,
      input_config: config(spec),
      exception_message: message,
      exception_type: type,
      traceback,
      linked_node: link,
    };
    walk.validated.set(
      id,
      failed(promptError('exception_during_inner_validation', 'Exception when validating inner node', message, extra)),
    );
    return false;
  }
}

function tellCycle(cycle: readonly string[], walk: Walk): Result {
  const named = [...cycle, cycle[0] ?? ''].map((id) => `${id} (${walk.graph[id]?.class_type ?? ''})`);
  for (const id of cycle) {
    walk.cyclic.add(id);
    if (walk.around.isOld) continue;
    const extra = { node_id: id, cycle_nodes: cycle };
    walk.validated.set(
      id,
      failed(promptError('dependency_cycle', 'Dependency cycle detected', named.join(' -> '), extra)),
    );
  }
  return failed();
}

function convert(spec: InputSpec, value: unknown): { value: unknown } | PythonError {
  const plain: unknown = typeof value === 'object' && value !== null && '__value__' in value ? value.__value__ : value;
  try {
    if (spec.type === 'INT') return { value: toInt(plain) };
    if (spec.type === 'FLOAT') return { value: toFloat(plain) };
    if (spec.type === 'STRING') return { value: str(plain) };
    if (spec.type === 'BOOLEAN') return { value: toBool(plain) };
    return { value: plain };
  } catch (thrown) {
    return asPythonError(thrown);
  }
}

function outOfBounds(spec: InputSpec, value: unknown): PromptError | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const text = (n: number | bigint): string => (spec.type === 'FLOAT' ? floatText(n) : repr(n));
  const bound = (key: 'min' | 'max'): number | bigint | undefined => {
    const b = spec.options[key];
    return typeof b === 'number' || typeof b === 'bigint' ? b : undefined;
  };
  const [min, max] = [bound('min'), bound('max')];
  if (min !== undefined && value < min) {
    return promptError(
      'value_smaller_than_min',
      `Value ${text(value)} smaller than min of ${text(min)}`,
      spec.name,
      about(spec, value),
    );
  }
  if (max !== undefined && value > max) {
    return promptError(
      'value_bigger_than_max',
      `Value ${text(value)} bigger than max of ${text(max)}`,
      spec.name,
      about(spec, value),
    );
  }
  return undefined;
}

function notInList(spec: InputSpec, value: unknown): PromptError | undefined {
  const { choices } = spec;
  if (choices === undefined) return undefined;
  const many = spec.options['multiselect'] === true && Array.isArray(value);
  const values: readonly unknown[] = many ? value : [value];
  if (values.every((v) => choices.includes(v))) return undefined;
  const long = choices.length > 20;
  const details = `${spec.name}: ${repr(value)} not in ${long ? `(list of length ${choices.length})` : repr(choices)}`;
  const extra = { input_name: spec.name, input_config: long ? null : config(spec), received_value: value };
  return promptError('value_not_in_list', 'Value not in list', details, extra);
}

function fits(given: string, wanted: string): boolean {
  if (
    given === '*' ||
    wanted === '*' ||
    given === wanted ||
    wanted === 'COMFY_MATCHTYPE_V3' ||
    given === 'COMFY_MATCHTYPE_V3'
  )
    return true;
  const accepted = new Set(wanted.split(',').map((t) => t.trim()));
  return given.split(',').some((t) => accepted.has(t.trim()));
}

function nodeAt(graph: Graph, id: string): GraphNode {
  const node = Object.hasOwn(graph, id) ? graph[id] : undefined;
  if (node === undefined) throw new PythonError('KeyError', repr(id));
  return node;
}

function about(spec: InputSpec, value: unknown): Record<string, unknown> {
  return { input_name: spec.name, input_config: config(spec), received_value: value };
}

/** `[type, options]` as the definition has it: a list for an old combo, the word for everything else. */
function config(spec: InputSpec): readonly unknown[] {
  const old = spec.choices !== undefined && !('options' in spec.options);
  return [old ? spec.choices : spec.type, spec.options];
}

function failed(...problems: readonly PromptError[]): Result {
  return { valid: false, problems };
}

function asPythonError(thrown: unknown): PythonError {
  if (thrown instanceof PythonError) return thrown;
  return new PythonError('RuntimeError', thrown instanceof Error ? thrown.message : String(thrown));
}
