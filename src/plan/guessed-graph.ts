// The graph behind a UI workflow when no server is there to tell its definitions: by those that ship with us, and by the file's own sockets.
import { convertWorkflow } from '../convert/convert.ts';
import { isWebOnly } from '../convert/virtual-nodes.ts';
import { ComfyGenError } from '../errors.ts';
import { isRecord } from '../protocol/json.ts';
import type { NodeDefinition, ObjectInfo } from '../protocol/object-info.ts';
import type { Workflow } from '../workflow/workflow.ts';

/** Nobody draws more. */
const maxNodes = 100_000;

/** A best effort: `undefined` when the file cannot be read without its server. */
export function guessGraph(ui: unknown, known: ObjectInfo): Workflow | undefined {
  try {
    return convertWorkflow(ui, { ...definitionsOf(ui, known), ...known }, { processText: false }).workflow;
  } catch (error) {
    if (error instanceof ComfyGenError) return undefined;
    throw error;
  }
}

/** Classes that nobody here knows, as far as the file shows them: its sockets, and of newer files each widget's name. */
function definitionsOf(ui: unknown, known: ObjectInfo): ObjectInfo {
  const found = new Map<string, NodeDefinition>();
  const subgraphs = new Set<unknown>();
  for (const node of nodesOf(ui, subgraphs)) {
    const { type } = node;
    if (typeof type !== 'string' || Object.hasOwn(known, type) || subgraphs.has(type)) continue;
    if (!isWebOnly(type) && !/^workflow[>/]/.test(type)) found.set(type, merged(found.get(type), node, type));
  }
  return Object.fromEntries(found);
}

function* nodesOf(ui: unknown, subgraphs: Set<unknown>): Generator<Readonly<Record<string, unknown>>> {
  let left = maxNodes;
  const open: unknown[] = [isRecord(ui) && isRecord(ui['workflow']) ? ui['workflow'] : ui];
  for (const graph of open) {
    if (!isRecord(graph)) continue;
    const definitions = isRecord(graph['definitions']) ? list(graph['definitions']['subgraphs']) : [];
    for (const inner of definitions) {
      if (!isRecord(inner) || subgraphs.has(inner['id'])) continue;
      subgraphs.add(inner['id']);
      open.push(inner);
    }
    for (const node of list(graph['nodes'])) if (isRecord(node) && --left > 0) yield node;
  }
}

/** Nodes of one class may show different sockets: all of them together. */
function merged(
  before: NodeDefinition | undefined,
  node: Readonly<Record<string, unknown>>,
  name: string,
): NodeDefinition {
  const optional: Record<string, unknown> = { ...before?.input.optional };
  const isTold = tellsWidgets(node);
  for (const input of list(node['inputs'])) {
    if (!isRecord(input) || typeof input['name'] !== 'string' || Object.hasOwn(optional, input['name'])) continue;
    const type = typeof input['type'] === 'string' ? input['type'] : '*';
    const isWidget = isTold && isRecord(input['widget']);
    Object.defineProperty(optional, input['name'], {
      value: [type, isWidget ? {} : { forceInput: true }],
      enumerable: true,
    });
  }
  const outputs = list(node['outputs']).filter(isRecord);
  const output = outputs.map((o) => (typeof o['type'] === 'string' ? o['type'] : '*'));
  const names = outputs.map((o) => (typeof o['name'] === 'string' ? o['name'] : '*'));
  return { input: { optional }, output: before?.output ?? output, output_name: before?.output_name ?? names, name };
}

/**
 * Newer files show a socket for each widget, older ones only for those that were turned into inputs: then the values
 * are more than the names, apart from the control words of seeds.
 */
function tellsWidgets(node: Readonly<Record<string, unknown>>): boolean {
  if (isRecord(node['widgets_values'])) return true;
  const widgets = list(node['inputs']).filter(
    (i): i is Record<string, unknown> => isRecord(i) && isRecord(i['widget']),
  );
  const more = list(node['widgets_values']).length - widgets.length;
  return more >= 0 && more <= widgets.filter((w) => w['type'] === 'INT').length;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
