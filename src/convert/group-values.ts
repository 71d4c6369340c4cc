// The values of a group node's instance -> its inner nodes: first the widgets without a socket, then those that have one.
import type { InputSpec } from '../protocol/object-info.ts';
import type { Classes } from '../workflow/node-class.ts';
import { isControlWord, isWidget, takesSlot } from '../workflow/widget-types.ts';
import type { Group } from './group.ts';
import { makesOwnWidgets } from './pack-widgets.ts';
import { consumersOf } from './subgraphs.ts';
import { list, type UiNode } from './ui-graph.ts';
import { readInOrder } from './values-in-order.ts';
import { isVirtual } from './virtual-nodes.ts';
import { startWalk, type WidgetWalk } from './widget-walk.ts';

/** The inner nodes with the values that `instance` gives them. Absent ones are the definitions' defaults, as in the web UI. */
export function giveValues(group: Group, instance: UiNode, classes: Classes, warnings: string[]): Map<string, UiNode> {
  const reading = { forcedInputsStore: false, viewsStore: false, packWidgets: new Set<string>() };
  const walk = startWalk(list(instance.values), reading);
  const nodes = new Map(group.graph.nodes);
  const named = new Map<string, Record<string, unknown>>();
  for (const { node, spec } of widgetOrder(group, classes)) {
    if (spec === undefined) {
      nodes.set(node.id, { ...node, values: takePlain(walk, group, node, classes) });
      continue;
    }
    readInOrder(walk, [spec]);
    const value = walk.widgets.get(spec.name)?.value;
    named.set(node.id, { ...named.get(node.id), [spec.name]: value });
  }
  for (const [id, values] of named) {
    const node = nodes.get(id);
    if (node !== undefined) nodes.set(id, { ...node, values: undefined, named: values });
  }
  warnings.push(...walk.warnings.map((warning) => `node ${instance.id} (group node): ${warning}`));
  return nodes;
}

type WidgetSlot = {
  readonly node: UiNode;
  /** Undefined: all values of a node whose class says nothing of them. */
  readonly spec: InputSpec | undefined;
};

/** Every widget that has a place among the instance's values; one that is fed inside the group has none. */
export function widgetOrder(group: Group, classes: Classes): readonly WidgetSlot[] {
  const nodes = [...group.graph.nodes.values()];
  const slots = nodes.map((node) =>
    widgetsOf(node, classes).map((spec) => ({ node, spec, socket: socketOf(node, spec) })),
  );
  const free = slots.map((own) => own.filter(({ node, socket }) => !group.fed.has(`${node.id}:${socket}`)));
  const byText = (a: { socket: number }, b: { socket: number }): number =>
    String(a.socket) < String(b.socket) ? -1 : 1;
  return [
    ...free.flatMap((own) => own.filter((slot) => slot.socket === -1)),
    ...free.flatMap((own) => own.filter((slot) => slot.socket !== -1).sort(byText)),
  ];
}

function socketOf(node: UiNode, spec: InputSpec | undefined): number {
  return spec === undefined ? -1 : node.inputs.findIndex((input) => input.name === spec.name);
}

function widgetsOf(node: UiNode, classes: Classes): readonly (InputSpec | undefined)[] {
  const nodeClass = classes(node.type);
  if (node.type === 'PrimitiveNode' || makesOwnWidgets(node.type)) return [undefined];
  if (nodeClass === undefined) return isVirtual(classes, node) ? [] : [undefined];
  const widgets = nodeClass.specs.filter((spec) => isWidget(spec) && takesSlot(spec));
  const uploads = widgets.some((spec) => Object.keys(spec.options).some((option) => option.endsWith('_upload')));
  return uploads ? [...widgets, uploadWord] : widgets;
}

/** The button beside an image stores a word of its own. */
const uploadWord: InputSpec = { name: 'upload', required: false, type: 'IMAGEUPLOAD', choices: undefined, options: {} };

/** What a PrimitiveNode stores: its value and, for numbers and choices, control words; of an unknown class as much as it had. */
function takePlain(walk: WidgetWalk, group: Group, node: UiNode, classes: Classes): readonly unknown[] {
  if (node.type !== 'PrimitiveNode') {
    const count = list(node.values).length;
    walk.at += count;
    return walk.values.slice(walk.at - count, walk.at);
  }
  const [target] = consumersOf(group.graph, node.id, 0);
  if (target === undefined || walk.at >= walk.values.length) return [];
  const value = walk.values[walk.at++];
  const spec = classes(target.node.type)?.specs.find((s) => s.name === target.input.name);
  const hasWords = spec?.type !== 'STRING' && spec?.type !== 'BOOLEAN';
  if (hasWords && isControlWord(walk.values[walk.at])) {
    walk.at++;
    if (spec?.type === 'COMBO' && walk.values[walk.at] === '') walk.at++; // the text that filters the choices
  }
  return [value];
}
