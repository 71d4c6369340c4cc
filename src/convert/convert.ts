// The web UI's file + node definitions -> the API-format graph that the web UI itself would send.
import { ComfyGenError } from '../errors.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { classTable, socketName, type Classes, type NodeClass } from '../workflow/node-class.ts';
import { promote, type Promoted } from './promote.ts';
import { pushedValues, type Pushed } from './primitives.ts';
import { arrivalAt, arrivalAtWidget, type Arrival, type Wiring } from './resolve.ts';
import { isSent } from '../workflow/widget-types.ts';
import {
  customCombo,
  fillsPrefix,
  fixComboIndex,
  sentHostValue,
  sentValue,
  withoutSamplePrefix,
} from './special-nodes.ts';
import { innerScope, rootScope, type Scope } from './subgraphs.ts';
import { badWorkflow, bypassed, muted, type UiGraph, type UiNode } from './ui-graph.ts';
import { readUiFile } from './ui-file.ts';
import type { UiFile } from './ui-graph.ts';
import { fillPattern, processText } from './ui-text.ts';
import { isVirtual, passesOn, setFor } from './virtual-nodes.ts';
import { readWidgets, type NodeWidgets, type Widget } from './widgets.ts';
import type { Input, Workflow, WorkflowNode } from '../workflow/workflow.ts';

export { seededRandom } from './ui-text.ts';

export type ConvertOptions = {
  /** Strip comments and choose among `{a|b}` as the web UI does; default true. */
  readonly processText?: boolean;
  /** Numbers in [0, 1) for those choices; default Math.random. `seededRandom(seed)` makes them repeatable. */
  readonly random?: () => number;
  /** What `%date:…%` in file prefixes means; default now. */
  readonly now?: Date;
};
export type Converted = { readonly workflow: Workflow; readonly warnings: string[] };

type Conversion = Wiring & {
  readonly classes: Classes;
  readonly options: Required<ConvertOptions>;
  readonly widgets: (node: UiNode) => NodeWidgets | undefined;
  readonly pushed: (graph: UiGraph) => ReadonlyMap<string, ReadonlyMap<string, Pushed>>;
  readonly lookup: (node: string, widget: string) => unknown;
  readonly warnings: Set<string>;
  readonly missing: Map<string, Missing>;
  readonly nodes: Map<string, WorkflowNode>;
};
type Missing = { readonly pack: string | undefined; readonly ids: string[] };

/** More nodes than this are not a workflow but an attack on memory: definitions that multiply each other. */
const maxNodes = 300_000;

/**
 * Converts a UI workflow (format 0.4 or 1.0, bare or under `workflow`) with the definitions of `GET /object_info`.
 * Throws ComfyGenError: `bad_workflow` for what is none or cannot be read with certainty, `missing_node` naming all
 * unknown classes and their packs.
 */
export function convertWorkflow(ui: unknown, info: ObjectInfo, options: ConvertOptions = {}): Converted {
  const classes = classTable(info);
  const conversion = prepare(readUiFile(ui, classes), classes, {
    processText: options.processText ?? true,
    random: options.random ?? Math.random,
    now: options.now ?? new Date(),
  });
  emitAll(conversion);
  refuseMissing(conversion.missing);
  const workflow = Object.fromEntries(conversion.nodes); // fromEntries: an id `__proto__` stays an id
  return { workflow, warnings: [...conversion.file.warnings, ...conversion.warnings] };
}

function prepare(file: UiFile, classes: Classes, options: Required<ConvertOptions>): Conversion {
  const widgets = remembered((node: UiNode) => {
    const nodeClass = classes(node.type);
    return nodeClass === undefined ? undefined : readWidgets(node, nodeClass);
  });
  const promotions = promote(file, classes, (node) => widgets(node)?.widgets);
  return {
    file,
    classes,
    options,
    widgets,
    promotions,
    passes: passesOn,
    isVirtual: (node) => isVirtual(classes, node),
    getSet: setFor,
    memory: new WeakMap(),
    pushed: remembered((graph: UiGraph) => pushedValues(graph, promotions.of(graph))),
    lookup: widgetLookup(file, widgets),
    warnings: new Set(),
    missing: new Map(),
    nodes: new Map(),
  };
}

function remembered<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    if (known.has(key)) return known.get(key) as V; // has() says so
    const value = compute(key);
    known.set(key, value);
    return value;
  };
}

/** `%Node.widget%`: by "Node name for S&R" before title, first match wins, nodes of subgraphs too. */
function widgetLookup(file: UiFile, widgets: Conversion['widgets']): Conversion['lookup'] {
  let byName: Map<string, UiNode> | undefined;
  return (name, widget) => {
    byName ??= nodeNames(file);
    const node = byName.get(name);
    return node && widgets(node)?.widgets.get(widget)?.value;
  };
}

function nodeNames(file: UiFile): Map<string, UiNode> {
  const byName = new Map<string, UiNode>();
  const nodes = [file.root, ...file.definitions.values()].flatMap((graph) => [...graph.nodes.values()]);
  for (const nameOf of [(n: UiNode) => n.properties['Node name for S&R'], (n: UiNode) => n.title]) {
    for (const node of nodes) {
      const name = nameOf(node);
      if (typeof name === 'string' && !byName.has(name)) byName.set(name, node);
    }
  }
  return byName;
}

function emitAll(conversion: Conversion): void {
  const open: Scope[] = [rootScope(conversion.file.root)];
  let visited = 0;
  for (let scope = open.pop(); scope !== undefined; scope = open.pop()) {
    visited += 1 + Math.ceil(scope.graph.nodes.size * (1 + scope.prefix.length / 200)); // long ids weigh as well
    if (visited > maxNodes) throw badWorkflow(`the workflow unfolds to more than ${maxNodes} nodes`);
    const inner: Scope[] = [];
    for (const node of scope.graph.nodes.values()) {
      const definition = conversion.file.definitions.get(node.type);
      const isOff = node.mode === muted || node.mode === bypassed;
      // An instance inside a subgraph still runs what is in it, as in the UI; its links are cut or go around.
      if (definition !== undefined && (!isOff || scope.outer !== undefined))
        inner.push(innerScope(scope, node, definition));
      if (definition === undefined && !isOff && !conversion.isVirtual(node)) emit(conversion, scope, node);
    }
    open.push(...inner.reverse());
  }
}

function emit(conversion: Conversion, scope: Scope, node: UiNode): void {
  const nodeClass = conversion.classes(node.type);
  const widgets = conversion.widgets(node);
  const id = scope.prefix + node.id;
  if (nodeClass === undefined || widgets === undefined) {
    const isDecoration = node.inputs.length === 0 && node.outputs.length === 0 && !uuid.test(node.type);
    if (!isDecoration) noteMissing(conversion.missing, node, id);
    else
      conversion.warnings.add(`node ${id}: left out, for ${node.type} has no sockets and the server does not know it`);
    return;
  }
  if (widgets.problem !== undefined) throw badWorkflow(`node ${id} (${node.type}): ${widgets.problem}`);
  for (const warning of widgets.warnings) conversion.warnings.add(`node ${id} (${node.type}): ${warning}`);
  const inputs = new Map<string, unknown>();
  const arrivals = arrivalsOf(conversion, scope, node, nodeClass, widgets);
  for (const [name, widget] of widgets.widgets) {
    const arrival = arrivals.get(name) ?? arrivalAtWidget(conversion, scope, node, name);
    const value =
      arrival === undefined ? ownValue(conversion, scope, node, widget) : arrived(conversion, arrival, widget);
    if (value !== undefined) inputs.set(name, value);
  }
  for (const [name, arrival] of arrivals) if (!inputs.has(name)) inputs.set(name, arrived(conversion, arrival));
  if (nodeClass.name === customCombo) fixComboIndex(inputs);
  conversion.nodes.set(id, {
    class_type: nodeClass.name,
    inputs: Object.fromEntries(inputs) as Record<string, Input>, // what JSON of the file holds
    _meta: { title: node.title ?? displayName(nodeClass) ?? nodeClass.name },
  });
}

function displayName(nodeClass: NodeClass): string | undefined {
  const name: unknown = nodeClass.definition.display_name;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function arrivalsOf(
  conversion: Conversion,
  scope: Scope,
  node: UiNode,
  nodeClass: NodeClass,
  widgets: NodeWidgets,
): Map<string, Arrival> {
  const arrivals = new Map<string, Arrival>();
  for (const input of node.inputs) {
    if (input.name === '') continue;
    if (!widgets.hasSocket(input.name)) {
      if (input.source !== undefined)
        conversion.warnings.add(
          `node ${scope.prefix}${node.id} (${node.type}): has no input ${input.name} now, so the link to it is left out`,
        );
      continue;
    }
    const arrival = arrivalAt(conversion, scope, node, input);
    if (arrival !== undefined) arrivals.set(socketName(nodeClass, input.name), arrival);
  }
  return arrivals;
}

function arrived(conversion: Conversion, arrival: Arrival, widget?: Widget): unknown {
  if ('link' in arrival) return arrival.link;
  const given = givenValue(conversion, arrival.instance, arrival.promoted);
  return given.isHost ? sentHostValue(widget?.spec, given.value) : sentValue(widget?.spec, given.value);
}

type Given = {
  readonly value: unknown;
  /** Given by an instance, not by the widget inside. */ readonly isHost: boolean;
};

/** What an instance sends into a promoted input: its own value, else that of the first widget behind it. */
function givenValue(conversion: Conversion, instance: UiNode, promoted: Promoted): Given {
  let asked = { instance, promoted };
  for (;;) {
    const given = conversion.promotions.given(asked.instance, asked.promoted);
    if (given !== undefined) return { value: given.value, isHost: true };
    const { node, widget } = asked.promoted.first;
    const inner = conversion.file.definitions.get(node.type);
    const further = inner && conversion.promotions.of(inner)?.byName.get(widget);
    if (further === undefined) return { value: conversion.widgets(node)?.widgets.get(widget)?.value, isHost: false };
    asked = { instance: node, promoted: further };
  }
}

function ownValue(conversion: Conversion, scope: Scope, node: UiNode, { spec, value }: Widget): unknown {
  const { options, lookup } = conversion;
  if (!isSent(spec)) return undefined;
  const pushed = conversion.pushed(scope.graph).get(node.id)?.get(spec.name);
  let own = pushed === undefined ? value : pushed.value;
  if (typeof own !== 'string') return sentValue(spec, own);
  const fills = spec.name === 'filename_prefix' && fillsPrefix.has(node.type);
  if (fills || pushed?.fillPattern === true) own = fillPattern(own, options.now, lookup);
  if (options.processText && spec.options['dynamicPrompts'] === true) return processText(own as string, options.random);
  return withoutSamplePrefix(node.type, spec.name, own as string);
}

function noteMissing(missing: Map<string, Missing>, node: UiNode, id: string): void {
  if (uuid.test(node.type)) throw badWorkflow(`node ${id}: the file has no definition of its subgraph ${node.type}`);
  const pack = node.properties['cnr_id'] ?? node.properties['aux_id'];
  const known = missing.get(node.type);
  if (known === undefined) missing.set(node.type, { pack: typeof pack === 'string' ? pack : undefined, ids: [id] });
  else known.ids.push(id);
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function refuseMissing(missing: ReadonlyMap<string, Missing>): void {
  if (missing.size === 0) return;
  const lines = [...missing].map(([type, { pack, ids }]) => {
    const shown = ids.length > 5 ? `${ids.slice(0, 5).join(', ')}, …` : ids.join(', ');
    return `${type} (${pack === undefined ? '' : `pack ${pack}, `}node ${shown})`;
  });
  const count =
    missing.size === 1
      ? 'a node class that the server does not have'
      : `${missing.size} node classes that the server does not have`;
  throw new ComfyGenError('missing_node', `the workflow uses ${count}: ${lines.join('; ')}`);
}
