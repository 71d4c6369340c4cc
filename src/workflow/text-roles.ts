// From a sampler or guider to the texts behind its positive and negative conditioning.
import { chain, heldAt, linkAt, nodeAt, type Budget, type Place } from './walk.ts';
import type { Link, Workflow, WorkflowNode } from './workflow.ts';

export type TextPlaces = {
  readonly prompt: readonly Place[];
  readonly negative: readonly Place[];
  readonly guidance: readonly Place[];
};

type Side = 'positive' | 'negative';

/** Where conditioning comes in, the most telling name first: a dual guider's `negative` may hold the positive text. */
const entrances: Readonly<Record<Side, readonly string[]>> = {
  positive: ['positive', 'cond1', 'conditioning'],
  negative: ['cond2', 'negative'],
};
const passing = [
  'conditioning',
  'conditioning_1',
  'conditioning_2',
  'conditioning_to',
  'conditioning_from',
  'conditioning1',
  'conditioning2',
];
const textInputs = [
  'text',
  'prompt',
  'tags',
  'text_g',
  'text_l',
  'clip_l',
  'clip_g',
  't5xxl',
  'llama',
  'positive_prompt',
];

/** Where the two sides of these nodes begin; equal ones lead to equal places. */
export type Entrances = { readonly [S in Side]: Link | undefined };

export function entrancesOf(workflow: Workflow, nodes: readonly string[]): Entrances {
  return { positive: entrance(workflow, nodes, 'positive'), negative: entrance(workflow, nodes, 'negative') };
}

export function textPlaces(workflow: Workflow, start: Entrances, budget: Budget): TextPlaces {
  const positive = side(workflow, start.positive, 'positive', budget);
  const negative = side(workflow, start.negative, 'negative', budget);
  const prompts = new Set(positive.texts.map(keyOf));
  return {
    prompt: positive.texts,
    negative: negative.texts.filter((place) => !prompts.has(keyOf(place))),
    guidance: positive.guidance,
  };
}

const keyOf = ({ node, input }: Place): string => `${node}\n${input}`;

function side(
  workflow: Workflow,
  start: Link | undefined,
  which: Side,
  budget: Budget,
): { texts: Place[]; guidance: Place[] } {
  if (start === undefined) return { texts: [], guidance: [] };
  const found = chain(workflow, start, (node, slot) => further(node, slot, which), budget);
  const texts = found.flatMap((id) => textsOf(workflow, id, which));
  const guidance = found.flatMap((id) => heldAt(workflow, { node: id, input: 'guidance' }) ?? []);
  return { texts, guidance };
}

function entrance(workflow: Workflow, nodes: readonly string[], which: Side): Link | undefined {
  for (const node of nodes) {
    for (const name of entrances[which]) {
      const link = linkAt(workflow, node, name);
      if (link !== undefined) return link;
    }
  }
  return undefined;
}

/** Nodes that take both sides give them out in the same order; what zeroes a text out ends the search. */
function further({ class_type, inputs }: WorkflowNode, slot: number, which: Side): readonly string[] {
  if (/zero/i.test(class_type)) return [];
  if (Object.hasOwn(inputs, 'positive') && Object.hasOwn(inputs, 'negative'))
    return [slot === 1 ? 'negative' : slot === 0 ? 'positive' : which];
  return [...passing, which].filter((name) => Object.hasOwn(inputs, name));
}

function textsOf(workflow: Workflow, id: string, which: Side): Place[] {
  const node = nodeAt(workflow, id);
  if (node === undefined || /zero/i.test(node.class_type)) return [];
  if (which === 'negative' && Object.hasOwn(node.inputs, 'negative_prompt'))
    return place(workflow, id, 'negative_prompt');
  const plain = textInputs
    .filter((name) => Object.hasOwn(node.inputs, name))
    .flatMap((name) => place(workflow, id, name));
  const dotted = plain.length > 0 ? [] : Object.keys(node.inputs).filter((name) => /\.(text|prompt)$/.test(name));
  return [...plain, ...dotted.flatMap((name) => place(workflow, id, name))];
}

function place(workflow: Workflow, node: string, input: string): Place[] {
  const held = heldAt(workflow, { node, input });
  return held === undefined ? [] : [held];
}
