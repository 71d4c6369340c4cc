// A node's stored widget values -> names, and what is odd about them.
import { isRecord } from '../protocol/json.ts';
import type { InputSpec } from '../protocol/object-info.ts';
import { widgetTypeOf } from '../workflow/widget-types.ts';
import type { NodeClass } from '../workflow/node-class.ts';
import { chooseReading, leftOver, namesOf } from './choose-reading.ts';
import { packInputs, type PackInputs } from './pack-widgets.ts';
import { isNumber, shownValue, shownValues } from './shown.ts';
import { customCombo, customComboWidgets } from './special-nodes.ts';
import type { UiNode } from './ui-graph.ts';
import { addUnlistedNames, namesExplain, readByName } from './values-by-name.ts';
import { readInOrder } from './values-in-order.ts';
import { hasSocket, startWalk, type Widget, type WidgetWalk } from './widget-walk.ts';

export type { Widget } from './widget-walk.ts';
export type NodeWidgets = {
  /** Widget name -> what the node holds, also where a link wins later. */
  readonly widgets: ReadonlyMap<string, Widget>;
  /** Whether a socket of that name exists for the options and rows that are there. */
  readonly hasSocket: (name: string) => boolean;
  readonly warnings: readonly string[];
  /** Why the values cannot be placed with certainty. */
  readonly problem: string | undefined;
};

/** Names the values of `node`. Never throws: what looks wrong is a warning that names the input. */
export function readWidgets(node: UiNode, nodeClass: NodeClass): NodeWidgets {
  const walk = walkValues(node, nodeClass);
  noteWrongTypes(walk);
  return {
    widgets: walk.widgets,
    hasSocket: (name) => hasSocket(walk, name),
    warnings: walk.warnings,
    problem: walk.problems[0],
  };
}

function walkValues(node: UiNode, nodeClass: NodeClass): WidgetWalk {
  const own = packInputs(node, nodeClass);
  if (own !== undefined) return walkOfPack(nodeClass, own);
  const values = Array.isArray(node.values) ? (node.values as unknown[]) : [];
  const named = isRecord(node.values) ? node.values : node.named;
  const { reading, isCertain, unclear } = chooseReading(node, nodeClass, values);
  const walk = startWalk(values, reading);
  const byName = named !== undefined && (!Array.isArray(node.values) || (!isCertain && namesExplain(named, values)));
  if (byName) {
    readByName({ ...walk, reading: { ...reading, packWidgets: namesOf(unclear) } }, nodeClass.specs, named);
    if (!nodeClass.isCore) addUnlistedNames(walk, named);
    return walk;
  }
  readInOrder(walk, nodeClass.specs);
  if (nodeClass.name === customCombo) addCustomCombo(walk);
  if (values.length > 0) noteUnclear(walk, unclear);
  noteLeftovers(walk, nodeClass);
  return walk;
}

/** What the code of a pack sends, under names that its definition does not list. */
function walkOfPack(nodeClass: NodeClass, own: PackInputs): WidgetWalk {
  const walk = startWalk(own.values, { forcedInputsStore: false, viewsStore: false, packWidgets: new Set() });
  readInOrder(walk, nodeClass.specs);
  for (const [name, value] of own.unlisted) walk.widgets.set(name, { spec: unlisted(name, '*'), value });
  noteLeftovers(walk, nodeClass);
  return walk;
}

function unlisted(name: string, type: string): InputSpec {
  return { name, required: false, type, choices: undefined, options: {} };
}

function addCustomCombo(walk: WidgetWalk): void {
  for (const { name, type, value } of customComboWidgets(walk.values)) {
    walk.widgets.set(name, { spec: unlisted(name, type), value });
  }
}

function noteUnclear(walk: WidgetWalk, unclear: readonly InputSpec[]): void {
  const [first] = unclear;
  if (first === undefined) return;
  walk.problems.push(
    `${first.name} has a widget of a type that only its pack's browser code knows (${first.type}), and the number of stored values does not tell which of them is its own`,
  );
}

function noteWrongTypes(walk: WidgetWalk): void {
  for (const { spec, value } of walk.widgets.values()) {
    if (value !== undefined && isWrong(spec, value))
      walk.warnings.push(`${spec.name} (${spec.type}) holds ${shownValue(value)}`);
  }
}

function isWrong(spec: InputSpec, value: unknown): boolean {
  switch (widgetTypeOf(spec)) {
    case 'INT':
    case 'FLOAT':
      return !isNumber(value);
    case 'BOOLEAN':
      return typeof value !== 'boolean';
    case 'COMBO':
      return typeof value === 'boolean' && spec.choices?.includes(value) === false;
    case 'VIDEO_EDIT':
    case 'RANGE':
    case 'BOUNDING_BOX':
      return !isRecord(value);
    default:
      return false;
  }
}

/** Values that no widget of the definition takes are lost, as in a web UI without the pack's own code. */
function noteLeftovers(walk: WidgetWalk, nodeClass: NodeClass): void {
  const rest = leftOver(walk.values.slice(walk.at)).filter((value) => !isEmpty(value));
  if (rest.length === 0 || keepsOwnValues(nodeClass)) return;
  const are = rest.length === 1 ? 'a stored value is' : `${rest.length} stored values are`;
  walk.warnings.push(
    `${are} not sent, for the definition names no widget for ${rest.length === 1 ? 'it' : 'them'}: ${shownValues(rest)}`,
  );
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Classes whose browser code keeps values that no server needs: previews, upload buttons, comparisons. */
function keepsOwnValues({ name, specs, isCore }: NodeClass): boolean {
  if (name === customCombo || displayOnly.has(name)) return true;
  const hasWidget = specs.some((spec) => widgetTypeOf(spec) !== undefined);
  if (isCore && !hasWidget) return true;
  return specs.some(
    ({ options, type }) =>
      Object.keys(options).some((o) => o.endsWith('_upload') || o === 'widgetType') || type === 'IMAGECOMPARE',
  );
}

const displayOnly = new Set([
  'Image Comparer (rgthree)',
  'Display Any (rgthree)',
  'Display Int (rgthree)',
  'ShowText|pysssss',
]);
