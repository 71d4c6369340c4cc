// The sockets of a group node's instance -> those of its inner nodes. Slots in old files are stale: the names decide.
import { isRecord } from '../protocol/json.ts';
import type { Classes } from '../workflow/node-class.ts';
import { configOf, type Group } from './group.ts';
import { widgetOrder } from './group-values.ts';
import { consumersOf } from './subgraphs.ts';
import { boundary, list, type UiInput, type UiNode } from './ui-graph.ts';

type Inner = {
  readonly node: string;
  readonly input: string;
  readonly name: string;
  readonly type: string;
  readonly isWidget: boolean;
};

/** Links the inner sockets to the boundary; answers the inputs of the definition, named as the instance names them. */
export function connectInstance(
  group: Group,
  nodes: Map<string, UiNode>,
  instance: UiNode,
  classes: Classes,
  warnings: string[],
): { name: string; type: string }[] {
  const open = namedSockets(group, classes);
  const inputs: { name: string; type: string }[] = [];
  const connect = (outer: UiInput, inner: Inner): void => {
    open.delete(inner);
    if (outer.source === undefined) return;
    feed(group, nodes, inner, inputs.length);
    inputs.push({ name: outer.name, type: outer.type });
  };
  const unnamed = instance.inputs.filter((outer) => {
    const inner = [...open].find((socket) => socket.name === outer.name);
    if (inner !== undefined) connect(outer, inner);
    return inner === undefined;
  });
  for (const outer of unnamed) {
    const alike = [...open].filter((socket) => socket.isWidget === outer.isWidget && socket.type === outer.type);
    const [inner] = outer.isWidget && alike.length > 1 ? [] : alike; // of several widgets nobody knows which
    if (inner !== undefined) connect(outer, inner);
    else if (outer.source !== undefined)
      warnings.push(
        `node ${instance.id} (group node): nothing inside takes its input "${outer.name}", so the link is left out`,
      );
  }
  return inputs;
}

/** Every socket that the instance can have, under the name that the web UI gives it. */
function namedSockets(group: Group, classes: Classes): Set<Inner> {
  const widgets = widgetOrder(group, classes);
  const taken = new Set<string>();
  const sockets: Inner[] = [...group.graph.nodes.values()].flatMap((node) => {
    const name = (input: string): string => freeName(taken, node, input, ownName(group, node, input));
    const plain = node.inputs.flatMap((input, slot): Inner[] => {
      const isFree = !input.isWidget && !group.fed.has(`${node.id}:${slot}`);
      if (!isFree || configOf(group.raw, node.id, 'input', input.name)['visible'] === false) return [];
      const { type } = input;
      return [{ node: node.id, input: input.name, name: name(input.name), type, isWidget: false }];
    });
    const own = widgets.filter((slot) => slot.node.id === node.id);
    const converted = own.flatMap(({ spec }): Inner[] => {
      const input = spec?.name ?? (node.type === 'PrimitiveNode' ? 'value' : undefined);
      if (input === undefined) return [];
      return [{ node: node.id, input, name: name(input), type: spec?.type ?? typeOf(node), isWidget: true }];
    });
    return [...plain, ...converted];
  });
  return new Set(sockets);
}

function typeOf(node: UiNode): string {
  return node.outputs[0]?.type ?? '*';
}

/** The name that the author gave it, else what the file writes on it, else its own; of a Reroute its type. */
function ownName(group: Group, node: UiNode, input: string): string {
  const configured = configOf(group.raw, node.id, 'input', input)['name'];
  if (typeof configured === 'string' && configured !== '') return configured;
  if (input === '') return typeOf(node);
  const raw = list(group.raw['nodes'])[Number(node.id)];
  const socket = isRecord(raw) ? list(raw['inputs']).find((s) => isRecord(s) && s['name'] === input) : undefined;
  const label = isRecord(socket) ? socket['label'] : undefined;
  return typeof label === 'string' && label !== '' ? label : input;
}

/** A name that is taken is told apart by the node's title or class, then by a number. */
function freeName(taken: Set<string>, node: UiNode, input: string, own: string): string {
  const prefix = node.title ?? node.type;
  let name = node.type === 'PrimitiveNode' && node.title !== undefined ? `${prefix} ${input}` : own;
  for (let n = 1; taken.has(name); n++) name = n === 1 ? `${prefix} ${input}` : `${prefix} ${n} ${input}`;
  taken.add(name);
  return name;
}

function feed(group: Group, nodes: Map<string, UiNode>, inner: Inner, slot: number): void {
  const source = { node: boundary, slot };
  const node = nodes.get(inner.node);
  if (node === undefined) return;
  // A PrimitiveNode that is fed from outside hands the value on to its targets.
  if (node.type === 'PrimitiveNode') {
    for (const { input } of consumersOf(group.graph, node.id, 0)) input.source = source;
    return;
  }
  const input = node.inputs.find((own) => own.name === inner.input);
  if (input !== undefined) input.source = source;
  else {
    const added: UiInput = { name: inner.input, type: inner.type, isWidget: true, linkId: undefined, source, order: 0 };
    nodes.set(node.id, { ...node, inputs: [...node.inputs, added] });
  }
}
