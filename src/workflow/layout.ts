// An API graph -> a small UI workflow (format 0.4) that the web UI opens: values in the class's order, columns from left to right.
import type { InputSpec, ObjectInfo } from '../protocol/object-info.ts';
import { arrange, type Box } from './arrange.ts';
import { autogrow, classTable, subInputs, type NodeClass } from './node-class.ts';
import { isNested, rowGroupOf, rowsIn, rowSpecs } from './row-groups.ts';
import { defaultOf, dynamicCombo, isMultiline, isWidget, takesSlot, valuesBehind } from './widget-types.ts';
import { isLink, type Input, type Link, type Workflow, type WorkflowNode } from './workflow.ts';

export type UiWorkflow = Readonly<Record<string, unknown>>;

type Socket = {
  readonly name: string;
  readonly type: string;
  readonly widget: boolean;
  readonly from: Link | undefined;
};
type Drawn = {
  readonly id: string;
  readonly node: WorkflowNode;
  readonly nodeClass: NodeClass;
  readonly sockets: readonly Socket[];
  readonly values: readonly unknown[];
  readonly box: Box;
};
type UiLink = readonly [
  id: number,
  origin: number,
  originSlot: number,
  target: number,
  targetSlot: number,
  type: string,
];

/** Undefined without definitions, or when a class is not among them: values could not be put into their order. */
export function toUiWorkflow(workflow: Workflow, info: ObjectInfo | undefined): UiWorkflow | undefined {
  const classes = info === undefined ? undefined : classTable(info);
  const drawn: Drawn[] = [];
  for (const [id, node] of Object.entries(workflow)) {
    const nodeClass = classes?.(node.class_type);
    if (nodeClass === undefined) return undefined;
    drawn.push(draw(workflow, id, node, nodeClass));
  }
  const numbers = numberNodes(drawn.map((d) => d.id));
  const links = linksOf(drawn, numbers);
  const places = arrange(
    drawn.map((d) => ({ id: d.id, box: d.box, sources: d.sockets.flatMap((s) => s.from?.[0] ?? []) })),
  );
  const byNode = linksByNode(links);
  const nodes = drawn.map((d, order) => {
    const id = numbers.get(d.id) ?? 0;
    return uiNode(d, order, id, places.get(d.id) ?? [0, 0], byNode.get(id));
  });
  return {
    last_node_id: Math.max(0, ...numbers.values()),
    last_link_id: links.length,
    nodes,
    links,
    groups: [],
    config: {},
    extra: {},
    version: 0.4,
  };
}

function draw(workflow: Workflow, id: string, node: WorkflowNode, nodeClass: NodeClass): Drawn {
  const drawing: Drawing = { workflow, node, sockets: [], values: [] };
  for (const spec of nodeClass.specs) drawInput(drawing, spec, spec.name);
  const { sockets, values } = drawing;
  return { id, node, nodeClass, sockets, values, box: boxOf(nodeClass, sockets.length, values.length) };
}

type Drawing = {
  readonly workflow: Workflow;
  readonly node: WorkflowNode;
  readonly sockets: Socket[];
  readonly values: unknown[];
};

/** `name` is the input's name in the graph: rows may have gaps there, which the web UI closes. */
function drawInput(drawing: Drawing, spec: InputSpec, name: string): void {
  const { workflow, node, sockets, values } = drawing;
  if (spec.type === autogrow) {
    sockets.push(...members(node, spec));
    return;
  }
  if (drawRows(drawing, spec, name)) return;
  const given = Object.hasOwn(node.inputs, name) ? node.inputs[name] : undefined;
  const from = isLink(given) && Object.hasOwn(workflow, given[0]) ? given : undefined;
  // A literal where the web UI knows no widget: the browser code of a pack does.
  const isPackWidget = !isWidget(spec) && given !== undefined && from === undefined && !isForced(spec);
  const widget = isWidget(spec) || isPackWidget;
  if (!widget || isPackWidget || from !== undefined)
    sockets.push({ name: spec.name, type: typeOf(spec), widget, from });
  if (!widget || !takesSlot(spec)) return;
  const value = from === undefined ? literal(spec, given) : defaultOf(spec);
  values.push(value ?? null, ...valuesBehind(spec, value));
  if (spec.type !== dynamicCombo) return;
  for (const inner of subInputs(spec, value) ?? [])
    drawInput(drawing, inner, `${name}${inner.name.slice(spec.name.length)}`);
}

function isForced(spec: InputSpec): boolean {
  return spec.options['forceInput'] === true || spec.type.startsWith('COMFY_');
}

/** The number of rows, then their fields; false for an input that is no group of rows. */
function drawRows(drawing: Drawing, spec: InputSpec, name: string): boolean {
  const group = rowGroupOf(spec);
  if (group === undefined) return false;
  const known = { ...group, name };
  const rows = rowsIn(known, drawing.node.inputs);
  while (rows.length < group.min) rows.push((rows.at(-1) ?? -1) + 1);
  drawing.values.push(rows.length);
  rows.forEach((row, index) => {
    const names = rowSpecs(known, row).map((field) => field.name);
    rowSpecs(group, index).forEach((field, i) => {
      if (!isNested(field)) drawInput(drawing, field, names[i] ?? field.name);
    });
  });
  return true;
}

/** `images.image0`, `images.image1`, … as far as they are linked. */
function members(node: WorkflowNode, group: InputSpec): Socket[] {
  return Object.entries(node.inputs).flatMap(([name, from]) =>
    name.startsWith(`${group.name}.`) && isLink(from) ? [{ name, type: '*', widget: false, from }] : [],
  );
}

function boxOf({ definition, specs }: NodeClass, sockets: number, values: number): Box {
  const texts = specs.filter(isMultiline).length;
  const picture = /^(Save|Preview|Load)(Image|Video|Animated)/.test(definition.name) ? 260 : 0;
  const rows = Math.max(sockets, definition.output.length);
  return { width: texts > 0 ? 400 : 300, height: 20 + 20 * rows + 24 * values + 100 * texts + picture };
}

/** What the widget shows so that the web UI sends what stands in the graph: it would resolve `{a|b}` itself. */
function literal(spec: InputSpec, given: Input | undefined): unknown {
  const value = typeof given === 'object' && given !== null && '__value__' in given ? given['__value__'] : given;
  if (value === undefined) return defaultOf(spec);
  if (typeof value !== 'string' || spec.options['dynamicPrompts'] !== true) return value;
  return value.replaceAll(/(?<!\\)[{}]/g, (brace) => `\\${brace}`);
}

/** Numbers stay; ids that are text (`57:13`) get the next free number. */
function numberNodes(ids: readonly string[]): ReadonlyMap<string, number> {
  const isNumber = (id: string): boolean => /^[1-9]\d{0,8}$/.test(id);
  let last = Math.max(0, ...ids.filter(isNumber).map(Number));
  return new Map(ids.map((id) => [id, isNumber(id) ? Number(id) : ++last]));
}

function linksOf(drawn: readonly Drawn[], numbers: ReadonlyMap<string, number>): readonly UiLink[] {
  const outputs = new Map(drawn.map((d) => [d.id, d.nodeClass.definition.output]));
  const ends = drawn.flatMap((d) => d.sockets.map((socket, slot) => ({ target: d.id, slot, socket })));
  return ends
    .filter(({ socket }) => socket.from !== undefined)
    .map(({ target, slot, socket }, i): UiLink => {
      const [origin, originSlot] = socket.from ?? ['', 0];
      const type = outputs.get(origin)?.[originSlot];
      return [i + 1, numbers.get(origin) ?? 0, originSlot, numbers.get(target) ?? 0, slot, wordOf(type)];
    });
}

function uiNode(
  d: Drawn,
  order: number,
  id: number,
  pos: readonly [number, number],
  links: NodeLinks | undefined,
): UiWorkflow {
  const { definition } = d.nodeClass;
  const title = d.node._meta?.title;
  const isOwn = title !== undefined && title !== definition.display_name && title !== definition.name;
  return {
    id,
    type: d.nodeClass.name,
    ...(isOwn ? { title } : {}),
    pos,
    size: [d.box.width, d.box.height],
    flags: {},
    order,
    mode: 0,
    inputs: d.sockets.map(({ name, type, widget }, slot) => ({
      name,
      type,
      ...(widget ? { widget: { name } } : {}),
      link: links?.into.find((l) => l[4] === slot)?.[0] ?? null,
    })),
    outputs: definition.output.map((type, slot) => ({
      name: definition.output_name?.[slot] ?? wordOf(type),
      type: wordOf(type),
      links: links?.from.filter((l) => l[2] === slot).map((l) => l[0]) ?? [],
    })),
    properties: { 'Node name for S&R': d.nodeClass.name },
    widgets_values: d.values,
  };
}

type NodeLinks = { readonly into: UiLink[]; readonly from: UiLink[] };

function linksByNode(links: readonly UiLink[]): ReadonlyMap<number, NodeLinks> {
  const byNode = new Map<number, NodeLinks>();
  const at = (id: number): NodeLinks => {
    const known = byNode.get(id) ?? { into: [], from: [] };
    byNode.set(id, known);
    return known;
  };
  for (const link of links) {
    at(link[1]).from.push(link);
    at(link[3]).into.push(link);
  }
  return byNode;
}

function typeOf(spec: InputSpec): string {
  return spec.type.startsWith('COMFY_') ? '*' : spec.type;
}

function wordOf(type: unknown): string {
  if (typeof type !== 'string') return 'COMBO'; // a list of choices as an output's type
  return type.startsWith('COMFY_') ? '*' : type;
}
