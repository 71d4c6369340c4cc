// What the command line plans, the library plans: the same graph, the same sentences, for the same options on the same server.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo, type Models } from '../../src/demo/demo.ts';
import { ComfyGenError, ComfyUIClient, type GenerateOptions } from '../../src/index.ts';
import { parseJson } from '../../src/protocol/json.ts';
import { families } from '../../src/recipes/families.ts';
import { command, folder, front, picture, type Answers } from './bench.ts';

/** Every model file that a recipe names. */
function everyModel(): Models {
  const models: Record<string, string[]> = {};
  for (const { files = [] } of families())
    for (const { folder: of, names } of files) (models[of] ??= []).push(...names);
  models['loras']?.push('film.safetensors');
  models['controlnet'] = ['control_v11p_sd15_canny.pth'];
  models['upscale_models'] = ['RealESRGAN_x4plus.pth'];
  return models;
}

/** The options as flags of the command line. */
function flagsOf({ prompt, negative, ...options }: GenerateOptions): string[] {
  const flags = ['-p', prompt, ...(negative === undefined ? [] : ['-n', negative])];
  for (const [key, value] of Object.entries(options)) {
    const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === true) flags.push(flag);
    else if (key === 'set')
      for (const [target, set] of Object.entries(options.set ?? {}))
        flags.push(flag, `${target}=${typeof set === 'string' ? set : JSON.stringify(set)}`);
    else for (const one of [value as string | number].flat()) flags.push(`${flag}=${one}`);
  }
  return flags;
}

/** Plans both ways: what the library says, and what the command line printed. */
async function both(host: string, options: GenerateOptions, cwd: string) {
  await using client = new ComfyUIClient({ host });
  const plan = await client.plan(options);
  const absolute = flagsOf(options);
  const { code, out, err } = await command(['--host', host, '--dry-run', '--no-color', ...absolute], cwd);
  expect({ code, err }).toMatchObject({ code: 0 });
  const lines = err.split('\n').filter((line) => line !== '');
  return { plan, printed: parseJson(out), said: lines.map(asKeys) };
}

/** A sentence of the command line as the library says it: an option under its key. */
const asKeys = (line: string): string =>
  line
    .replace(/^warning: /, '')
    .replace(/(?<![\w-])--([a-z][a-z-]*)/g, (_all, flag: string) =>
      flag.replace(/-(\w)/g, (_dash, c: string) => c.toUpperCase()),
    );

const seed = 18446744073709551615n;
const sets: readonly (readonly [name: string, options: GenerateOptions])[] = [
  ['a prompt alone', { prompt: 'a cat', seed: 7 }],
  ['sizes that are rounded', { prompt: 'a cat', negative: 'a dog', width: 501, height: 333, seed }],
  [
    'a LoRA with strengths, two of them',
    { prompt: 'x', lora: ['film.safetensors:0.6', 'lcm-lora-sdv1-5.safetensors:1:0.5'], seed: 1 },
  ],
  ['an image to start from', { prompt: 'x', image: 'house.png', denoise: 0.55, seed: 1 }],
  ['a mask', { prompt: 'x', image: 'house.png', mask: 'mask.png', denoise: 0.8, seed: 1 }],
  ['ControlNet', { prompt: 'x', control: 'control_v11p_sd15_canny.pth:house.png:0.7', seed: 1 }],
  ['a second pass and an upscaler', { prompt: 'x', hires: 1.5, upscale: 'RealESRGAN_x4plus.pth', seed: 1 }],
  ['an input that is set', { prompt: 'x', set: { 'KSampler.steps': 7, 'SaveImage.filename_prefix': 'mine' }, seed: 1 }],
  ['dynamic prompts', { prompt: 'a {red|green|blue} car', dynamicPrompts: true, seed: 5 }],
  ['a LoRA in the prompt', { prompt: 'a cat <lora:film:0.8>', seed: 5 }],
  ['sdxl by its file', { prompt: 'x', checkpoint: 'sd_xl_base_1.0.safetensors', size: '1000x1000', seed: 1 }],
  ['sdxl with its refiner', { prompt: 'x', recipe: 'sdxl', refiner: 'sd_xl_refiner_1.0.safetensors', seed: 1 }],
  ['sdxl-turbo', { prompt: 'x', recipe: 'sdxl-turbo', seed: 1 }],
  ['flux1-dev with guidance', { prompt: 'x', recipe: 'flux1-dev', guidance: 3, seed: 1 }],
  ['flux1-schnell', { prompt: 'x', checkpoint: 'flux1-schnell.safetensors', batchSize: 3, seed: 1 }],
  ['z-image-turbo with a negative prompt', { prompt: 'x', negative: 'y', recipe: 'z-image-turbo', seed: 1 }],
  ['qwen-image', { prompt: 'x', recipe: 'qwen-image', steps: 4, turbo: true, seed: 1 }],
  ['sd35', { prompt: 'x', recipe: 'sd35', sampler: 'dpmpp_2m', scheduler: 'sgm_uniform', cfg: 4.5, seed: 1 }],
  ['flux2-dev', { prompt: 'x', recipe: 'flux2-dev', width: 1000, height: 700, seed: 1 }],
  ['newbie, which has something to say', { prompt: 'x', recipe: 'newbie', seed: 1 }],
  ['sd21, with a layer of CLIP', { prompt: 'x', recipe: 'sd21', clipSkip: 2, seed: 1 }],
];

test('the same graph and the same notes for many options and families', async () => {
  await using demo = await startDemo({ models: everyModel() });
  await using place = await folder();
  for (const name of ['house.png', 'mask.png'])
    await writeFile(join(place.path, name), picture(name === 'mask.png' ? 255 : 90));
  const recipes = new Set<string | null>();
  for (const [name, options] of sets) {
    const here = JSON.parse(
      JSON.stringify(options, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).replace(
        /(house|mask)\.png/g,
        (file) => join(place.path, file).replaceAll('\\', '/'),
      ),
    ) as GenerateOptions;
    const { plan, printed, said } = await both(demo.url, here, place.path);
    expect({ name, workflow: plan.workflow }).toEqual({ name, workflow: printed });
    expect({ name, notes: plan.notes }).toEqual({ name, notes: said });
    recipes.add(plan.recipe);
  }
  expect(recipes.size).toBeGreaterThanOrEqual(8);
  expect(demo.queued()).toBe(0);
  expect(demo.log.filter(({ method }) => method === 'POST')).toEqual([]);
});

/** A server that tells this of its model files. */
const knows =
  (metadata: unknown, size?: number): Answers =>
  (path, response) => {
    const answer = path.includes('/view_metadata/')
      ? metadata
      : path.includes('/experiment/models/')
        ? sized(size)
        : undefined;
    if (answer === undefined) return undefined;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    return true;
  };
const sized = (size: number | undefined): unknown => [{ name: 'epic.safetensors', pathIndex: 0, size }];

test.each([
  ['its metadata', knows({ 'modelspec.architecture': 'stable-diffusion-xl-v1-base' }), 'sdxl'],
  ['its size', knows({}, 6_938_078_334), 'sdxl'],
  ['nothing', knows({}), 'sd15'],
])('a model whose name says nothing is detected by %s', async (_by, answers, recipe) => {
  await using demo = await startDemo({ models: { checkpoints: ['epic.safetensors'] } });
  await using server = await front(demo.port, answers);
  await using place = await folder();
  const { plan, printed, said } = await both(server.url, { prompt: 'a cat', seed: 1 }, place.path);
  expect(plan).toMatchObject({ recipe, checkpoint: 'epic.safetensors', seed: '1' });
  expect(plan.workflow).toEqual(printed);
  expect(plan.notes).toEqual(said);
});

test.each<[GenerateOptions, string]>([
  [{ prompt: 'x', checkpoint: 'no-such.safetensors' }, 'missing_model'],
  [{ prompt: 'x', sampler: 'eulr' }, 'invalid_value'],
  [{ prompt: 'x', recipe: 'sd16' }, 'unknown_recipe'],
  [{ prompt: 'x', frames: 9 }, 'unusable_option'],
  [{ prompt: 'x', denoise: 0.5 }, 'unusable_option'],
  [{ prompt: 'x', set: { 'KSampler.stepz': 3 } }, 'unknown_node'],
])('what the command line refuses, the library refuses: %o', async (options, reason) => {
  await using demo = await startDemo();
  await using place = await folder();
  await using client = new ComfyUIClient({ host: demo.url });
  const error = await client.plan(options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ComfyGenError);
  const { code, err } = await command(['--host', demo.url, '--dry-run', ...flagsOf(options)], place.path);
  expect(error).toMatchObject({ reason, exit_code: code });
  if (error instanceof ComfyGenError) expect(err).toContain(error.message);
});

test('the seed is a new one for each plan, below 2^50, and is reported', async () => {
  await using demo = await startDemo();
  await using client = new ComfyUIClient({ host: demo.url });
  const plans = [await client.plan({ prompt: 'x' }), await client.plan({ prompt: 'x', seed: 'random' })];
  const seeds = plans.map(({ seed: one }) => BigInt(one ?? -1));
  expect(new Set(seeds).size).toBe(2);
  for (const one of seeds) expect(one >= 0n && one < 2n ** 50n).toBe(true);
});
