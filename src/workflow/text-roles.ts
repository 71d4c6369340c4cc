// From a sampler or guider to the texts behind its positive and negative conditioning.
import type { ObjectInfo } from '../protocol/object-info.ts';
import { chain, heldAt, linkAt, nodeAt, valueAt, type Budget, type Place } from './walk.ts';
import { isLink, type Link, type Workflow, type WorkflowNode } from './workflow.ts';

export type TextPlaces = {
  readonly prompt: readonly Place[];
  readonly negative: readonly Place[];
  readonly guidance: readonly Place[];
};

type Side = 'positive' | 'negative';

/** The inputs that take conditioning, the surest name first: a dual guider's `negative` may hold the positive text. */
const entrances: Readonly<Record<Side, readonly string[]>> = {
  positive: ['positive', 'cond1', 'conditioning'],
  negative: ['cond2', 'negative'],
};
const passing = [
  'conditioning', 'conditioning_1', 'conditioning_2', 'conditioning_to', 'conditioning_from', 'conditioning1',
  'conditioning2', 'basic_pipe', 'pipe',
]; // prettier-ignore
const textInputs = ['text', 'prompt', 'tags', 'text_g', 'text_l', 'clip_l', 'clip_g', 't5xxl', 'llama'];

/** Where the two sides of these nodes begin; equal ones lead to equal places. */
export type Entrances = { readonly [S in Side]: Link | undefined };

/** What a search reads; definitions name the outputs, without them the input that asked decides. */
export type Graph = { readonly workflow: Workflow; readonly info: ObjectInfo | undefined; readonly budget: Budget };

export function entrancesOf(workflow: Workflow, nodes: readonly string[]): Entrances {
  return { positive: entrance(workflow, nodes, 'positive'), negative: entrance(workflow, nodes, 'negative') };
}

export function textPlaces(graph: Graph, start: Entrances): TextPlaces {
  const positive = placesOf(graph, start.positive, 'positive');
  const negative = placesOf(graph, start.negative, 'negative');
  const prompts = new Set(positive.texts.map(keyOf));
  return {
    prompt: positive.texts,
    negative: negative.texts.filter((place) => !prompts.has(keyOf(place))),
    guidance: positive.guidance,
  };
}

const keyOf = ({ node, input }: Place): string => `${node}\n${input}`;

function placesOf(graph: Graph, start: Link | undefined, side: Side): { texts: Place[]; guidance: Place[] } {
  if (start === undefined) return { texts: [], guidance: [] };
  const { workflow, budget } = graph;
  const found = chain(workflow, start, (node, slot) => further(graph, node, slot, side), budget);
  const first = sideOfOutput(graph, start) ?? side;
  const texts = found.flatMap((id) => textsOf(workflow, id, id === start[0] ? first : side));
  const guidance = found.flatMap((id) => heldAt(workflow, { node: id, input: 'guidance' }) ?? []);
  return { texts, guidance };
}

function entrance(workflow: Workflow, nodes: readonly string[], side: Side): Link | undefined {
  for (const node of nodes) {
    for (const name of entrances[side]) {
      const link = linkAt(workflow, node, name);
      if (link !== undefined) return link;
    }
  }
  return undefined;
}

/**
 * A node that takes both sides gives both: the name of the output says which, else the input that asked. Its
 * number does not count: some give their model first. What zeroes a text out ends the search.
 */
function further(graph: Graph, node: WorkflowNode, slot: number, asked: Side): readonly string[] {
  if (isZero(node)) return [];
  const side = sideOfClass(graph, node.class_type, slot) ?? asked;
  const links = Object.keys(node.inputs).filter((name) => isLink(node.inputs[name]));
  const own = links.filter((name) => isOfSide(name, side));
  const other = side === 'positive' ? 'negative' : 'positive';
  if (own.length > 0 && links.some((name) => isOfSide(name, other))) return own;
  return [...passing.filter((name) => Object.hasOwn(node.inputs, name)), ...own];
}

/** `positive`, `positive_A`, `base_positive`, … */
function isOfSide(input: string, side: Side): boolean {
  return input
    .toLowerCase()
    .split(/[_\s.]+/)
    .includes(side);
}

function sideOfOutput({ workflow, info }: Graph, [id, slot]: Link): Side | undefined {
  const node = nodeAt(workflow, id);
  return node === undefined ? undefined : sideOfClass({ info }, node.class_type, slot);
}

/** By the name of the output: `positive`, `negative_text`, `CONDITIONING-`. */
function sideOfClass({ info }: Pick<Graph, 'info'>, className: string, slot: number): Side | undefined {
  const definition = info !== undefined && Object.hasOwn(info, className) ? info[className] : undefined;
  const names: unknown = definition?.output_name;
  const name: unknown = Array.isArray(names) ? names[slot] : undefined;
  if (typeof name !== 'string') return undefined;
  if (isOfSide(name, 'positive') || /^conditioning\s*\+$/i.test(name)) return 'positive';
  return isOfSide(name, 'negative') || /^conditioning\s*-$/i.test(name) ? 'negative' : undefined;
}

const isZero = ({ class_type }: WorkflowNode): boolean => /zero/i.test(class_type);

/** Texts that are named after their side come first; else every text of the node. */
function textsOf(workflow: Workflow, id: string, side: Side): Place[] {
  const node = nodeAt(workflow, id);
  if (node === undefined || isZero(node)) return [];
  const names = Object.keys(node.inputs);
  const own = held(
    workflow,
    id,
    names.filter((name) => isOfSide(name, side)),
  );
  if (side === 'negative' && own.length > 0) return own;
  const plain = held(
    workflow,
    id,
    textInputs.filter((name) => names.includes(name)),
  );
  if (plain.length > 0 || own.length > 0) return [...plain, ...own];
  return held(
    workflow,
    id,
    names.filter((name) => /\.(text|prompt)$/.test(name)),
  );
}

/** Where these inputs hold text; a widget of another kind, or a socket, is none. */
function held(workflow: Workflow, node: string, inputs: readonly string[]): Place[] {
  return inputs.flatMap((input) => {
    const place = heldAt(workflow, { node, input });
    return place === undefined || typeof valueAt(workflow, place) !== 'string' ? [] : [place];
  });
}
