// `--set node.input=value`: one input of one node, found by id, title or class name, in the input's own type.
import { ComfyGenError } from '../errors.ts';
import { isRecord, parseJson } from '../protocol/json.ts';
import type { InputSpec, NodeDefinition, ObjectInfo } from '../protocol/object-info.ts';
import { socketTypes } from './check-literal.ts';
import { closest } from '../text/closest.ts';
import { effectiveInputs } from './dynamic-specs.ts';
import type { SetBy } from './problem.ts';
import { rowGroupsOf, rowsIn, rowSpecs, splitRowInput } from './row-groups.ts';
import { dynamicCombo } from './widget-types.ts';
import { isLink, titleOf, type Input, type Workflow, type WorkflowNode } from './workflow.ts';

/** `target` is everything before the first `=`. */
export type Assignment = { readonly target: string; readonly value: string };

export function parseAssignment(text: string): Assignment {
  const equals = text.indexOf('=');
  if (equals < 1 || !text.slice(0, equals).includes('.')) {
    throw new ComfyGenError('bad_option', `<option set>: ${JSON.stringify(text)} is not of the form node.input=value`);
  }
  return { target: text.slice(0, equals), value: text.slice(equals + 1) };
}

/** The inputs that they set. Throws `unknown_node`. */
export const setPlaces = (workflow: Workflow, assignments: readonly Assignment[]): SetBy[] =>
  assignments.map(({ target }) => {
    const { id, input } = locate(workflow, target);
    return { node: id, input, by: `<option set> ${target}` };
  });

/** A new graph with the inputs set. Throws `unknown_node` (usage) and `bad_option` for a value of the wrong type. */
export function setInputs(workflow: Workflow, assignments: readonly Assignment[], info?: ObjectInfo): Workflow {
  const nodes = new Map(Object.entries(workflow));
  const located = assignments.map((assignment) => ({ ...assignment, ...locate(workflow, assignment.target) }));
  // A combo's key comes before the inputs that it brings along, whatever their order was.
  const dots = (input: string): number => input.split('.').length;
  for (const { target, value, id, input } of located.sort((a, b) => dots(a.input) - dots(b.input))) {
    const node = nodes.get(id);
    if (node === undefined) continue;
    const definition = info !== undefined && Object.hasOwn(info, node.class_type) ? info[node.class_type] : undefined;
    const spec = definition === undefined ? undefined : specOf(definition, node, input);
    const isOpen = definition === undefined && input.includes('.'); // without definitions nobody knows
    if (spec === undefined && !Object.hasOwn(node.inputs, input) && !isOpen)
      throw unknownInput(target, id, input, definition, node);
    const before = Object.hasOwn(node.inputs, input) ? node.inputs[input] : undefined;
    const row = definition === undefined ? [] : restOfNewRow(definition, node, input);
    const set = typed(value, spec, before, target);
    const inputs = new Map<string, Input>([...Object.entries(node.inputs), ...row]).set(input, set);
    nodes.set(id, { ...node, inputs: Object.fromEntries(inputs) });
  }
  return Object.fromEntries(nodes);
}

/** The definition of an input, dotted ones as far as the node's values call for them. */
function specOf(definition: NodeDefinition, node: WorkflowNode, input: string): InputSpec | undefined {
  return effectiveInputs(definition, { [input]: null, ...node.inputs }).specs.find((s) => s.name === input);
}

/** The other inputs of a row that begins with this one, as far as they have a default: a new LoRA has strength 1. */
function restOfNewRow(definition: NodeDefinition, node: WorkflowNode, input: string): [string, Input][] {
  for (const group of rowGroupsOf(definition)) {
    const row = splitRowInput(group, input)?.row;
    if (row === undefined || rowsIn(group, node.inputs).includes(row)) continue;
    return rowSpecs(group, row).flatMap(({ name, options }): [string, Input][] => {
      const fallback = options['default'];
      return fallback === undefined ? [] : [[name, fallback as Input]]; // any JSON is an input
    });
  }
  return [];
}

/** The longest dotted prefix that names a node; inputs may contain dots. */
function locate(workflow: Workflow, target: string): { id: string; input: string } {
  for (let dot = target.lastIndexOf('.'); dot > 0; dot = target.lastIndexOf('.', dot - 1)) {
    const name = target.slice(0, dot);
    const ids = nodesNamed(workflow, name);
    if (ids.length > 1) {
      throw new ComfyGenError(
        'unknown_node',
        `<option set> ${target}: ${ids.length} nodes are called ${JSON.stringify(name)}`,
        { hint: `name one by its id: ${ids.slice(0, 10).join(', ')}` },
      );
    }
    const [id] = ids;
    if (id !== undefined) return { id, input: target.slice(dot + 1) };
  }
  const names = Object.entries(workflow)
    .flatMap(([id, node]) => [id, node._meta?.title ?? '', node.class_type])
    .filter((n) => n !== '');
  const [node, input] = [target.slice(0, target.lastIndexOf('.')), target.slice(target.lastIndexOf('.') + 1)];
  const near = /^\d+$/.test(node) ? [] : closest(node, [...new Set(names)]); // the ids next to an id say nothing
  const holders = nodesWith(workflow, input);
  throw new ComfyGenError('unknown_node', `<option set> ${target}: no such node`, {
    hint:
      near.length > 0
        ? `did you mean ${near.join(', ')}?`
        : holders === ''
          ? 'a node is named by its id, its title, or its class when only one has it'
          : `${input} is an input of ${holders}`,
  });
}

const shownNodes = 8;

function nodesWith(workflow: Workflow, input: string): string {
  const ids = Object.keys(workflow).filter((id) => Object.hasOwn(workflow[id]?.inputs ?? {}, input));
  const more = ids.length > shownNodes ? `, and ${ids.length - shownNodes} more` : '';
  return (
    ids
      .slice(0, shownNodes)
      .map((id) => `${id} (${titleOf(workflow, id)})`)
      .join(', ') + more
  );
}

function nodesNamed(workflow: Workflow, name: string): string[] {
  if (Object.hasOwn(workflow, name)) return [name];
  const titled = Object.keys(workflow).filter((id) => workflow[id]?._meta?.title === name);
  return titled.length > 0 ? titled : Object.keys(workflow).filter((id) => workflow[id]?.class_type === name);
}

function unknownInput(
  target: string,
  id: string,
  input: string,
  definition: NodeDefinition | undefined,
  node: WorkflowNode,
): ComfyGenError {
  const defined = definition === undefined ? [] : effectiveInputs(definition, node.inputs).specs.map((s) => s.name);
  const known = [...new Set([...Object.keys(node.inputs), ...defined])];
  const near = closest(input, known);
  return new ComfyGenError('unknown_node', `<option set> ${target}: node ${id} has no input ${JSON.stringify(input)}`, {
    hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : `it has ${known.join(', ')}`,
  });
}

/** The text in the input's type: by its definition, else by the value it replaces, else as JSON where it is some. */
function typed(text: string, spec: InputSpec | undefined, before: unknown, target: string): Input {
  const type = spec?.type ?? typeOf(before);
  const refuse = (wanted: string): never => {
    throw new ComfyGenError('bad_option', `<option set> ${target}: ${JSON.stringify(text)} is not ${wanted}`);
  };
  switch (type) {
    case 'STRING':
      return text;
    case 'INT':
      return /^-?\d+$/.test(text) ? lossless(text) : refuse('a whole number');
    case 'FLOAT':
      // a number in the graph may be a seed: without a definition it keeps its digits
      if (spec === undefined && /^-?\d+$/.test(text)) return lossless(text);
      return /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : refuse('a number');
    case 'BOOLEAN':
      return text === 'true' || text === 'false' ? text === 'true' : refuse('true or false');
    case 'COMBO':
      return (spec?.choices ?? []).some((c) => typeof c === 'number' && String(c) === text) ? Number(text) : text;
    case dynamicCombo:
      return text;
    case 'VIDEO_EDIT':
    case 'RANGE':
    case 'BOUNDING_BOX':
    case 'CURVE':
      return object(text) ?? refuse('a JSON object or a link: ["node id", output number]');
    default:
      return socketTypes.has(type ?? '') ? (link(text) ?? refuse('a link: ["node id", output number]')) : json(text);
  }
}

function typeOf(value: unknown): string | undefined {
  if (typeof value === 'string') return 'STRING';
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'bigint') return 'INT';
  return typeof value === 'number' ? 'FLOAT' : undefined;
}

function link(text: string): Input | undefined {
  const value = json(text);
  return isLink(value) ? value : undefined;
}

function object(text: string): Input | undefined {
  const value = json(text);
  return isRecord(value) || isLink(value) ? value : undefined;
}

function lossless(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function json(text: string): Input {
  try {
    return parseJson(text) as Input; // any JSON is an input: literal, link or object
  } catch {
    return text;
  }
}
