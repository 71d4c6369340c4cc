// list: names that the server offers, filtered by words; one recipe or node whole.
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { refused } from './refused.ts';

test('list recipes: those that run on this server come first; --runnable leaves the others out', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const { code, out, err } = await place.run(['list', 'recipes', '--host', server.url, '--json']);
  expect(code, err).toBe(0);
  const rows = jsonLines(out).map(({ runnable }) => runnable);
  expect(new Set(rows).size).toBe(2);
  expect(rows.lastIndexOf(true)).toBeLessThan(rows.indexOf(false));
  const only = await place.run(['list', 'recipes', '--runnable', '--host', server.url, '--json']);
  expect(jsonLines(only.out)).toHaveLength(rows.indexOf(false));
  refused(await place.run(['list', 'loras', '--runnable', '--host', server.url]), 2);
});

test('list models: all that -c takes, with family and recipe', async () => {
  const models = {
    checkpoints: ['v1-5-pruned-emaonly.ckpt', 'stranger.safetensors'],
    diffusion_models: ['flux1-dev.safetensors', 'stranger.gguf'],
    upscale_models: ['4x-UltraSharp.pth'],
  };
  await using server = await startDemo({ models });
  await using place = await Workplace.create();
  const { code, out, err } = await place.run(['list', 'models', '--host', server.url, '--json']);
  expect(code, err).toBe(0);
  expect(jsonLines(out).map(({ name, folder, family, recipe }) => [name, folder, family, recipe])).toEqual([
    ['v1-5-pruned-emaonly.ckpt', 'checkpoints', 'sd15', 'sd15'],
    ['stranger.safetensors', 'checkpoints', 'sd15', 'sd15'],
    ['flux1-dev.safetensors', 'diffusion_models', 'flux1-dev', 'flux1-dev'],
    ['stranger.gguf', 'diffusion_models', null, null],
    ['4x-UltraSharp.pth', 'upscale_models', null, 'upscale-model'],
  ]);
  const lines = (await place.run(['list', 'models', '--host', server.url])).out.split('\n');
  expect(lines[2]).toMatch(/^flux1-dev\.safetensors\tflux1-dev\tdiffusion_models/);
  expect(lines[1]).toMatch(/^stranger\.safetensors\tsd15 \(a guess\)\tcheckpoints/);
  expect(lines[3]).toMatch(/^stranger\.gguf\tno recipe: neither name nor metadata tell its family/);
});

test('words filter every kind; what is left over is said', async () => {
  await using server = await startDemo({ models: { loras: ['film/Grain.safetensors', 'ink.safetensors'], text_encoders: ['clip_l.safetensors'] } }); // prettier-ignore
  await using place = await Workplace.create();
  const listed = async (...words: string[]): Promise<string> =>
    (await place.run(['list', ...words, '--host', server.url])).out;
  expect(await listed('loras', 'grain', 'FILM')).toBe('film/Grain.safetensors\n');
  expect(await listed('samplers', 'dpmpp', 'karras')).toBe('');
  expect(await listed('samplers', 'dpmpp_2m')).toMatch(/^dpmpp_2m\n/);
  expect(await listed('text-encoders')).toBe('clip_l.safetensors\n');
  expect(await listed('nodes', 'ksampler', 'advanced')).toMatch(/^KSamplerAdvanced\t/);
  const none = await place.run(['list', 'loras', 'none', '--host', server.url]);
  expect([none.code, none.out, none.err]).toEqual([0, '', 'none of the loras has none in its name\n']);
});

test('list recipes <name>: defaults, and where its files lie and come from', async () => {
  await using server = await startDemo({ models: { vae: ['ae.safetensors'] } });
  await using place = await Workplace.create();
  const { code, out, err } = await place.run(['list', 'recipes', 'flux1-dev', '--host', server.url, '--json']);
  expect(code, err).toBe(0);
  const [recipe] = jsonLines(out);
  expect(recipe).toMatchObject({ name: 'flux1-dev', runnable: false, defaults: { width: 1024, steps: 20 } });
  const files = recipe?.['files'] as readonly { readonly folder: string; readonly name: string }[];
  expect(files.find(({ folder }) => folder === 'vae')).toMatchObject({
    name: 'ae.safetensors',
    present: true,
    source: expect.stringMatching(/^https:\/\/huggingface\.co\/.*\/ae\.safetensors$/) as unknown,
  });
  expect(files.find(({ name }) => name === 'clip_l.safetensors')).toMatchObject({ folder: 'text_encoders', present: false }); // prettier-ignore
  const text = (await place.run(['list', 'recipes', 'flux1-dev', '--host', server.url])).out;
  expect(text).toMatch(/^flux1-dev\tlacks /);
  expect(text).toMatch(/^vae\tmodels\/vae\/ae\.safetensors\tthere/m);
});

test('list nodes <class>: inputs and outputs', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const { out } = await place.run(['list', 'nodes', 'KSampler', '--host', server.url, '--json']);
  const [node] = jsonLines(out);
  expect(node).toMatchObject({ name: 'KSampler', outputs: [{ name: 'LATENT', type: 'LATENT', list: false }] });
  const inputs = node?.['inputs'] as readonly Record<string, unknown>[];
  expect(inputs.find(({ name }) => name === 'steps')).toEqual({ name: 'steps', type: 'INT', required: true, default: 20, min: 1, max: 10000, choices: null }); // prettier-ignore
  expect(inputs.find(({ name }) => name === 'sampler_name')?.['choices']).toContain('euler');
});

test('a kind that is none: the nearest', async () => {
  await using place = await Workplace.create();
  const finished = await place.run(['list', 'checkpoint']);
  refused(finished, 2);
  expect(finished.err).toContain('did you mean checkpoints?');
});
