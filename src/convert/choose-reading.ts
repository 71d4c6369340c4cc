// How a file's list of values is meant where the definitions leave it open: the number of values and the sockets tell.
import type { InputSpec } from '../protocol/object-info.ts';
import type { NodeClass } from '../workflow/node-class.ts';
import { dynamicGroup } from '../workflow/row-groups.ts';
import {
  dynamicCombo,
  hasControl,
  isControlWord,
  isWidget,
  takesSlot,
  wouldBeWidget,
} from '../workflow/widget-types.ts';
import { socketTypes } from '../workflow/check-literal.ts';
import type { UiNode } from './ui-graph.ts';
import { readInOrder } from './values-in-order.ts';
import { startWalk, type Reading } from './widget-walk.ts';

export type Choice = {
  readonly reading: Reading;
  /** Whether each value finds its widget and each widget its value. */
  readonly isCertain: boolean;
  /** Inputs that may be widgets of the pack's own code, where the list of values does not say which of them store one. */
  readonly unclear: readonly InputSpec[];
};

/** The first reading that uses up the values exactly, else the plain one. */
export function chooseReading(node: UiNode, nodeClass: NodeClass, values: readonly unknown[]): Choice {
  const plain: Reading = {
    forcedInputsStore: forcedInputsStore(nodeClass, values),
    viewsStore: false,
    packWidgets: new Set(),
  };
  const { named, marked, absent } = possibleWidgets(node, nodeClass);
  const likely = named ?? marked;
  const readings = [plain];
  if (likely.length > 0) readings.unshift({ ...plain, packWidgets: namesOf(likely) });
  if (absent.length > 0) readings.push({ ...plain, packWidgets: namesOf([...marked, ...absent]) });
  if (mayStoreViews(nodeClass)) readings.push({ ...plain, viewsStore: true });
  const isOpen = values.length > 0 && (readings.length > 1 || node.named !== undefined);
  if (!isOpen) return { reading: plain, isCertain: true, unclear: likely };
  const fitting = readings.find((reading) => usesAllValues(nodeClass, values, reading));
  if (fitting !== undefined) return { reading: fitting, isCertain: true, unclear: [] };
  return { reading: plain, isCertain: false, unclear: likely };
}

export function namesOf(specs: readonly InputSpec[]): ReadonlySet<string> {
  return new Set(specs.map((spec) => spec.name));
}

function mayStoreViews({ specs }: NodeClass): boolean {
  const hasRows = specs.some((spec) => spec.type === dynamicGroup);
  return !hasRows && specs.some((spec) => isWidget(spec) && !takesSlot(spec));
}

type Possible = {
  /** Those whose names the file stores values for; undefined when it stores no names. */
  readonly named: readonly InputSpec[] | undefined;
  /** Those whose sockets the file marks as a widget's. */
  readonly marked: readonly InputSpec[];
  /** Those without a socket in the file, of a type that no link here can carry: older files list no sockets of widgets. */
  readonly absent: readonly InputSpec[];
};

/** Inputs of types that the web UI does not know; the browser code of a pack may have made widgets of them. */
function possibleWidgets(node: UiNode, nodeClass: NodeClass): Possible {
  const others = nodeClass.specs.filter((spec) => !wouldBeWidget(spec) && !/^\*$|^COMFY_/.test(spec.type));
  if (others.length === 0) return { named: undefined, marked: [], absent: [] };
  const sockets = new Map(node.inputs.map((input) => [input.name, input.isWidget]));
  const { named } = node;
  const isForced = (spec: InputSpec): boolean => spec.options['forceInput'] === true;
  const isLinkable = (spec: InputSpec): boolean => socketTypes.has(spec.type) || nodeClass.isLinkType(spec.type);
  return {
    named: named && others.filter((spec) => Object.hasOwn(named, spec.name) && sockets.get(spec.name) !== false),
    marked: others.filter((spec) => sockets.get(spec.name) === true && !isForced(spec)),
    absent: others.filter((spec) => !sockets.has(spec.name) && !isForced(spec) && !isLinkable(spec)),
  };
}

function usesAllValues(nodeClass: NodeClass, values: readonly unknown[], reading: Reading): boolean {
  const walk = startWalk(values, reading);
  readInOrder(walk, nodeClass.specs);
  return walk.lacking === 0 && walk.problems.length === 0 && leftOver(values.slice(walk.at)).length === 0;
}

/** Values that say something: words of buttons and empty places do not. */
export function leftOver(values: readonly unknown[]): readonly unknown[] {
  return values.filter((value) => value !== null && value !== '' && !isControlWord(value));
}

/** Old files hold a value for each forced input too; the length of the array tells. */
function forcedInputsStore({ specs }: NodeClass, values: readonly unknown[]): boolean {
  const forced = specs.filter((spec) => !isWidget(spec) && wouldBeWidget(spec)).length;
  if (forced === 0) return false;
  const widgets = specs.filter(isWidget);
  if (widgets.some((spec) => spec.type === dynamicCombo)) return false;
  return values.length === widgets.length + widgets.filter(hasControl).length + forced;
}
