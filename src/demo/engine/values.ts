// What flows along the links of a demo job: no tensors, only the facts from which a picture can be drawn at the end.
import type { NodeDefinition } from '../../protocol/object-info.ts';
import type { Painting } from '../nodes/paint.ts';

export type Facts = {
  readonly text?: string;
  readonly negative?: string;
  readonly seed?: bigint | number;
  readonly width?: number;
  readonly height?: number;
  readonly batch?: number;
  readonly colour?: number;
  /** How much an upscale model enlarges. */
  readonly factor?: number;
  /** Steps that a list of sigmas holds. */
  readonly steps?: number;
  /** What a primitive, or a text node, yields. */
  readonly value?: unknown;
};

export type Inputs = {
  readonly linked: ReadonlyMap<string, Facts>;
  readonly literal: Readonly<Record<string, unknown>>;
};

const sizes = new Set(['width', 'height', 'batch']);
const sized = new Set(['LATENT', 'IMAGE', 'MASK', 'VIDEO', 'AUDIO', '*', 'COMFY_MATCHTYPE_V3']);

/** What a node makes of its inputs: everything that came in, and what its own settings say. */
export function derive(classType: string, definition: NodeDefinition, inputs: Inputs): Facts {
  const came = merge(inputs.linked);
  const all = { ...came, ...own(inputs.literal), ...text(definition, inputs.literal) };
  const facts = { ...all, ...resize(classType, all, inputs.literal) };
  const outputs = definition.output.map(String);
  if (outputs.length === 0 || outputs.some((o) => sized.has(o))) return facts;
  return Object.fromEntries(Object.entries(facts).filter(([key]) => !sizes.has(key))); // conditioning has no size
}

function merge(linked: ReadonlyMap<string, Facts>): Facts {
  let facts: Facts = {};
  const texts = new Set<string>();
  for (const [name, from] of linked) {
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

/** Width and height after the node. */
function resize(classType: string, facts: Facts, literal: Readonly<Record<string, unknown>>): Facts {
  const number = (name: string): number | undefined => (typeof literal[name] === 'number' ? literal[name] : undefined);
  const width = facts.width ?? 512;
  const height = facts.height ?? 512;
  const times = (factor: number): Facts => ({ width: Math.round(width * factor), height: Math.round(height * factor) });
  if (classType === 'UpscaleModelLoader') {
    const factor = /(\d)x|x(\d)/i.exec(String(literal['model_name']));
    return { factor: Number(factor?.[1] ?? factor?.[2] ?? 4) };
  }
  if (classType === 'ImageUpscaleWithModel') return times(facts.factor ?? 4);
  const by = number('scale_by') ?? number('upscale_by');
  if (by !== undefined) return times(by);
  const megapixels = number('megapixels');
  if (megapixels !== undefined) return times(Math.sqrt((megapixels * 1024 * 1024) / (width * height)));
  if (classType === 'ImagePadForOutpaint') {
    const side = (a: string, b: string): number => (number(a) ?? 0) + (number(b) ?? 0);
    return { width: width + side('left', 'right'), height: height + side('top', 'bottom') };
  }
  const [w, h] = [number('width'), number('height')];
  if (w === undefined || h === undefined) return {};
  const known = {
    width: w > 0 ? w : Math.round((width * h) / height),
    height: h > 0 ? h : Math.round((height * w) / width),
  };
  const latent = /^Empty.*Latent/.test(classType); // latents count in blocks of eight pixels
  return latent ? { width: known.width - (known.width % 8), height: known.height - (known.height % 8) } : known;
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
