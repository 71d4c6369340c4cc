// Nodes that only the web UI knows: notes, reroutes, primitives, Get/Set pairs and the switches of well-known packs.
import type { Classes } from '../workflow/node-class.ts';
import type { Scope } from './subgraphs.ts';
import { list, type UiGraph, type UiInput, type UiNode } from './ui-graph.ts';

const coreVirtual = new Set(['Note', 'MarkdownNote', 'Reroute', 'PrimitiveNode']);
const packVirtual = new Set([
  ...[
    'GetNode',
    'SetNode',
    'easy getNode',
    'easy setNode',
    'Reroute (rgthree)',
    'Label (rgthree)',
    'Bookmark (rgthree)',
  ],
  ...[
    'Fast Muter (rgthree)',
    'Fast Bypasser (rgthree)',
    'Fast Groups Muter (rgthree)',
    'Fast Groups Bypasser (rgthree)',
  ],
  ...['Fast Actions Button (rgthree)', 'Node Collector (rgthree)', 'Random Unmuter (rgthree)'],
  ...['Anything Everywhere', 'Anything Everywhere?', 'Anything Everywhere3', 'Prompts Everywhere'],
  ...['Mute / Bypass Relay (rgthree)', 'Mute / Bypass Repeater (rgthree)', 'Node Combiner (rgthree)'],
]);
const getters = new Set(['GetNode', 'easy getNode']);
const setters = new Set(['SetNode', 'easy setNode']);

/** Whether only the web UI knows the class, wherever the server does not have one of that name. */
export function isWebOnly(type: string): boolean {
  return coreVirtual.has(type) || packVirtual.has(type);
}

export function isVirtual(classes: Classes, node: UiNode): boolean {
  if (coreVirtual.has(node.type)) return true;
  return packVirtual.has(node.type) && classes(node.type) === undefined;
}

/** Nodes that hand their first input on. */
export function passesOn(node: UiNode): boolean {
  return node.type === 'Reroute' || node.type === 'Reroute (rgthree)' || setters.has(node.type);
}

const setTables = new WeakMap<UiGraph, Map<string, UiNode>>();

/** The SetNode that a GetNode reads: of the same name, in its own graph or one around it. */
export function setFor(scope: Scope, node: UiNode): { scope: Scope; node: UiNode; input: UiInput } | undefined {
  const name = getters.has(node.type) ? list(node.values)[0] : undefined;
  if (typeof name !== 'string') return undefined;
  for (let around: Scope | undefined = scope; around !== undefined; around = around.outer?.scope) {
    const set = setsOf(around.graph).get(name);
    const input = set?.inputs[0];
    if (set !== undefined && input !== undefined) return { scope: around, node: set, input };
  }
  return undefined;
}

function setsOf(graph: UiGraph): Map<string, UiNode> {
  const known = setTables.get(graph);
  if (known !== undefined) return known;
  const table = new Map<string, UiNode>();
  for (const node of graph.nodes.values()) {
    const name = setters.has(node.type) ? list(node.values)[0] : undefined;
    if (typeof name === 'string' && !table.has(name)) table.set(name, node);
  }
  setTables.set(graph, table);
  return table;
}
