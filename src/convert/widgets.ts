// A node's stored widget values -> names: walks the array in the order of the definition, as the web UI does on load.
import { isRecord } from '../protocol/json.ts';
import type { InputSpec } from '../protocol/object-info.ts';
import {
  defaultOf,
  dynamicCombo,
  firstChoice,
  hasControl,
  isControlWord,
  isWidget,
  subInputs,
  wouldBeWidget,
  type NodeClass,
} from '../workflow/node-class.ts';
import { customCombo, customComboWidgets } from './special-nodes.ts';
import { type UiNode } from './ui-graph.ts';

export type Widget = { readonly spec: InputSpec; readonly value: unknown };
export type NodeWidgets = {
  /** Widget name -> what the node holds, also where a link wins later. */
  readonly widgets: ReadonlyMap<string, Widget>;
  /** Whether a socket of that name exists for the options that are chosen. */
  readonly hasSocket: (name: string) => boolean;
  readonly warnings: readonly string[];
  /** Why the values cannot be placed with certainty. */
  readonly problem: string | undefined;
};

type Walk = {
  readonly values: readonly unknown[];
  at: number;
  readonly widgets: Map<string, Widget>;
  readonly sockets: Set<string>;
  readonly combos: string[];
  readonly skipForced: boolean;
  readonly warnings: string[];
  readonly problems: string[];
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
    problems: [],
  };
  const named = Array.isArray(node.values) ? undefined : isRecord(node.values) ? node.values : node.named;
  if (named !== undefined) {
    readByName(walk, nodeClass.specs, named, 0);
    if (!nodeClass.isCore) addExtras(walk, named);
  } else {
    readInOrder(walk, nodeClass.specs, 0);
    if (nodeClass.name === customCombo) addCustomCombo(walk);
    noteLeftovers(walk, nodeClass);
  }
  noteWrongTypes(walk);
  return {
    widgets: walk.widgets,
    hasSocket: (name) => hasSocket(walk, name),
    warnings: walk.warnings,
    problem: walk.problems[0],
  };
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
    if (spec.type.startsWith('LOAD_3D')) skipButtons(walk);
    const isNull = walk.values[walk.at] === null;
    const value = take(walk, spec);
    walk.widgets.set(spec.name, { spec, value });
    if (hasControl(spec)) takeControl(walk, spec, value);
    if (spec.type === 'BOUNDING_BOX') skipBoxNumbers(walk);
    if (spec.type === dynamicCombo && depth < maxNesting) {
      walk.combos.push(spec.name);
      const subs = subInputs(spec, value);
      if (subs === undefined) noteUnknownOption(walk, spec, value);
      else if (isNull)
        readInOrder({ ...walk, values: [] }, subs, depth + 1); // none stored: the first option's defaults
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
  return spec.type === 'COMBO' || spec.type === dynamicCombo ? (firstChoice(spec) ?? null) : value;
}

function takeControl(walk: Walk, spec: InputSpec, seed: unknown): void {
  if (walk.at >= walk.values.length) return;
  const next = walk.values[walk.at];
  // The UI consumes blindly and shifts everything behind it. A value that is no control (very old files: true, false)
  // belongs to the next widget, unless the array is out of step already.
  const isControl = isControlWord(next) || typeof next === 'boolean' || next === null || next === '';
  if (isControl || !isNumber(seed)) walk.at++;
  else walk.warnings.push(`${spec.name} has no control value: the values behind it were read without that slot`);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** The buttons of the 3D viewer store their names before it. */
function skipButtons(walk: Walk): void {
  const words = new Set<unknown>([
    'upload3dmodel',
    'upload 3d model',
    'uploadExtraResources',
    'upload extra resources',
    'clear',
  ]);
  while (words.has(walk.values[walk.at])) walk.at++;
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

/** Without its option nobody knows how many values belong to a dynamic combo. */
function noteUnknownOption(walk: Walk, spec: InputSpec, value: unknown): void {
  if (value === undefined) return;
  const message = `${spec.name} has no option ${shown(value)}`;
  if (walk.at < walk.values.length) walk.problems.push(`${message}, so the values behind it cannot be placed`);
  else walk.warnings.push(message);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : 'an object';
}

function noteWrongTypes(walk: Walk): void {
  for (const { spec, value } of walk.widgets.values()) {
    const isWrong =
      spec.type === 'INT' || spec.type === 'FLOAT'
        ? !isNumber(value)
        : spec.type === 'BOOLEAN'
          ? typeof value !== 'boolean'
          : spec.type === 'COMBO' && typeof value === 'boolean' && spec.choices?.includes(value) === false;
    if (isWrong && value !== undefined) walk.warnings.push(`${spec.name} (${spec.type}) holds ${shown(value)}`);
  }
}

function noteLeftovers(walk: Walk, nodeClass: NodeClass): void {
  const rest = walk.values.slice(walk.at).filter((v) => v !== null && v !== '' && !isControlWord(v));
  // What the browser code of these keeps for itself is no loss.
  const keepsMore = nodeClass.name === customCombo || nodeClass.specs.some((s) => keepsOwnValues(s));
  if (rest.length === 0 || walk.widgets.size === 0 || keepsMore) return;
  walk.warnings.push(`${rest.length} stored value${rest.length === 1 ? '' : 's'} more than the class has widgets`);
}

function keepsOwnValues(spec: InputSpec): boolean {
  return Object.keys(spec.options).some((o) => o.endsWith('_upload') || o === 'widgetType') || !takesSlot(spec);
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

function addCustomCombo(walk: Walk): void {
  for (const { name, type, value } of customComboWidgets(walk.values)) {
    walk.widgets.set(name, { spec: { name, required: false, type, choices: undefined, options: {} }, value });
  }
}

/** Packs add widgets that their definition does not list (the settings of a video format): they are sent too. */
function addExtras(walk: Walk, named: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(named)) {
    if (walk.widgets.has(name) || walk.sockets.has(name) || value === null || typeof value === 'object') continue;
    if (isControlWord(value)) continue;
    walk.widgets.set(name, { spec: { name, required: false, type: '*', choices: undefined, options: {} }, value });
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
