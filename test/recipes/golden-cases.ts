// The ways to use a family of which a golden graph is kept: each of its tasks, its few-step LoRA, each kind of control file.
import type { ControlWay, Family } from '../../src/recipes/family.ts';
import type { RecipeParams, Task } from '../../src/recipes/recipe.ts';
import { plainParams, tasksOf } from '../../src/recipes/runnable.ts';

type GoldenCase = { readonly name: string; readonly params: RecipeParams };

const byTask: Readonly<Record<Task, Partial<RecipeParams>>> = {
  txt2img: {},
  img2img: { images: ['input.png'], denoise: 0.6 },
  inpaint: { images: ['input.png'], mask: 'mask.png' },
  edit: { images: ['input.png'] },
  txt2vid: {},
  img2vid: { images: ['input.png'] },
  txt2audio: {},
  img2mesh: { images: ['input.png'] },
  upscale: { images: ['input.png'] },
};

const controlFiles: Readonly<Record<ControlWay, string>> = {
  net: 'controlnet.safetensors',
  'net with vae': 'controlnet.safetensors',
  diffsynth: 'diffsynth_controlnet.safetensors',
  lllite: 'lllite.safetensors',
};

/** What is kept of a family; a lighthouse with seed 1, and a negative where the family reads one. */
export function goldenCases(family: Family): readonly GoldenCase[] {
  const plain: RecipeParams = {
    ...plainParams(family),
    prompt: family.kind === 'upscale' || family.kind === 'mesh' ? '' : 'a lighthouse',
    seed: 1n,
    negative: family.takes.includes('negative') ? 'blurry' : undefined,
  };
  const tasks = tasksOf(family).map((task) => ({ name: task, params: { ...plain, ...byTask[task] } }));
  const controls = (family.control ?? []).map((way) => ({
    name: `control (${way})`,
    params: { ...plain, control: [{ model: controlFiles[way], image: 'control.png', strength: 1 }] },
  }));
  const turbo = family.turbo === undefined ? [] : [{ name: 'turbo', params: { ...plain, turbo: true } }];
  return [...tasks, ...turbo, ...controls];
}
