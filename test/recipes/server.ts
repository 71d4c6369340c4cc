// Definitions of an imagined server, made for tests: the classes that graphs use and the values that loaders list.
import type { ObjectInfo } from '../../src/protocol/object-info.ts';
import { buildRecipe } from '../../src/recipes/build.ts';
import { families } from '../../src/recipes/families.ts';
import { plainParams } from '../../src/recipes/runnable.ts';

type Lists = Readonly<Record<string, readonly string[]>>;

const listing: Readonly<Record<string, readonly [classType: string, input: string][]>> = {
  checkpoints: [['CheckpointLoaderSimple', 'ckpt_name']],
  diffusion_models: [['UNETLoader', 'unet_name']],
  text_encoders: [['CLIPLoader', 'clip_name']],
  vae: [['VAELoader', 'vae_name']],
  loras: [
    ['LoraLoader', 'lora_name'],
    ['LoraLoaderModelOnly', 'lora_name'],
  ],
  controlnet: [['ControlNetLoader', 'control_net_name']],
  model_patches: [['ModelPatchLoader', 'name']],
  upscale_models: [['UpscaleModelLoader', 'model_name']],
};

/** A server that knows the classes of the named families (all when none is named) and holds these files. */
export function imagine(lists: Lists, only?: readonly string[]): ObjectInfo {
  const known = families().filter((f) => f.kind !== 'part' && (only === undefined || only.includes(f.name)));
  const built = known.map((family) => buildRecipe(family.name, plainParams(family)).workflow);
  const classes = new Set([
    ...built.flatMap((w) => Object.values(w).map((n) => n.class_type)),
    'LoraLoader',
    'ControlNetLoader',
    'ModelPatchLoader',
  ]);
  const required = new Map<string, Record<string, unknown>>([...classes].map((c) => [c, {}]));
  for (const [folder, inputs] of Object.entries(listing)) {
    for (const [classType, input] of inputs) (required.get(classType) ?? {})[input] = [[...(lists[folder] ?? [])], {}];
  }
  for (const family of known) {
    if (family.clip?.type === undefined) continue;
    const loader = required.get(family.clip.loader) ?? {};
    const types = (loader['type'] as [string[]] | undefined)?.[0] ?? [];
    loader['type'] = [[...types, family.clip.type], {}];
  }
  return Object.fromEntries(
    [...required].map(([name, inputs]) => [name, { input: { required: inputs }, output: [], name }]),
  );
}
