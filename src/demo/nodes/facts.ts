// What flows along the links of a demo job: no tensors, only the facts from which a picture can be drawn at the end.
import { inputSpecs, type NodeDefinition } from '../../protocol/object-info.ts';
import type { Painting } from './paint.ts';
import { resize } from './sizes.ts';

export type Facts = {
  readonly text?: string;
  readonly negative?: string;
  readonly seed?: bigint | number;
  readonly width?: number;
  readonly height?: number;
  readonly batch?: number;
  /** How many pictures of their own follow one another, as tiles do: every node runs once for each. */
  readonly list?: number;
  readonly colour?: number;
  /** How much an upscale model enlarges. */
  readonly factor?: number;
  /** Steps that a list of sigmas holds. */
  readonly steps?: number;
  /** What a primitive, or a text node, yields. */
  readonly value?: unknown;
  /** The values of each output, where they differ. */
  readonly slots?: readonly unknown[];
};

export type Inputs = {
  readonly linked: ReadonlyMap<string, Facts>;
  readonly literal: Readonly<Record<string, unknown>>;
};

const sizes = new Set(['width', 'height', 'batch', 'list']);
const sized = new Set(['LATENT', 'IMAGE', 'MASK', 'VIDEO', 'AUDIO', '*', 'COMFY_MATCHTYPE_V3']);
const plainTypes = new Set(['INT', 'FLOAT', 'STRING', 'BOOLEAN', 'COMBO']);

/** Literal inputs, and those that a linked node gives as a plain value. */
export function plainInputs(
  definition: NodeDefinition,
  { linked, literal }: Inputs,
): Readonly<Record<string, unknown>> {
  const plain = new Set(inputSpecs(definition).flatMap((spec) => (plainTypes.has(spec.type) ? [spec.name] : [])));
  const given = [...linked].filter(([name, facts]) => plain.has(name) && facts.value !== undefined);
  return { ...literal, ...Object.fromEntries(given.map(([name, facts]) => [name, facts.value])) };
}

/** What a node makes of its inputs: everything that came in, and what its own settings say. */
export function derive(classType: string, definition: NodeDefinition, inputs: Inputs): Facts {
  const came = merge(inputs.linked);
  const values = plainInputs(definition, inputs);
  const all = { ...came, ...own(values), ...text(definition, values) };
  const facts = { ...all, ...resize(classType, all, values) };
  const outputs = definition.output.map(String);
  if (outputs.length === 0 || outputs.some((o) => sized.has(o))) return facts;
  return Object.fromEntries(Object.entries(facts).filter(([key]) => !sizes.has(key))); // conditioning has no size
}

/** Masks and what is pasted come first, so that what they are laid upon decides the size. */
const minor = /mask|^source$|^control_net$/;

function merge(linked: ReadonlyMap<string, Facts>): Facts {
  let facts: Facts = {};
  const texts = new Set<string>();
  const rank = (name: string): number => (minor.test(name) ? 0 : name === 'destination' ? 2 : 1);
  for (const [name, from] of [...linked].sort(([a], [b]) => rank(a) - rank(b))) {
    const { text: said, ...rest } = from;
    if (/negative|uncond/.test(name)) {
      if (said !== undefined) facts = { ...facts, negative: said };
      continue;
    }
    if (said !== undefined) texts.add(said);
    facts = { ...facts, ...rest };
  }
  return texts.size === 0 ? facts : { ...facts, text: [...texts].join('\n') };
}

function own(literal: Readonly<Record<string, unknown>>): Facts {
  const seed = literal['seed'] ?? literal['noise_seed'];
  const pick = (key: 'batch' | 'colour' | 'steps', ...names: string[]): Facts => {
    const value = names.map((n) => literal[n]).find((v) => typeof v === 'number');
    return typeof value === 'number' ? { [key]: value } : {};
  };
  return {
    ...(typeof seed === 'number' || typeof seed === 'bigint' ? { seed } : {}),
    ...pick('batch', 'batch_size'),
    ...pick('colour', 'color'),
    ...pick('steps', 'steps'),
    ...('value' in literal ? { value: literal['value'] } : {}),
    ...(typeof literal['value'] === 'string' ? { text: literal['value'] } : {}),
  };
}

function text(definition: NodeDefinition, literal: Readonly<Record<string, unknown>>): Facts {
  if (!definition.output.includes('CONDITIONING')) return {};
  const specs = { ...definition.input.required, ...definition.input.optional };
  const texts = Object.entries(literal).flatMap(([name, value]) =>
    typeof value === 'string' && Array.isArray(specs[name]) && specs[name][0] === 'STRING' ? [value] : [],
  );
  return texts.length === 0 ? {} : { text: [...new Set(texts)].join('\n') };
}

/** The picture of the `index`th member of a batch. `salt` tells apart what facts alone do not. */
export function paintingOf(facts: Facts, salt: string, index: number): Painting {
  return {
    width: Math.min(facts.width ?? 512, 8192),
    height: Math.min(facts.height ?? 512, 8192),
    prompt: facts.text ?? '',
    negative: facts.negative ?? '',
    seed: facts.seed ?? 0,
    salt: `${salt}${index === 0 ? '' : `#${index}`}`,
    ...(facts.colour === undefined ? {} : { colour: facts.colour }),
  };
}

/** How many pictures there are in all. */
export function countOf({ batch = 1, list = 1 }: Facts): number {
  return Math.min(Math.max(0, batch) * Math.max(1, list), 4096);
}
