// unknown -> the web UI's file: unwraps it, finds all subgraph definitions, gives equal ids new ones as the UI does on load.
import { isRecord } from '../protocol/json.ts';
import type { Classes } from '../workflow/node-class.ts';
import { expandGroupNodes } from './group-nodes.ts';
import { badWorkflow, idOf, list, rawGraph, readGraph, type RawGraph, type UiFile, type UiGraph } from './ui-graph.ts';
import { applyUeLinks } from './use-everywhere.ts';

/** Reads a UI workflow of format 0.4 or 1.0, bare or under `workflow`. Throws `bad_workflow` for everything else. */
export function readUiFile(value: unknown, classes: Classes): UiFile {
  const document = unwrap(value);
  const warnings: string[] = [];
  const root = rawGraph(document, '', '');
  const subgraphs = collectDefinitions(document);
  const used = new Set<string>();
  const next = idSource(document, [root, ...subgraphs]);
  dropTwins(root, used, next, warnings);
  const definitions = new Map<string, UiGraph>();
  for (const raw of subgraphs) {
    const rename = renumber(raw, used, next);
    if (definitions.has(raw.id)) continue;
    const graph = readGraph(raw, rename);
    applyUeLinks(graph, raw.raw['extra'], warnings);
    definitions.set(raw.id, graph);
  }
  const file: UiFile = { root: readGraph(root, new Map()), definitions, warnings };
  const extra = document['extra'];
  applyUeLinks(file.root, extra, warnings);
  return expandGroupNodes(file, extra, classes);
}

function unwrap(value: unknown): Record<string, unknown> {
  let document = value;
  for (let depth = 0; depth < 3 && isRecord(document) && !Array.isArray(document['nodes']); depth++) {
    document = document['workflow'] ?? document;
  }
  if (!isRecord(document)) throw badWorkflow('this is no workflow of the web UI: expected an object with nodes');
  if (Array.isArray(document['nodes'])) return document;
  const looksLikeApi = Object.values(document).some((node) => isRecord(node) && typeof node['class_type'] === 'string');
  throw badWorkflow(
    looksLikeApi
      ? 'this is an API-format workflow already: it needs no conversion'
      : 'this is no workflow of the web UI: it has no list of nodes',
  );
}

/** All definitions, in the order of the file, those inside others after them. */
function collectDefinitions(document: Record<string, unknown>): RawGraph[] {
  const found: RawGraph[] = [];
  const open: unknown[] = [document];
  const seen = new Set<unknown>(open);
  for (const holder of open) {
    const definitions = isRecord(holder) ? holder['definitions'] : undefined;
    for (const raw of isRecord(definitions) ? list(definitions['subgraphs']) : []) {
      if (!isRecord(raw) || seen.has(raw)) continue;
      const id = idOf(raw['id']);
      if (id === undefined) throw badWorkflow('a subgraph definition has no id');
      found.push(rawGraph(raw, typeof raw['name'] === 'string' ? raw['name'] : id, id));
      seen.add(raw);
      open.push(raw);
    }
  }
  return found;
}

/** New ids count on from `last_node_id` or the highest id seen. */
function idSource(document: Record<string, unknown>, graphs: readonly RawGraph[]): () => string {
  const state = document['state'];
  const stored = isRecord(state) ? state['lastNodeId'] : document['last_node_id'];
  let last = typeof stored === 'number' && Number.isSafeInteger(stored) ? stored : 0;
  for (const graph of graphs) {
    const own = graph.raw['state'];
    const ids = [isRecord(own) ? own['lastNodeId'] : 0, ...graph.nodes.map((n) => n.raw['id'])];
    for (const id of ids)
      if (typeof id === 'number' && Number.isSafeInteger(id) && id < 2 ** 50) last = Math.max(last, id);
  }
  return () => String(++last);
}

function dropTwins(root: RawGraph, used: Set<string>, next: () => string, warnings: string[]): void {
  for (const node of root.nodes) {
    if (used.has(node.id)) {
      const id = next();
      warnings.push(`two nodes have the id ${node.id}: the second is now ${id}, its links are lost`);
      node.id = id;
    }
    used.add(node.id);
  }
}

/** An inner node whose id is taken at top level or in an earlier definition gets a new one; it shows in the prompt. */
function renumber(graph: RawGraph, used: Set<string>, next: () => string): ReadonlyMap<string, string> {
  const rename = new Map<string, string>();
  for (const node of graph.nodes) {
    if (used.has(node.id)) {
      const id = next();
      rename.set(node.id, id);
      node.id = id;
    }
    used.add(node.id);
  }
  return rename;
}
