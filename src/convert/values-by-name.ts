// Widget values by name: what packs write, and what newer web UIs store beside the list (`widgets_values_named`).
import { isRecord } from '../protocol/json.ts';
import type { InputSpec } from '../protocol/object-info.ts';
import { subInputs } from '../workflow/node-class.ts';
import { dynamicGroup, rowGroupOf } from '../workflow/row-groups.ts';
import { defaultOf, dynamicCombo, isControlWord, isWidget, takesSlot } from '../workflow/widget-types.ts';
import { isNumber, shownValue } from './shown.ts';
import { maxNesting, ofNull } from './values-in-order.ts';
import { readRows, rowCount, type WidgetWalk } from './widget-walk.ts';

type Named = Readonly<Record<string, unknown>>;

export function readByName(walk: WidgetWalk, specs: readonly InputSpec[], named: Named, depth = 0): void {
  for (const spec of specs) {
    if (spec.type === dynamicGroup) readNamedRows(walk, spec, named, depth);
    else if (!isWidget(spec) && !walk.reading.packWidgets.has(spec.name)) walk.sockets.add(spec.name);
    else {
      const value = valueIn(walk, named, spec);
      walk.widgets.set(spec.name, { spec, value });
      if (spec.type !== dynamicCombo || depth >= maxNesting) continue;
      walk.parents.push(spec.name);
      readByName(walk, subInputs(spec, value) ?? [], named, depth + 1);
    }
  }
}

function valueIn(walk: WidgetWalk, named: Named, spec: InputSpec): unknown {
  const stored = takesSlot(spec) ? storedIn(named, spec.name) : undefined;
  if (stored !== null) return stored ?? defaultOf(spec);
  return walk.values.length > 0 ? ofNull(spec) : defaultOf(spec); // beside a list, names say what the list says
}

function readNamedRows(walk: WidgetWalk, spec: InputSpec, named: Named, depth: number): void {
  const group = rowGroupOf(spec);
  if (group === undefined || depth >= maxNesting) return;
  walk.parents.push(group.name);
  const count = rowCount(storedIn(named, group.name), group.min);
  readRows(walk, group, count, Object.keys(named).length, (fields) => readByName(walk, fields, named, depth + 1));
}

function storedIn(named: Named, name: string): unknown {
  return Object.hasOwn(named, name) ? named[name] : undefined;
}

/** Packs add widgets that their definition does not list (the settings of a video format): they are sent too. */
export function addUnlistedNames(walk: WidgetWalk, named: Named): void {
  for (const [name, value] of Object.entries(named)) {
    if (walk.widgets.has(name) || walk.sockets.has(name) || walk.parents.some((p) => isPartOf(name, p))) continue;
    if (value === null || isControlWord(value) || name.startsWith('control_') || name === 'videopreview') continue;
    // The web UI's own list of names holds what is sent; a pack's own object may hold anything.
    const isOwn = typeof value !== 'object' || walk.values.length > 0;
    if (isOwn) walk.widgets.set(name, { spec: unlisted(name), value });
    else if (Object.keys(value).length > 0)
      walk.warnings.push(`${name} is not sent, for the definition names no such widget: ${shownValue(value)}`);
  }
}

function unlisted(name: string): InputSpec {
  return { name, required: false, type: '*', choices: undefined, options: {} };
}

function isPartOf(name: string, parent: string): boolean {
  return name === parent || name.startsWith(`${parent}.`);
}

/** Whether the names hold the very values of the list, so that they tell which is whose. */
export function namesExplain(named: Named, values: readonly unknown[]): boolean {
  const names = Object.values(named);
  if (names.length !== values.length) return false;
  const text = (value: unknown): string => (isNumber(value) ? String(value) : JSON.stringify(value, sorted));
  const [left, right] = [names.map(text).sort(), values.map(text).sort()];
  return left.every((value, i) => value === right[i]);
}

/** Keys in one order, digits of big numbers kept. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}
