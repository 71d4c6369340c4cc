// The ways to use a family of which a golden graph is kept: each of its tasks, its few-step LoRA, each kind of control file.
import type { ControlWay, Family } from '../../src/recipes/family.ts';
import type { ModelFiles, RecipeParams, Task } from '../../src/recipes/recipe.ts';
import { plainParams, tasksOf } from '../../src/recipes/runnable.ts';

type GoldenCase = { readonly name: string; readonly params: RecipeParams; readonly files?: ModelFiles };

const byTask: Readonly<Record<Task, Partial<RecipeParams>>> = {
  txt2img: {},
  img2img: { images: ['input.png'], denoise: 0.6 },
  inpaint: { images: ['input.png'], mask: 'mask.png' },
  edit: { images: ['input.png'] },
  txt2vid: {},
  img2vid: { images: ['input.png'] },
  txt2audio: {},
  cover: { images: ['song.flac'] },
  estimate: { images: ['input.png'] },
  img2mesh: { images: ['input.png'] },
  upscale: { images: ['input.png'] },
};

const controlFiles: Readonly<Record<ControlWay, string>> = {
  net: 'controlnet.safetensors',
  'net with vae': 'controlnet.safetensors',
  diffsynth: 'diffsynth_controlnet.safetensors',
  lllite: 'lllite.safetensors',
  'h3 fun': 'minimax_h3_fun_controlnet_union_pruned_int8_convrot.safetensors',
};

/** What is kept of a family; a lighthouse with seed 1, and a negative where the family reads one. */
export function goldenCases(family: Family): readonly GoldenCase[] {
  const plain: RecipeParams = {
    ...plainParams(family),
    prompt:
      family.usualPrompt !== undefined || family.kind === 'upscale' || family.kind === 'mesh' || family.kind === 'map'
        ? ''
        : 'a lighthouse',
    seed: 1n,
    negative: family.takes.includes('negative') ? 'blurry' : undefined,
  };
  const tasks = tasksOf(family).map((task) => ({ name: task, params: { ...plain, ...byTask[task], ...many(family) } }));
  const examples = (family.variants ?? []).flatMap(({ example }) =>
    example === undefined ? [] : [{ name: example, params: plain, files: { [family.files[0]?.role ?? '']: example } }],
  );
  const songs = family.takes.includes('lyrics')
    ? [{ name: 'lyrics', params: { ...plain, styleText: 'sea shanty', prompt: '[Verse]\nHome again' } }]
    : [];
  const controls = (family.control ?? []).map((way) => ({
    name: `control (${way})`,
    params: {
      ...plain,
      control: [{ model: controlFiles[way], image: way === 'h3 fun' ? 'control.mp4' : 'control.png', strength: 1 }],
    },
  }));
  const kinds = (['canny', 'depth', 'pose', 'lines'] as const).filter((kind) => family.nets?.usual[kind] !== undefined);
  const byKind = kinds.map((kind) => ({
    name: `control by ${kind}`,
    params: { ...plain, control: [{ kind, image: 'photo.jpg', strength: 0.8 }] },
  }));
  const turbo = family.turbo === undefined ? [] : [{ name: 'turbo', params: { ...plain, turbo: true } }];
  const more = withMore.includes(family.name)
    ? pictureCases.map((c) => ({ ...c, params: { ...plain, ...c.params } }))
    : [];
  return [
    ...tasks,
    ...more,
    ...examples,
    ...songs,
    ...turbo,
    ...controls,
    ...(nets.includes(family.name) ? byKind : []),
  ];
}

/** A family that needs more than one image: what stands for them. */
const many = (family: Family): Partial<RecipeParams> =>
  (family.edit?.min ?? 1) > 1 ? { images: ['input.png', 'motion.mp4'] } : {};

/** Families of which the options for better pictures are kept: a whole checkpoint, and one in parts. */
const withMore: readonly string[] = ['sd15', 'flux1-dev'];

/** Families of which control by kind is kept: each way that takes it, and the union nets with types of their own. */
const nets: readonly string[] = ['sd15', 'sdxl', 'flux1-dev', 'qwen-image', 'z-image-turbo'];

const photo = {
  image: { width: 1600, height: 1200 },
  mask: { width: 1600, height: 1200 },
  marked: { x: 300, y: 200, width: 240, height: 160 },
};

const pictureCases: readonly { readonly name: string; readonly params: Partial<RecipeParams> }[] = [
  { name: 'aspect', params: { aspect: { width: 16, height: 9 }, mp: 1 } },
  { name: 'exact', params: { width: 1001, height: 700, exact: true } },
  { name: 'two passes', params: { width: 2048, height: 1920 } },
  { name: 'two passes in tiles', params: { width: 3072, height: 2048 } },
  {
    name: "the mask's surroundings",
    params: { images: ['input.png'], mask: 'mask.png', maskGrow: 8, maskBlur: 40, seen: photo },
  },
  { name: 'a mask by words', params: { images: ['input.png'], maskText: 'the face, hats:3' } },
  {
    name: 'a mask by words, grown and blurred',
    params: { images: ['input.png'], maskText: 'the face', maskGrow: 8, maskBlur: 12, seen: { image: photo.image } },
  },
  {
    name: 'part of the sampling, with the map saved',
    params: {
      control: [{ kind: 'canny', image: 'photo.jpg', strength: 0.5, start: 0.1, end: 0.7 }],
      saveControl: true,
    },
  },
  { name: 'negative guidance', params: { nag: 3, cfg: 1, negative: 'blurry' } },
  {
    name: 'enlarge and refine',
    params: {
      images: ['input.png'],
      to: { factor: 2 },
      refine: 0.3,
      upscale: 'up.safetensors',
      seen: { image: photo.image },
    },
  },
  {
    name: 'outpaint',
    params: { images: ['input.png'], pad: { left: 64, top: 0, right: 100, bottom: 8 }, seen: { image: photo.image } },
  },
];
