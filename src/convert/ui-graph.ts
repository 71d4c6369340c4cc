// The web UI's file as data: graphs, nodes, sockets and where each socket's link comes from. 0.4 and 1.0, any link form.
import { isRecord } from '../protocol/json.ts';
import { ComfyGenError } from '../errors.ts';

/** An output of a node, or an input of the surrounding subgraph when `node` is `boundary`. */
export type Source = { readonly node: string; readonly slot: number };
/** Stands for the surrounding subgraph; no node can have this id, for ids of files are never empty. */
export const boundary = '';

export type UiInput = {
  readonly name: string;
  readonly type: string;
  /** Has the mark of a socket that belongs to a widget. */
  readonly isWidget: boolean;
  readonly linkId: string | undefined;
  /** Where the value comes from; filled from the link table, which is the truth. */
  source: Source | undefined;
  /** Place of that link in the table; the first of several decides. */
  order: number;
};
export type UiNode = {
  readonly id: string;
  readonly type: string;
  readonly title: string | undefined;
  readonly mode: number;
  readonly inputs: readonly UiInput[];
  readonly outputs: readonly { readonly name: string; readonly type: string }[];
  readonly properties: Readonly<Record<string, unknown>>;
  readonly values: unknown;
  readonly named: Readonly<Record<string, unknown>> | undefined;
};
export type UiGraph = {
  /** For messages and ids; empty for the file itself. */
  readonly name: string;
  readonly nodes: ReadonlyMap<string, UiNode>;
  readonly inputs: readonly { readonly name: string; readonly type: string }[];
  readonly outputs: readonly { readonly name: string; source: Source | undefined }[];
  /** Inner ids that were taken and had to be changed, old -> new: proxyWidgets still say the old ones. */
  readonly renamed: ReadonlyMap<string, string>;
};

/** A whole file: its outermost graph and its subgraphs. */
export type UiFile = {
  readonly root: UiGraph;
  /** Subgraph definitions by id, which is the `type` of their instances. */
  readonly definitions: ReadonlyMap<string, UiGraph>;
  readonly warnings: string[];
};
/** A graph before its links are followed. */
export type RawGraph = {
  readonly name: string;
  readonly id: string;
  readonly raw: Record<string, unknown>;
  readonly nodes: readonly { id: string; readonly raw: Record<string, unknown> }[];
};

export const muted = 2;
export const bypassed = 4;

export function badWorkflow(message: string): ComfyGenError {
  return new ComfyGenError('bad_workflow', message);
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** A number or a text of the file as an id; undefined when it can be none. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value !== '' && value.length <= 256 ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A node with more sockets than this is made to cost time. */
const maxSockets = 10_000;

/** Splits a graph of the file into nodes; refuses what cannot be a node. */
export function rawGraph(raw: Record<string, unknown>, name: string, id: string): RawGraph {
  const nodes = list(raw['nodes']).map((node, index) => {
    const where = name === '' ? '' : ` of subgraph "${name}"`;
    if (!isRecord(node)) throw badWorkflow(`entry ${index} of nodes${where} is no node`);
    const nodeId = idOf(node['id']);
    if (nodeId === undefined) throw badWorkflow(`node ${index}${where} has no id`);
    if (typeof node['type'] !== 'string') throw badWorkflow(`node ${nodeId}${where} has no type`);
    if (Math.max(list(node['inputs']).length, list(node['outputs']).length) > maxSockets) {
      throw badWorkflow(`node ${nodeId}${where} has more than ${maxSockets} sockets`);
    }
    return { id: nodeId, raw: node };
  });
  return { name, id, raw, nodes };
}

type Link = { readonly id: string; readonly from: Source; readonly to: string; readonly toSlot: number; order: number };

/** Follows the links of a graph; `rename` tells ids that had to be changed (old -> new). */
export function readGraph(graph: RawGraph, rename: ReadonlyMap<string, string>): UiGraph {
  const into = boundaryId(graph.raw['inputNode'], '-10');
  const out = boundaryId(graph.raw['outputNode'], '-20');
  const isRoot = graph.id === '';
  const nodes = new Map(graph.nodes.map((n) => [n.id, readNode(n.id, n.raw)]));
  const outputs = sockets(graph.raw['outputs']).map((o) => ({ name: o.name, source: undefined as Source | undefined }));
  const byId = new Map<string, Link>();
  const loose = new Map<string, Link>(); // target and slot -> first link that no socket names
  const named = new Set<string>();
  for (const node of nodes.values()) for (const i of node.inputs) if (i.linkId !== undefined) named.add(i.linkId);
  for (const entry of list(graph.raw['links'])) {
    const link = readLink(entry, rename);
    if (link === undefined) continue;
    link.order = byId.size;
    if (!isRoot && link.from.node === into) Object.assign(link, { from: { node: boundary, slot: link.from.slot } });
    else if (!nodes.has(link.from.node)) continue;
    const output = !isRoot && link.to === out ? outputs[link.toSlot] : undefined;
    if (output !== undefined) output.source ??= link.from;
    if (!byId.has(link.id)) byId.set(link.id, link);
    const end = `${link.toSlot}:${link.to}`;
    if (!named.has(link.id) && !loose.has(end)) loose.set(end, link);
  }
  for (const node of nodes.values()) {
    node.inputs.forEach((input, slot) => {
      const link = (input.linkId === undefined ? undefined : byId.get(input.linkId)) ?? loose.get(`${slot}:${node.id}`);
      input.source = link?.from;
      input.order = link?.order ?? 0;
    });
  }
  return { name: graph.name, nodes, inputs: sockets(graph.raw['inputs']), outputs, renamed: rename };
}

function boundaryId(node: unknown, fallback: string): string {
  return (isRecord(node) ? idOf(node['id']) : undefined) ?? fallback;
}

function sockets(value: unknown): { name: string; type: string }[] {
  return list(value).map((s) =>
    isRecord(s) ? { name: text(s['name']), type: typeWord(s['type']) } : { name: '', type: '*' },
  );
}

/** Types are words; old files write lists for combos and numbers for "anything". */
function typeWord(type: unknown): string {
  if (typeof type === 'string') return type;
  return Array.isArray(type) ? 'COMBO' : '*';
}

function readLink(entry: unknown, rename: ReadonlyMap<string, string>): Link | undefined {
  const [id, from, fromSlot, to, toSlot] = Array.isArray(entry)
    ? (entry as unknown[])
    : isRecord(entry)
      ? [entry['id'], entry['origin_id'], entry['origin_slot'], entry['target_id'], entry['target_slot']]
      : [];
  const [linkId, origin, target] = [idOf(id), idOf(from), idOf(to)];
  const [originSlot, targetSlot] = [numberOf(fromSlot), numberOf(toSlot)];
  if (linkId === undefined || origin === undefined || target === undefined || originSlot === undefined)
    return undefined;
  return {
    id: linkId,
    from: { node: rename.get(origin) ?? origin, slot: originSlot },
    to: rename.get(target) ?? target,
    toSlot: targetSlot ?? -1,
    order: 0,
  };
}

function readNode(id: string, raw: Record<string, unknown>): UiNode {
  const inputs = list(raw['inputs']).map((socket): UiInput => {
    const s = isRecord(socket) ? socket : {};
    const link = s['link'];
    return {
      name: text(s['name']),
      type: typeWord(s['type']),
      isWidget: isRecord(s['widget']),
      linkId: link === null ? undefined : idOf(link),
      source: undefined,
      order: 0,
    };
  });
  const title = raw['title'];
  return {
    id,
    type: text(raw['type']),
    title: typeof title === 'string' && title !== '' ? title : undefined,
    mode: numberOf(raw['mode']) ?? 0,
    inputs,
    outputs: sockets(raw['outputs']),
    properties: isRecord(raw['properties']) ? raw['properties'] : {},
    values: raw['widgets_values'] ?? undefined,
    named: isRecord(raw['widgets_values_named']) ? raw['widgets_values_named'] : undefined,
  };
}
