// Group nodes, the forerunners of subgraphs: read as subgraph definitions whose inner ids are places in the group.
import { isRecord } from '../protocol/json.ts';
import {
  badWorkflow,
  boundary,
  list,
  rawGraph,
  readGraph,
  type UiGraph,
  type UiInput,
  type UiNode,
} from './ui-graph.ts';
import type { UiFile } from './ui-file.ts';

const groupType = /^workflow[>/]([\s\S]+)$/;

/** Adds a definition for each group node that the file uses. */
export function expandGroupNodes(file: UiFile, extra: unknown): UiFile {
  const groups = isRecord(extra) && isRecord(extra['groupNodes']) ? extra['groupNodes'] : {};
  const definitions = new Map(file.definitions);
  const expand = (graph: UiGraph): UiGraph => {
    if (![...graph.nodes.values()].some((node) => groupType.test(node.type))) return graph;
    const nodes = new Map<string, UiNode>();
    for (const node of graph.nodes.values()) {
      const name = groupType.exec(node.type)?.[1];
      const group = name !== undefined && Object.hasOwn(groups, name) ? groups[name] : undefined;
      if (name === undefined || definitions.has(node.type)) nodes.set(node.id, node);
      else if (!isRecord(group))
        throw badWorkflow(`node ${node.id}: the file has no definition of its group node "${name}"`);
      else {
        const type = `${node.type}\n${node.id}`; // values are the instance's own, so each has its own definition
        definitions.set(type, groupGraph(group, name, node));
        nodes.set(node.id, { ...node, type, values: undefined });
      }
    }
    return { ...graph, nodes };
  };
  const root = expand(file.root);
  for (const [id, graph] of file.definitions) definitions.set(id, expand(graph));
  return { ...file, root, definitions };
}

function groupGraph(group: Record<string, unknown>, name: string, instance: UiNode): UiGraph {
  const nodes = list(group['nodes']).map((raw, index) => (isRecord(raw) ? { ...raw, id: index } : raw));
  // Inner links are [from place, slot, to place, slot, id, type]; from null means from outside.
  const links = list(group['links']).flatMap((raw, index) => {
    const [from, fromSlot, to, toSlot] = list(raw);
    return typeof from === 'number' ? [[index + 1, from, fromSlot, to, toSlot, '*']] : [];
  });
  const linked = new Set(links.map((l) => `${String(l[3])}:${String(l[4])}`));
  const used = new Set(links.map((l) => `${String(l[1])}:${String(l[2])}`));
  const shown = new Set(list(group['external']).map((e) => `${String(list(e)[0])}:${String(list(e)[1])}`));
  const graph = readGraph(
    rawGraph({ nodes, links, inputNode: { id: 'in' }, outputNode: { id: 'out' } }, name, name),
    new Map(),
  );
  const values = list(instance.values);
  let taken = 0;
  const sockets: UiInput[] = [];
  const inner = new Map<string, UiNode>();
  const outputs: UiGraph['outputs'][number][] = [];
  for (const node of graph.nodes.values()) {
    const own = list(node.values).length;
    const given = values.slice(taken, taken + own);
    taken += own;
    inner.set(node.id, given.length === own && own > 0 ? { ...node, values: given } : node);
    node.inputs.forEach((input, slot) => {
      if (!linked.has(`${node.id}:${slot}`)) sockets.push(input);
    });
    node.outputs.forEach((output, slot) => {
      const key = `${node.id}:${slot}`;
      if (!used.has(key) || shown.has(key)) outputs.push({ name: output.name, source: { node: node.id, slot } });
    });
  }
  return { ...graph, nodes: inner, outputs, inputs: wire(sockets, instance) };
}

/** The instance lists sockets first, widgets behind them, each in the order of the inner nodes. */
function wire(sockets: readonly UiInput[], instance: UiNode): { name: string; type: string }[] {
  const inputs: { name: string; type: string }[] = [];
  for (const isWidget of [false, true]) {
    const outside = instance.inputs.filter((i) => i.isWidget === isWidget);
    sockets
      .filter((s) => s.isWidget === isWidget)
      .forEach((socket, index) => {
        const outer = outside[index];
        if (outer?.source === undefined) return;
        socket.source = { node: boundary, slot: inputs.length };
        inputs.push({ name: outer.name, type: outer.type });
      });
  }
  return inputs;
}
