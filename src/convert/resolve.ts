// Where a socket's value really comes from: through reroutes, bypassed nodes, Get/Set pairs and subgraph walls.
import type { Link } from '../workflow/workflow.ts';
import { passedOn } from './bypass.ts';
import type { Promoted, Promotions } from './promote.ts';
import { widgetKey } from './promote.ts';
import { innerScope, socketsOf, type Scope } from './subgraphs.ts';
import { boundary, bypassed, muted, type Source, type UiInput, type UiNode } from './ui-graph.ts';
import type { UiFile } from './ui-file.ts';

/** A link to an emitted node, or the value an instance gives. `undefined` elsewhere: nothing arrives, the own value counts. */
export type Arrival = { readonly link: Link } | { readonly instance: UiNode; readonly promoted: Promoted };

export type Wiring = {
  readonly file: UiFile;
  readonly promotions: Promotions;
  /** Nodes that hand their first input on, and those that emit nothing at all. */
  readonly passes: (node: UiNode) => boolean;
  readonly isVirtual: (node: UiNode) => boolean;
  readonly getSet: (
    scope: Scope,
    node: UiNode,
  ) => { readonly scope: Scope; readonly input: UiInput; readonly node: UiNode } | undefined;
  readonly memory: WeakMap<Scope, Map<string, Arrival | undefined>>;
};

type Place =
  | { readonly at: 'input'; readonly scope: Scope; readonly node: UiNode; readonly input: UiInput }
  | { readonly at: 'source'; readonly scope: Scope; readonly source: Source }
  | { readonly at: 'host'; readonly scope: Scope; readonly promoted: Promoted }
  | { readonly at: 'end'; readonly arrival: Arrival | undefined };

const nothing: Place = { at: 'end', arrival: undefined };

/** Follows one socket to its end. Chains are remembered, so that many consumers of a long one cost no more than one. */
export function arrivalAt(wiring: Wiring, scope: Scope, node: UiNode, input: UiInput): Arrival | undefined {
  return follow(wiring, { at: 'input', scope, node, input }, input.type);
}

/** The value for a widget without a socket: only proxyWidgets can feed it. */
export function arrivalAtWidget(wiring: Wiring, scope: Scope, node: UiNode, widget: string): Arrival | undefined {
  const promoted = wiring.promotions.of(scope.graph)?.byWidget.get(widgetKey(node.id, widget));
  return promoted === undefined ? undefined : follow(wiring, { at: 'host', scope, promoted }, '*');
}

function follow(wiring: Wiring, start: Place, type: string): Arrival | undefined {
  let place = start;
  let wanted = type;
  const passed: { memory: Map<string, Arrival | undefined>; key: string }[] = [];
  let arrival: Arrival | undefined;
  for (;;) {
    if (place.at === 'end') {
      arrival = place.arrival;
      break;
    }
    if (place.at === 'source') {
      const memory = memoryOf(wiring, place.scope);
      const key = `${place.source.slot}:${wanted}:${place.source.node}`;
      if (memory.has(key)) {
        arrival = memory.get(key); // known, or met before on this way: a circle brings nothing
        break;
      }
      memory.set(key, undefined);
      passed.push({ memory, key });
      const next = fromSource(wiring, place.scope, place.source, wanted);
      wanted = next.wanted ?? wanted;
      place = next.place;
    } else if (place.at === 'input') place = fromInput(wiring, place.scope, place.node, place.input);
    else place = fromHost(wiring, place.scope, place.promoted);
  }
  for (const step of passed) step.memory.set(step.key, arrival);
  return arrival;
}

function memoryOf(wiring: Wiring, scope: Scope): Map<string, Arrival | undefined> {
  const known = wiring.memory.get(scope);
  if (known !== undefined) return known;
  const memory = new Map<string, Arrival | undefined>();
  wiring.memory.set(scope, memory);
  return memory;
}

function fromInput(wiring: Wiring, scope: Scope, node: UiNode, input: UiInput): Place {
  const table = wiring.promotions.of(scope.graph);
  const inner = wiring.file.definitions.get(node.type);
  let widget: string | undefined = input.name;
  if (inner !== undefined) {
    const slot = socketsOf(node, inner).slotOf(input);
    widget = slot === undefined ? undefined : wiring.promotions.of(inner)?.bySlot.get(slot)?.name;
  }
  // A promoted widget listens to the wall alone: proxyWidgets replace a link inside.
  const promoted = widget === undefined ? undefined : table?.byWidget.get(widgetKey(node.id, widget));
  if (promoted !== undefined) return { at: 'host', scope, promoted };
  return input.source === undefined ? nothing : { at: 'source', scope, source: input.source };
}

/** At the wall, from inside: on with the instance's socket, or with what the instance gives. */
function fromHost(wiring: Wiring, scope: Scope, promoted: Promoted): Place {
  const { outer } = scope;
  if (outer === undefined) return nothing;
  const { instance } = outer;
  const given: Place = { at: 'end', arrival: { instance, promoted } };
  const further = wiring.promotions.of(outer.scope.graph)?.byWidget.get(widgetKey(instance.id, promoted.name));
  if (further !== undefined) return { at: 'host', scope: outer.scope, promoted: further };
  const input = promoted.slot === undefined ? undefined : socketsOf(instance, scope.graph).inputOf(promoted.slot);
  // Also a link that leads nowhere beats the instance's value; then the own value inside counts.
  return input?.source === undefined ? given : { at: 'source', scope: outer.scope, source: input.source };
}

type Step = { readonly place: Place; readonly wanted?: string | undefined };

function fromSource(wiring: Wiring, scope: Scope, source: Source, wanted: string): Step {
  if (source.node === boundary) return { place: fromWall(wiring, scope, source.slot) };
  const node = scope.graph.nodes.get(source.node);
  if (node === undefined || node.mode === muted) return { place: nothing };
  const inner = wiring.file.definitions.get(node.type);
  if (wiring.passes(node)) return throughInput(scope, node, node.inputs[0], wanted);
  if (node.mode === bypassed && !wiring.isVirtual(node)) {
    const input = passedOn(node, source.slot, wanted);
    return throughInput(scope, node, input, input?.type);
  }
  if (inner !== undefined) {
    const inside = inner.outputs[source.slot]?.source;
    return {
      place: inside === undefined ? nothing : { at: 'source', scope: innerScope(scope, node, inner), source: inside },
    };
  }
  const set = wiring.getSet(scope, node);
  if (set !== undefined) return { place: { at: 'input', ...set } };
  if (wiring.isVirtual(node)) return { place: nothing };
  return { place: { at: 'end', arrival: { link: [scope.prefix + node.id, source.slot] } } };
}

function throughInput(scope: Scope, node: UiNode, input: UiInput | undefined, wanted: string | undefined): Step {
  return { place: input === undefined ? nothing : { at: 'input', scope, node, input }, wanted };
}

/** A socket on an input of the definition; when widgets hang on it as well, it gets what they get. */
function fromWall(wiring: Wiring, scope: Scope, slot: number): Place {
  const promoted = wiring.promotions.of(scope.graph)?.bySlot.get(slot);
  if (promoted !== undefined) return { at: 'host', scope, promoted };
  if (scope.outer === undefined) return nothing;
  const { scope: outside, instance } = scope.outer;
  const input = socketsOf(instance, scope.graph).inputOf(slot);
  return input === undefined ? nothing : { at: 'input', scope: outside, node: instance, input };
}
