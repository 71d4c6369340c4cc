// A node's stored widget values -> names: walks the array in the order of the definition, as the web UI does on load.
import type { InputSpec } from '../protocol/object-info.ts';
import {
  defaultOf,
  dynamicCombo,
  hasControl,
  isControlWord,
  isWidget,
  subInputs,
  wouldBeWidget,
  type NodeClass,
} from './node-class.ts';
import { isRecord, type UiNode } from './ui-graph.ts';

export type Widget = { readonly spec: InputSpec; readonly value: unknown };
export type NodeWidgets = {
  /** Widget name -> what the node holds, also where a link wins later. */
  readonly widgets: ReadonlyMap<string, Widget>;
  /** Whether a socket of that name exists for the options that are chosen. */
  readonly hasSocket: (name: string) => boolean;
  readonly warnings: readonly string[];
};

type Walk = {
  readonly values: readonly unknown[];
  at: number;
  readonly widgets: Map<string, Widget>;
  readonly sockets: Set<string>;
  readonly combos: string[];
  readonly skipForced: boolean;
  readonly warnings: string[];
};

const maxNesting = 12;

/** Names the values of `node`. Never throws: what looks wrong is a warning that names the input. */
export function readWidgets(node: UiNode, nodeClass: NodeClass): NodeWidgets {
  const values = Array.isArray(node.values) ? (node.values as unknown[]) : [];
  const walk: Walk = {
    values,
    at: 0,
    widgets: new Map(),
    sockets: new Set(),
    combos: [],
    skipForced: storesForcedInputs(nodeClass, values),
    warnings: [],
  };
  const named = Array.isArray(node.values) ? undefined : isRecord(node.values) ? node.values : node.named;
  if (named !== undefined) readByName(walk, nodeClass.specs, named, 0);
  else {
    readInOrder(walk, nodeClass.specs, 0);
    warnOfLeftovers(walk);
  }
  return { widgets: walk.widgets, hasSocket: (name) => hasSocket(walk, name), warnings: walk.warnings };
}

function readInOrder(walk: Walk, specs: readonly InputSpec[], depth: number): void {
  for (const spec of specs) {
    if (!isWidget(spec)) {
      if (walk.skipForced && wouldBeWidget(spec)) walk.at++;
      walk.sockets.add(spec.name);
      continue;
    }
    if (!takesSlot(spec)) {
      walk.widgets.set(spec.name, { spec, value: defaultOf(spec) });
      continue;
    }
    const value = take(walk, spec);
    walk.widgets.set(spec.name, { spec, value });
    if (hasControl(spec)) takeControl(walk, spec);
    if (spec.type === 'BOUNDING_BOX') skipBoxNumbers(walk);
    if (spec.type === dynamicCombo && depth < maxNesting) {
      walk.combos.push(spec.name);
      const subs = subInputs(spec, value);
      if (subs === undefined) warnUnknownOption(walk, spec, value);
      else readInOrder(walk, subs, depth + 1);
      skipStrayControls(walk);
    }
  }
}

/** The comparing view is drawn only: stored never, or not read back. */
function takesSlot(spec: InputSpec): boolean {
  return spec.type !== 'IMAGECOMPARE';
}

function take(walk: Walk, spec: InputSpec): unknown {
  if (walk.at >= walk.values.length) return defaultOf(spec);
  const value = walk.values[walk.at++];
  if (value !== null) return value;
  return spec.type === 'COMBO' || spec.type === dynamicCombo ? (firstChoice(spec) ?? value) : value;
}

function firstChoice(spec: InputSpec): unknown {
  if (spec.type === 'COMBO') return spec.choices?.[0];
  const { default: _ignored, ...options } = spec.options;
  return defaultOf({ ...spec, options });
}

function takeControl(walk: Walk, spec: InputSpec): void {
  if (walk.at >= walk.values.length) return;
  const next = walk.values[walk.at];
  // The UI consumes blindly and shifts everything behind it; a value that is no control word is the next widget's.
  if (isControlWord(next) || next === null || next === '') walk.at++;
  else walk.warnings.push(`${spec.name} has no control value: the values behind it were read without that slot`);
}

/** Older files keep x, y, width and height once more behind the box. */
function skipBoxNumbers(walk: Walk): void {
  const next = walk.values.slice(walk.at, walk.at + 4);
  if (next.length === 4 && next.every((n) => typeof n === 'number')) walk.at += 4;
}

/** After a change of option the control word of the former one stays behind. */
function skipStrayControls(walk: Walk): void {
  while (isControlWord(walk.values[walk.at])) walk.at++;
}

function warnUnknownOption(walk: Walk, spec: InputSpec, value: unknown): void {
  if (value === undefined) return;
  walk.warnings.push(
    `${spec.name} has no option ${JSON.stringify(String(value))}: the values behind it may be misplaced`,
  );
}

function warnOfLeftovers(walk: Walk): void {
  const rest = walk.values.slice(walk.at);
  const words = new Set<unknown>([null, '', 'image', 'video', 'audio', 'refresh', 'upload']);
  if (walk.widgets.size === 0 || rest.every((v) => words.has(v) || isControlWord(v))) return;
  walk.warnings.push(`${rest.length} stored value${rest.length === 1 ? '' : 's'} more than the class has widgets`);
}

/** Values by name: what packs write, and what is left when a file has no array. */
function readByName(walk: Walk, specs: readonly InputSpec[], named: Record<string, unknown>, depth: number): void {
  for (const spec of specs) {
    if (!isWidget(spec)) {
      walk.sockets.add(spec.name);
      continue;
    }
    const stored = Object.hasOwn(named, spec.name) ? named[spec.name] : undefined;
    const value = stored === undefined || stored === null || !takesSlot(spec) ? defaultOf(spec) : stored;
    walk.widgets.set(spec.name, { spec, value });
    if (spec.type !== dynamicCombo || depth >= maxNesting) continue;
    walk.combos.push(spec.name);
    readByName(walk, subInputs(spec, value) ?? [], named, depth + 1);
  }
}

/** Old files hold a value for each forced input too; the length of the array tells. */
function storesForcedInputs(nodeClass: NodeClass, values: readonly unknown[]): boolean {
  const { specs } = nodeClass;
  const forced = specs.filter((s) => !isWidget(s) && wouldBeWidget(s)).length;
  if (forced === 0) return false;
  const widgets = specs.filter(isWidget);
  if (widgets.some((s) => s.type === dynamicCombo)) return false;
  return values.length === widgets.length + widgets.filter(hasControl).length + forced;
}

/** Sockets of options that are not chosen do not exist; everything the definition does not know does, as in the UI. */
function hasSocket(walk: Walk, name: string): boolean {
  const belongs = walk.combos.some((combo) => name.startsWith(`${combo}.`));
  if (!belongs || walk.widgets.has(name) || walk.sockets.has(name)) return true;
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    if (walk.sockets.has(name.slice(0, dot))) return true; // a member of an autogrow group
  }
  return false;
}
