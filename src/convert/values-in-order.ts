// `widgets_values` as a list: given to the widgets in the order of the definition, as the web UI does when it loads a file.
import type { InputSpec } from '../protocol/object-info.ts';
import { dynamicGroup, rowGroupOf } from '../workflow/row-groups.ts';
import { subInputs } from '../workflow/node-class.ts';
import {
  defaultOf,
  dynamicCombo,
  firstChoice,
  hasControl,
  isControlWord,
  isWidget,
  takesSlot,
  valuesBehind,
  widgetTypeOf,
  wouldBeWidget,
} from '../workflow/widget-types.ts';
import { isNumber, shownValue } from './shown.ts';
import { readRows, rowCount, type WidgetWalk } from './widget-walk.ts';

export const maxNesting = 12;

/** Gives each widget of `specs` its value; the walk goes on where it stood. */
export function readInOrder(walk: WidgetWalk, specs: readonly InputSpec[], depth = 0): void {
  for (const spec of specs) {
    const isPackWidget = walk.reading.packWidgets.has(spec.name);
    if (spec.type === dynamicGroup) readListedRows(walk, spec, depth);
    else if (isPackWidget || isWidget(spec)) readWidget(walk, spec, depth);
    else {
      if (walk.reading.forcedInputsStore && wouldBeWidget(spec)) walk.at++;
      walk.sockets.add(spec.name);
    }
  }
}

function readWidget(walk: WidgetWalk, spec: InputSpec, depth: number): void {
  if (!takesSlot(spec)) {
    walk.widgets.set(spec.name, { spec, value: defaultOf(spec) });
    if (walk.reading.viewsStore) take(walk, spec);
    return;
  }
  if (spec.type.startsWith('LOAD_3D')) skipButtons(walk);
  const isNull = walk.values[walk.at] === null;
  const value = take(walk, spec);
  walk.widgets.set(spec.name, { spec, value });
  if (spec.type === dynamicCombo) readOption(walk, spec, isNull, depth);
  else skipValuesBehind(walk, spec, value);
}

function take(walk: WidgetWalk, spec: InputSpec): unknown {
  if (walk.at >= walk.values.length) {
    walk.lacking++;
    return defaultOf(spec);
  }
  const value = walk.values[walk.at++];
  return value === null ? ofNull(spec) : value;
}

/** Null in a list of choices means the first of them; elsewhere it is sent. */
export function ofNull(spec: InputSpec): unknown {
  return spec.type === 'COMBO' || spec.type === dynamicCombo ? (firstChoice(spec) ?? null) : null;
}

/** The inputs of the chosen option follow its key. */
function readOption(walk: WidgetWalk, combo: InputSpec, isNull: boolean, depth: number): void {
  if (depth >= maxNesting) return;
  walk.parents.push(combo.name);
  const key = walk.widgets.get(combo.name)?.value;
  const inner = subInputs(combo, key);
  if (inner === undefined) noteUnknownOption(walk, combo, key);
  else if (isNull)
    readInOrder({ ...walk, values: [] }, inner, depth + 1); // none stored: the first option's defaults
  else readInOrder(walk, inner, depth + 1);
  // After a change of option the control word of the former one stays behind.
  while (isControlWord(walk.values[walk.at])) walk.at++;
}

/** Without its option nobody knows how many values belong to a dynamic combo. */
function noteUnknownOption(walk: WidgetWalk, combo: InputSpec, key: unknown): void {
  if (key === undefined) return;
  const message = `${combo.name} has no option ${shownValue(key)}`;
  if (walk.at < walk.values.length) walk.problems.push(`${message}, so the values behind it cannot be placed`);
  else walk.warnings.push(message);
}

/** The number of rows, then row after row its fields. The number itself is not sent. */
function readListedRows(walk: WidgetWalk, spec: InputSpec, depth: number): void {
  const group = rowGroupOf(spec);
  if (group === undefined || depth >= maxNesting) return;
  walk.parents.push(group.name);
  if (walk.at >= walk.values.length) walk.lacking++;
  const count = rowCount(walk.values[walk.at++], group.min);
  readRows(walk, group, count, walk.values.length - walk.at, (fields) => readInOrder(walk, fields, depth + 1));
}

function skipValuesBehind(walk: WidgetWalk, spec: InputSpec, value: unknown): void {
  if (hasControl(spec)) return takeControl(walk, spec, value);
  const behind = valuesBehind(spec, value).length;
  if (behind === 0) return;
  const next = walk.values.slice(walk.at, walk.at + behind);
  // Older files keep no numbers behind a box.
  if (widgetTypeOf(spec) !== 'BOUNDING_BOX' || (next.length === behind && next.every(isNumber))) walk.at += behind;
}

function takeControl(walk: WidgetWalk, spec: InputSpec, value: unknown): void {
  if (walk.at >= walk.values.length) return;
  const next = walk.values[walk.at];
  // The UI consumes blindly and shifts everything behind it. A value that is no control (very old files: true, false)
  // belongs to the next widget, unless the array is out of step already.
  const isControl = isControlWord(next) || typeof next === 'boolean' || next === null || next === '';
  const isCombo = widgetTypeOf(spec) === 'COMBO';
  if (isControl || !(isCombo || isNumber(value))) walk.at++;
  else if (spec.name.includes('.'))
    walk.problems.push(`${spec.name} has no control value, so the values behind it cannot be placed`);
  else walk.warnings.push(`${spec.name} has no control value: the values behind it were read without that slot`);
  if (isControl && isCombo && typeof walk.values[walk.at] === 'string') walk.at++; // the text that filters the choices
}

/** The buttons of the 3D viewer store their names before it. */
function skipButtons(walk: WidgetWalk): void {
  const words = new Set<unknown>([
    'upload3dmodel',
    'upload 3d model',
    'uploadExtraResources',
    'upload extra resources',
    'clear',
  ]);
  while (words.has(walk.values[walk.at])) walk.at++;
}
