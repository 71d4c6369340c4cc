// Subgraph definitions and their instances: order without cycles, sockets of an instance, places in the running graph.
import { badWorkflow, boundary, type UiGraph, type UiInput, type UiNode } from './ui-graph.ts';
import type { UiFile } from './ui-graph.ts';

/** One running copy of a graph: the file itself, or what an instance stands for. Ids inside begin with `prefix`. */
export type Scope = {
  readonly graph: UiGraph;
  readonly prefix: string;
  readonly depth: number;
  /** The instance and where it lies; undefined for the file itself. */
  readonly outer: { readonly scope: Scope; readonly instance: UiNode } | undefined;
  readonly children: Map<string, Scope>;
};

const maxDepth = 200;

export function rootScope(graph: UiGraph): Scope {
  return { graph, prefix: '', depth: 0, outer: undefined, children: new Map() };
}

/** The graph that `instance` stands for, running in `scope`. */
export function innerScope(scope: Scope, instance: UiNode, graph: UiGraph): Scope {
  const known = scope.children.get(instance.id);
  if (known !== undefined) return known;
  if (scope.depth >= maxDepth) throw badWorkflow(`subgraphs are nested deeper than ${maxDepth} levels`);
  const inner: Scope = {
    graph,
    prefix: `${scope.prefix}${instance.id}:`,
    depth: scope.depth + 1,
    outer: { scope, instance },
    children: new Map(),
  };
  scope.children.set(instance.id, inner);
  return inner;
}

/** Definitions with those they contain before them. Throws for one that contains itself. */
export function innermostFirst(file: UiFile): UiGraph[] {
  const ordered: UiGraph[] = [];
  const state = new Map<UiGraph, 'open' | 'done'>();
  for (const start of file.definitions.values()) {
    const stack = state.has(start) ? [] : [{ graph: start, inner: innerOf(file, start) }];
    if (stack.length > 0) state.set(start, 'open');
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.inner.pop();
      if (next === undefined) {
        state.set(top.graph, 'done');
        ordered.push(top.graph);
        stack.pop();
      } else if (state.get(next) === 'open') {
        throw badWorkflow(`subgraph "${next.name}" contains itself`);
      } else if (!state.has(next)) {
        state.set(next, 'open');
        stack.push({ graph: next, inner: innerOf(file, next) });
      }
    }
  }
  return ordered;
}

function innerOf(file: UiFile, graph: UiGraph): UiGraph[] {
  const found = new Set<UiGraph>();
  for (const node of graph.nodes.values()) {
    const inner = file.definitions.get(node.type);
    if (inner !== undefined) found.add(inner);
  }
  return [...found];
}

/** Which input of an instance belongs to which input of its definition: by name, else by type, else in order. */
export type Sockets = {
  readonly inputOf: (slot: number) => UiInput | undefined;
  readonly slotOf: (input: UiInput) => number | undefined;
};

const matched = new WeakMap<UiNode, Sockets>();

export function socketsOf(instance: UiNode, graph: UiGraph): Sockets {
  const known = matched.get(instance);
  if (known !== undefined) return known;
  const bySlot = new Map<number, UiInput>();
  const byInput = new Map<UiInput, number>();
  const pair = (accept: Map<string, UiInput[]>, key: (slot: number) => string): void => {
    graph.inputs.forEach((_input, slot) => {
      if (bySlot.has(slot)) return;
      const input = accept.get(key(slot))?.shift();
      if (input === undefined) return;
      bySlot.set(slot, input);
      byInput.set(input, slot);
    });
  };
  const rest = (): UiInput[] => instance.inputs.filter((i) => !byInput.has(i));
  pair(
    grouped(instance.inputs, (i) => i.name),
    (slot) => graph.inputs[slot]?.name ?? '',
  );
  // What is left on both sides was renamed.
  if (bySlot.size < graph.inputs.length && byInput.size < instance.inputs.length) {
    pair(
      grouped(rest(), (i) => i.type),
      (slot) => graph.inputs[slot]?.type ?? '',
    );
    pair(
      grouped(rest(), () => ''),
      () => '',
    );
  }
  const sockets = { inputOf: (slot: number) => bySlot.get(slot), slotOf: (input: UiInput) => byInput.get(input) };
  matched.set(instance, sockets);
  return sockets;
}

function grouped(inputs: readonly UiInput[], key: (input: UiInput) => string): Map<string, UiInput[]> {
  const groups = new Map<string, UiInput[]>();
  for (const input of inputs) {
    const group = groups.get(key(input));
    if (group === undefined) groups.set(key(input), [input]);
    else group.push(input);
  }
  return groups;
}

export type Consumer = { readonly node: UiNode; readonly input: UiInput };

const consumerTables = new WeakMap<UiGraph, Map<string, Consumer[]>>();

/** Who is fed by output `slot` of a node (or of the boundary), in the order of the link table. */
export function consumersOf(graph: UiGraph, source: string, slot: number): readonly Consumer[] {
  let table = consumerTables.get(graph);
  if (table === undefined) {
    table = new Map();
    for (const node of graph.nodes.values()) {
      for (const input of node.inputs) {
        if (input.source === undefined) continue;
        const feeder = graph.nodes.get(input.source.node);
        if (input.source.node !== boundary && feeder?.type !== 'PrimitiveNode') continue;
        const key = `${input.source.slot}:${input.source.node}`;
        const group = table.get(key);
        if (group === undefined) table.set(key, [{ node, input }]);
        else group.push({ node, input });
      }
    }
    for (const group of table.values()) group.sort((a, b) => a.input.order - b.input.order);
    consumerTables.set(graph, table);
  }
  return table.get(`${slot}:${source}`) ?? [];
}
