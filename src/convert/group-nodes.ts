// Group nodes, the forerunners of subgraphs: read as subgraph definitions whose inner ids are places in the group.
import { isRecord } from '../protocol/json.ts';
import type { Classes } from '../workflow/node-class.ts';
import { configOf, type Group } from './group.ts';
import { connectInstance } from './group-sockets.ts';
import { giveValues } from './group-values.ts';
import { badWorkflow, list, rawGraph, readGraph, type UiFile, type UiGraph, type UiNode } from './ui-graph.ts';

const groupType = /^workflow[>/]([\s\S]+)$/;

/** Adds a definition for each group node that the file uses. */
export function expandGroupNodes(file: UiFile, extra: unknown, classes: Classes): UiFile {
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
        definitions.set(type, definitionOf(readGroup(group, name), node, classes, file.warnings));
        nodes.set(node.id, { ...node, type, values: undefined, named: undefined });
      }
    }
    return { ...graph, nodes };
  };
  const root = expand(file.root);
  for (const [id, graph] of file.definitions) definitions.set(id, expand(graph));
  return { ...file, root, definitions };
}

function readGroup(raw: Record<string, unknown>, name: string): Group {
  const nodes = list(raw['nodes']).map((node, index) => (isRecord(node) ? { ...node, id: index } : node));
  // Inner links are [from place, slot, to place, slot, id, type]; from null means from outside.
  const links = list(raw['links']).flatMap((link, index) => {
    const [from, fromSlot, to, toSlot, , type] = list(link);
    return typeof from === 'number' ? [[index + 1, from, fromSlot, to, toSlot, type]] : [];
  });
  const inner = { nodes, links, inputNode: { id: 'in' }, outputNode: { id: 'out' } };
  return {
    graph: readGraph(rawGraph(inner, name, name), new Map()),
    raw,
    fed: new Set(links.map((link) => `${String(link[3])}:${String(link[4])}`)),
    used: new Set(links.map((link) => `${String(link[1])}:${String(link[2])}`)),
  };
}

function definitionOf(group: Group, instance: UiNode, classes: Classes, warnings: string[]): UiGraph {
  const nodes = giveValues(group, instance, classes, warnings);
  const inputs = connectInstance(group, nodes, instance, classes, warnings);
  return { ...group.graph, nodes, inputs, outputs: outputsOf(group) };
}

/** Those that are used outside or by nobody, unless the configuration says otherwise; slots count these alone. */
function outputsOf({ graph, raw, used }: Group): UiGraph['outputs'] {
  const external = new Set(list(raw['external']).map((entry) => `${String(list(entry)[0])}:${String(list(entry)[1])}`));
  return [...graph.nodes.values()].flatMap((node) =>
    node.outputs.flatMap((output, slot) => {
      const key = `${node.id}:${slot}`;
      const isVisible = configOf(raw, node.id, 'output', String(slot))['visible'];
      const isShown = typeof isVisible === 'boolean' ? isVisible : !used.has(key) || external.has(key);
      return isShown ? [{ name: output.name, source: { node: node.id, slot } }] : [];
    }),
  );
}
