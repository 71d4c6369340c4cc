// Where a socket's value really comes from: through reroutes, bypassed nodes, Get/Set pairs and the boundaries of subgraphs.
import type { Link } from '../workflow/workflow.ts';
import { passedOn } from './bypass.ts';
import type { Promoted, Promotions } from './promote.ts';
import { widgetKey } from './promote.ts';
import { innerScope, socketsOf, type Scope } from './subgraphs.ts';
import { boundary, bypassed, muted, type Source, type UiInput, type UiNode } from './ui-graph.ts';
import type { UiFile } from './ui-graph.ts';

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

/** A stop on the way from a socket back to what feeds it. */
type Stop =
  | { readonly at: 'input'; readonly scope: Scope; readonly node: UiNode; readonly input: UiInput }
  | { readonly at: 'source'; readonly scope: Scope; readonly source: Source }
  | { readonly at: 'host'; readonly scope: Scope; readonly promoted: Promoted }
  | { readonly at: 'end'; readonly arrival: Arrival | undefined };

const nothing: Stop = { at: 'end', arrival: undefined };

/** Follows one socket to its end. Chains are remembered, so that many consumers of a long one cost no more than one. */
export function arrivalAt(wiring: Wiring, scope: Scope, node: UiNode, input: UiInput): Arrival | undefined {
  return follow(wiring, { at: 'input', scope, node, input }, input.type);
}

/** The value for a widget without a socket: only proxyWidgets can feed it. */
export function arrivalAtWidget(wiring: Wiring, scope: Scope, node: UiNode, widget: string): Arrival | undefined {
  const promoted = wiring.promotions.of(scope.graph)?.byWidget.get(widgetKey(node.id, widget));
  return promoted === undefined ? undefined : follow(wiring, { at: 'host', scope, promoted }, '*');
}

function follow(wiring: Wiring, start: Stop, type: string): Arrival | undefined {
  let stop = start;
  let wanted = type;
  const passed: { memory: Map<string, Arrival | undefined>; key: string }[] = [];
  let arrival: Arrival | undefined;
  for (;;) {
    if (stop.at === 'end') {
      arrival = stop.arrival;
      break;
    }
    if (stop.at === 'source') {
      const memory = memoryOf(wiring, stop.scope);
      const key = `${stop.source.slot}:${wanted}:${stop.source.node}`;
      if (memory.has(key)) {
        arrival = memory.get(key); // known, or met before on this way: a circle brings nothing
        break;
      }
      memory.set(key, undefined);
      passed.push({ memory, key });
      const next = fromSource(wiring, stop.scope, stop.source, wanted);
      wanted = next.wanted ?? wanted;
      stop = next.stop;
    } else if (stop.at === 'input') stop = fromInput(wiring, stop.scope, stop.node, stop.input);
    else stop = fromHost(wiring, stop.scope, stop.promoted);
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

function fromInput(wiring: Wiring, scope: Scope, node: UiNode, input: UiInput): Stop {
  const table = wiring.promotions.of(scope.graph);
  const inner = wiring.file.definitions.get(node.type);
  let widget: string | undefined = input.name;
  if (inner !== undefined) {
    const slot = socketsOf(node, inner).slotOf(input);
    widget = slot === undefined ? undefined : wiring.promotions.of(inner)?.bySlot.get(slot)?.name;
  }
  // A promoted widget takes from the boundary alone: proxyWidgets replace a link inside.
  const promoted = widget === undefined ? undefined : table?.byWidget.get(widgetKey(node.id, widget));
  if (promoted !== undefined) return { at: 'host', scope, promoted };
  return input.source === undefined ? nothing : { at: 'source', scope, source: input.source };
}

/** At the boundary, from inside: on with the instance's socket, or with what the instance gives. */
function fromHost(wiring: Wiring, scope: Scope, promoted: Promoted): Stop {
  const { outer } = scope;
  if (outer === undefined) return nothing;
  const { instance } = outer;
  const given: Stop = { at: 'end', arrival: { instance, promoted } };
  const further = wiring.promotions.of(outer.scope.graph)?.byWidget.get(widgetKey(instance.id, promoted.name));
  if (further !== undefined) return { at: 'host', scope: outer.scope, promoted: further };
  const input = promoted.slot === undefined ? undefined : socketsOf(instance, scope.graph).inputOf(promoted.slot);
  // Also a link that leads nowhere beats the instance's value; then the own value inside counts.
  return input?.source === undefined ? given : { at: 'source', scope: outer.scope, source: input.source };
}

type Step = { readonly stop: Stop; readonly wanted?: string | undefined };

function fromSource(wiring: Wiring, scope: Scope, source: Source, wanted: string): Step {
  if (source.node === boundary) return { stop: fromBoundary(wiring, scope, source.slot) };
  const node = scope.graph.nodes.get(source.node);
  if (node === undefined || node.mode === muted) return { stop: nothing };
  const inner = wiring.file.definitions.get(node.type);
  if (wiring.passes(node)) return throughInput(scope, node, node.inputs[0], wanted);
  if (node.mode === bypassed && !wiring.isVirtual(node)) {
    const input = passedOn(node, source.slot, wanted);
    return throughInput(scope, node, input, input?.type);
  }
  if (inner !== undefined) {
    const inside = inner.outputs[source.slot]?.source;
    return {
      stop: inside === undefined ? nothing : { at: 'source', scope: innerScope(scope, node, inner), source: inside },
    };
  }
  const set = wiring.getSet(scope, node);
  if (set !== undefined) return { stop: { at: 'input', ...set } };
  if (wiring.isVirtual(node)) return { stop: nothing };
  return { stop: { at: 'end', arrival: { link: [scope.prefix + node.id, source.slot] } } };
}

function throughInput(scope: Scope, node: UiNode, input: UiInput | undefined, wanted: string | undefined): Step {
  return { stop: input === undefined ? nothing : { at: 'input', scope, node, input }, wanted };
}

/** A socket on an input of the definition; when widgets hang on it as well, it gets what they get. */
function fromBoundary(wiring: Wiring, scope: Scope, slot: number): Stop {
  const promoted = wiring.promotions.of(scope.graph)?.bySlot.get(slot);
  if (promoted !== undefined) return { at: 'host', scope, promoted };
  if (scope.outer === undefined) return nothing;
  const { scope: outside, instance } = scope.outer;
  const input = socketsOf(instance, scope.graph).inputOf(slot);
  return input === undefined ? nothing : { at: 'input', scope: outside, node: instance, input };
}
