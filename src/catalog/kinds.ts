// What can be listed, and the input of the node definitions that lists it.
import { ComfyGenError } from '../errors.ts';
import { modelLoaders } from '../protocol/model-loaders.ts';
import { closest } from '../text/closest.ts';

/** Kind -> the combos that list it. */
export const combos = {
  checkpoints: modelLoaders.checkpoints,
  loras: modelLoaders.loras,
  vaes: modelLoaders.vae,
  samplers: [['KSampler', 'sampler_name']],
  schedulers: [['KSampler', 'scheduler']],
  controlnets: modelLoaders.controlnet,
  upscalers: modelLoaders.upscale_models,
  'text-encoders': modelLoaders.text_encoders,
} as const;
type Combo = keyof typeof combos;

const others = ['models', 'embeddings', 'nodes', 'recipes', 'templates', 'workflows', 'styles'] as const;
export type ListKind = Combo | (typeof others)[number];

export const listKinds: readonly string[] = [...Object.keys(combos), ...others];

export function isCombo(kind: ListKind): kind is Combo {
  return Object.hasOwn(combos, kind);
}

/** Throws `bad_option` for what is no kind. */
export function checkKind(kind: string | undefined): ListKind {
  if (kind !== undefined && listKinds.includes(kind)) return kind as ListKind; // it is one of them
  const [near] = kind === undefined ? [] : closest(kind, listKinds, 1);
  throw new ComfyGenError(
    'bad_option',
    kind === undefined ? '`list` needs a kind' : `nothing to list is called ${JSON.stringify(kind)}`,
    { hint: near === undefined ? `kinds: ${listKinds.join(', ')}` : `did you mean ${near}?` },
  );
}
