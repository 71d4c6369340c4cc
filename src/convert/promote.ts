// Promoted widgets: inputs of a subgraph that stand for widgets inside, and the values its instances give them.
import { isRecord } from '../protocol/json.ts';
import type { Classes } from '../workflow/node-class.ts';
import { isWidget } from '../workflow/widget-types.ts';
import { consumersOf, innermostFirst, socketsOf, type Consumer } from './subgraphs.ts';
import { boundary, idOf, list, type UiGraph, type UiNode } from './ui-graph.ts';
import type { UiFile } from './ui-graph.ts';
import type { Widget } from './widgets.ts';

export type Promoted = {
  readonly name: string;
  /** Input of the definition; undefined for those that only proxyWidgets ask for. */
  readonly slot: number | undefined;
  /** The widget whose own value counts while no instance gives one. */
  readonly first: { readonly node: UiNode; readonly widget: string };
};
export type PromotedOf = {
  readonly bySlot: Map<number, Promoted>;
  readonly byName: Map<string, Promoted>;
  /** Inner widget -> promoted input; only those that no link inside feeds, or whose link is replaced. */
  readonly byWidget: Map<string, Promoted>;
  /** PrimitiveNodes that a promoted input has replaced. */
  readonly replaced: Set<UiNode>;
  /** How often a name has been made unique. */
  readonly copies: Map<string, number>;
};
export type Promotions = {
  readonly of: (graph: UiGraph) => PromotedOf | undefined;
  /** What `instance` gives to `promoted`; undefined when it gives nothing. */
  readonly given: (instance: UiNode, promoted: Promoted) => { readonly value: unknown } | undefined;
};
type Setup = {
  readonly file: UiFile;
  readonly classes: Classes;
  readonly widgetsOf: (node: UiNode) => ReadonlyMap<string, Widget> | undefined;
  readonly tables: Map<UiGraph, PromotedOf>;
  readonly values: Map<UiNode, Map<Promoted, unknown>>;
};

export const widgetKey = (node: string, widget: string): string => `${node.length}:${node}:${widget}`;

/** Finds all promoted inputs and host values of a file. */
export function promote(file: UiFile, classes: Classes, widgetsOf: Setup['widgetsOf']): Promotions {
  const setup: Setup = { file, classes, widgetsOf, tables: new Map(), values: new Map() };
  const instances = instancesOf(file);
  for (const graph of innermostFirst(file)) {
    const table: PromotedOf = {
      bySlot: new Map(),
      byName: new Map(),
      byWidget: new Map(),
      replaced: new Set(),
      copies: new Map(),
    };
    setup.tables.set(graph, table);
    promoteSockets(setup, graph, table);
    for (const instance of instances.get(graph) ?? []) giveValues(setup, graph, table, instance);
  }
  return {
    of: (graph) => setup.tables.get(graph),
    given: (instance, promoted) => {
      const values = setup.values.get(instance);
      return values?.has(promoted) === true ? { value: values.get(promoted) } : undefined;
    },
  };
}

function instancesOf(file: UiFile): Map<UiGraph, UiNode[]> {
  const found = new Map<UiGraph, UiNode[]>();
  for (const graph of [file.root, ...file.definitions.values()]) {
    for (const node of graph.nodes.values()) {
      const definition = file.definitions.get(node.type);
      if (definition === undefined) continue;
      const known = found.get(definition);
      if (known === undefined) found.set(definition, [node]);
      else known.push(node);
    }
  }
  return found;
}

/** Rule 1: an input of the definition is promoted when a widget inside hangs on it. */
function promoteSockets(setup: Setup, graph: UiGraph, table: PromotedOf): void {
  graph.inputs.forEach((input, slot) => {
    for (const consumer of consumersOf(graph, boundary, slot)) {
      const widget = widgetBehind(setup, consumer);
      if (widget === undefined) continue;
      const first = { node: consumer.node, widget };
      const promoted = table.bySlot.get(slot) ?? { name: input.name, slot, first };
      table.bySlot.set(slot, promoted);
      if (!table.byName.has(promoted.name)) table.byName.set(promoted.name, promoted);
      table.byWidget.set(widgetKey(consumer.node.id, widget), promoted);
    }
  });
}

/** Name of the widget that a socket belongs to, also through a further instance. */
function widgetBehind(setup: Setup, { node, input }: Consumer): string | undefined {
  const inner = setup.file.definitions.get(node.type);
  if (inner !== undefined) {
    const slot = socketsOf(node, inner).slotOf(input);
    return slot === undefined ? undefined : setup.tables.get(inner)?.bySlot.get(slot)?.name;
  }
  const nodeClass = setup.classes(node.type);
  if (nodeClass === undefined) return input.isWidget ? input.name : undefined;
  if (setup.widgetsOf(node)?.has(input.name) === true) return input.name;
  // A widget of an option that is not chosen keeps its place among the host's values.
  const known = nodeClass.specs.find((s) => s.name === input.name);
  return known === undefined ? (input.isWidget ? input.name : undefined) : isWidget(known) ? input.name : undefined;
}

function giveValues(setup: Setup, graph: UiGraph, table: PromotedOf, instance: UiNode): void {
  const values = new Map<Promoted, unknown>();
  setup.values.set(instance, values);
  const stored = list(instance.values);
  [...table.bySlot.values()].forEach((promoted, k) => {
    if (k < stored.length) values.set(promoted, stored[k]);
  });
  if (isRecord(instance.values)) {
    for (const [name, value] of Object.entries(instance.values)) {
      const promoted = table.byName.get(name);
      if (promoted !== undefined) values.set(promoted, value);
    }
  }
  const entries = proxyEntries(instance.properties['proxyWidgets']);
  const primitives = wholePrimitives(graph, entries);
  entries.forEach((entry, k) => {
    const promoted = promotedFor(setup, graph, table, entry, primitives);
    if (promoted !== undefined && k < stored.length) values.set(promoted, stored[k]);
  });
  for (const entry of list(instance.properties['proxyWidgetErrorQuarantine'])) {
    if (!isRecord(entry) || entry['hostValue'] === undefined) continue;
    const [id, name] = list(entry['originalEntry']);
    const promoted = idOf(id) === '-1' && typeof name === 'string' ? table.byName.get(name) : undefined;
    if (promoted !== undefined) values.set(promoted, entry['hostValue']);
  }
}

type ProxyEntry = { readonly id: string; readonly widget: string; readonly owner: string | undefined };

/** A list or its JSON text; one malformed entry voids it. */
function proxyEntries(property: unknown): readonly ProxyEntry[] {
  const entries: ProxyEntry[] = [];
  for (const entry of list(typeof property === 'string' ? parsed(property) : property)) {
    const [id, widget, owner] = list(entry);
    const node = idOf(id);
    if (node === undefined || typeof widget !== 'string') return [];
    const prefixed = /^(\d+): ([\s\S]+)$/.exec(widget);
    const deepest = prefixed?.[1] ?? idOf(owner);
    entries.push({ id: node, widget: prefixed?.[2] ?? widget, owner: deepest });
  }
  return entries;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // a property that is not JSON is no list
  }
}

/** PrimitiveNodes that the list names by one widget only; two different names and the UI does nothing. */
function wholePrimitives(graph: UiGraph, entries: readonly ProxyEntry[]): ReadonlySet<UiNode> {
  const names = new Map<UiNode, Set<string>>();
  for (const entry of entries) {
    const node = graph.nodes.get(graph.renamed.get(entry.id) ?? entry.id);
    if (node?.type !== 'PrimitiveNode') continue;
    names.set(node, (names.get(node) ?? new Set()).add(entry.widget));
  }
  return new Set([...names].filter(([, widgets]) => widgets.size === 1).map(([node]) => node));
}

/** Rule 2: the promoted input an entry means, made when there is none yet. */
function promotedFor(
  setup: Setup,
  graph: UiGraph,
  table: PromotedOf,
  entry: ProxyEntry,
  primitives: ReadonlySet<UiNode>,
): Promoted | undefined {
  if (entry.id === '-1') return table.byName.get(entry.widget);
  const node = graph.nodes.get(graph.renamed.get(entry.id) ?? entry.id);
  if (node === undefined || entry.widget.startsWith('$$')) return undefined;
  if (node.type === 'PrimitiveNode')
    return primitives.has(node) ? promotePrimitive(setup, graph, table, node) : undefined;
  const widget = ownWidget(setup, node, entry);
  if (widget === undefined) return undefined;
  const key = widgetKey(node.id, widget);
  const known = table.byWidget.get(key);
  if (known !== undefined) return known;
  const made: Promoted = { name: freeName(table, widget), slot: undefined, first: { node, widget } };
  table.byName.set(made.name, made);
  table.byWidget.set(key, made);
  return made;
}

function ownWidget(setup: Setup, node: UiNode, entry: ProxyEntry): string | undefined {
  const inner = setup.file.definitions.get(node.type);
  if (inner === undefined) return setup.widgetsOf(node)?.has(entry.widget) === true ? entry.widget : undefined;
  const table = setup.tables.get(inner);
  if (table === undefined) return undefined;
  const named = table.byName.get(entry.widget);
  if (entry.owner === undefined) return named?.name;
  const owner = inner.renamed.get(entry.owner) ?? entry.owner;
  for (const promoted of table.byName.values()) {
    const deepest = deepestOf(setup, promoted);
    if (deepest.widget === entry.widget && (deepest.node.id === owner || deepest.node.id === entry.owner))
      return promoted.name;
  }
  return named?.name;
}

/** The widget of a real node that a promoted input ends at. */
function deepestOf(setup: Pick<Setup, 'file' | 'tables'>, promoted: Promoted): Promoted['first'] {
  let { first } = promoted;
  for (;;) {
    const inner = setup.file.definitions.get(first.node.type);
    const next = inner && setup.tables.get(inner)?.byName.get(first.widget);
    if (next === undefined) return first;
    first = next.first;
  }
}

/** Everything the PrimitiveNode fed hangs on the new input. */
function promotePrimitive(setup: Setup, graph: UiGraph, table: PromotedOf, node: UiNode): Promoted | undefined {
  const fed = consumersOf(graph, node.id, 0).flatMap((consumer) => {
    const widget = widgetBehind(setup, consumer);
    return widget === undefined ? [] : [{ node: consumer.node, widget }];
  });
  const first = fed[0];
  if (first === undefined) return undefined;
  const known = table.byWidget.get(widgetKey(first.node.id, first.widget));
  if (known !== undefined) return known;
  const made: Promoted = { name: freeName(table, node.title ?? first.widget), slot: undefined, first };
  table.byName.set(made.name, made);
  for (const target of fed) table.byWidget.set(widgetKey(target.node.id, target.widget), made);
  table.replaced.add(node);
  return made;
}

function freeName(table: PromotedOf, name: string): string {
  let free = name;
  for (let n = table.copies.get(name) ?? 1; table.byName.has(free); n++) {
    free = `${name}_${n}`;
    table.copies.set(name, n + 1);
  }
  return free;
}
