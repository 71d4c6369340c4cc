// `inspect` through the built command: what a picture of the demo server carries, and files that carry nothing.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { encodePng, type Pixels } from '../../src/media/png.ts';
import { Workplace } from '../helpers/cli.ts';

test('parameters as text, as JSON, and the workflow', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const seed = '18446744073709551615';
  await place.run([
    '--host',
    demo.url,
    '--seed',
    seed,
    '-n',
    'blurry',
    '--size',
    '64x64',
    '-o',
    'a.png',
    'a lighthouse',
  ]);
  const shown = await place.run(['inspect', 'a.png']);
  expect(shown.code).toBe(0);
  expect(shown.out).toMatch(/^prompt +a lighthouse$/m);
  expect(shown.out).toMatch(new RegExp(`^seed +${seed}$`, 'm'));
  const json = await place.run(['inspect', 'a.png', '--json']);
  const values = { format: 'png', from: 'prompt', source: 'ComfyUI', width: 64, negative: 'blurry', sampler: 'euler' };
  expect(JSON.parse(json.out)).toMatchObject({ ...values, seed, has_workflow: true });
  const workflow = await place.run(['inspect', 'a.png', '--workflow']);
  expect(JSON.parse(workflow.out)).toHaveProperty('nodes');
});

test('a picture that carries nothing, a file that is none, a path that is wrong: usage', async () => {
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'bare.png'), encodePng({ width: 1, height: 1, rgb: new Uint8Array(3) }));
  await writeFile(join(place.folder, 'note.txt'), 'hello');
  await writeFile(join(place.folder, 'bare.mp3'), Buffer.from('\u00ff\u00fb\u0090\u0064', 'latin1'));
  for (const [file, message] of [
    ['bare.png', 'carries no parameters and no workflow'],
    ['bare.mp3', 'carries no parameters and no workflow'],
    ['note.txt', 'is no picture, video or sound'],
    ['absent.png', 'cannot read'],
  ] as const) {
    const { code, err } = await place.run(['inspect', file]);
    expect(code).toBe(2);
    expect(err).toContain(file);
    expect(err).toContain(message);
  }
});

const pixel: Pixels = { width: 1, height: 1, rgb: new Uint8Array(3) };

test('LoRAs behind the sampler, in their order', async () => {
  await using place = await Workplace.create();
  const graph = {
    1: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'a.safetensors' } },
    2: { class_type: 'LoraLoader', inputs: { model: ['1', 0], lora_name: 'b.safetensors', strength_model: 0.5 } },
    3: { class_type: 'Power', inputs: { model: ['2', 0], lora_1: { on: true, lora: 'c.safetensors', strength: 1 } } },
    4: { class_type: 'KSampler', inputs: { model: ['3', 0], sampler_name: 'euler', positive: ['5', 0], seed: 5 } },
    5: { class_type: 'CLIPTextEncode', inputs: { text: 'a fox' } },
    6: { class_type: 'LoraLoader', inputs: { lora_name: 'unused.safetensors' } },
  };
  await writeFile(join(place.folder, 'a.png'), encodePng(pixel, { comment: JSON.stringify({ prompt: graph }) }));
  const shown = await place.run(['inspect', 'a.png']);
  expect(shown.out).toMatch(/^lora +b\.safetensors 0\.5\nlora +c\.safetensors 1$/m);
  expect(shown.out).toMatch(/^width +1$/m);
  const workflow = await place.run(['inspect', 'a.png', '--workflow']);
  expect(JSON.parse(workflow.out)).toEqual(graph);
});

test("A1111's text counts where `prompt` is a sentence; a graph nested too deeply is refused", async () => {
  await using place = await Workplace.create();
  const parameters = 'a cat <lora:x:0.8>\nSteps: 20, Sampler: Euler a, Seed: 18446744073709551615, Size: 64x32';
  await writeFile(join(place.folder, 'a.png'), encodePng(pixel, { prompt: 'a cat', parameters }));
  const shown = await place.run(['inspect', 'a.png']);
  expect(shown.out).toMatch(/^seed +18446744073709551615$/m);
  expect(shown.out).toMatch(/^lora +x 0\.8$/m);
  const deep = `{"1": {"class_type": "A", "inputs": {"a": ${'['.repeat(9000)}${']'.repeat(9000)}}}}`;
  await writeFile(join(place.folder, 'deep.png'), encodePng(pixel, { prompt: deep }));
  for (const option of ['--json', '--workflow']) {
    const refused = await place.run(['inspect', 'deep.png', option]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('nested too deeply');
  }
});

test("another program's parameters, and whose they are", async () => {
  await using place = await Workplace.create();
  const seed = '18446744073709551615';
  const invokeai_metadata = `{"positive_prompt": "a fox", "seed": ${seed}, "scheduler": "euler_a", "app_version": "5"}`;
  await writeFile(join(place.folder, 'a.png'), encodePng(pixel, { invokeai_metadata }));
  const shown = await place.run(['inspect', 'a.png']);
  expect(shown.out).toMatch(/^source +InvokeAI$/m);
  expect(shown.out).toMatch(/^prompt +a fox$/m);
  expect(shown.out).toMatch(/^sampler +euler_ancestral$/m);
  const json = JSON.parse((await place.run(['inspect', 'a.png', '--json'])).out) as Record<string, unknown>;
  expect(json).toMatchObject({ from: 'parameters', source: 'InvokeAI', prompt: 'a fox', seed, has_workflow: false });
  expect(json['fields']).toMatchObject({ app_version: '5', scheduler: 'euler_a' });
  const workflow = await place.run(['inspect', 'a.png', '--workflow']);
  expect(workflow.code).toBe(2);
  expect(workflow.err).toContain('a.png carries no workflow');
});

test('a graph that a site wrote into UserComment, with members that are no nodes', async () => {
  await using place = await Workplace.create();
  const nodes = {
    4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'a.safetensors' } },
    3: { class_type: 'KSampler', inputs: { model: ['4', 0], sampler_name: 'euler', positive: ['6', 0], seed: 5 } },
    6: { class_type: 'CLIPTextEncode', inputs: { text: 'a fox' } },
  };
  const comment = JSON.stringify({ ...nodes, extra: { airs: [] }, extraMetadata: '{"prompt":"a fox","steps":28}' });
  await writeFile(join(place.folder, 'a.png'), encodePng(pixel, { comment }));
  const { out } = await place.run(['inspect', 'a.png', '--json']);
  const values = { from: 'prompt', source: 'CivitAI', prompt: 'a fox', seed: '5', steps: 28, model: 'a.safetensors' };
  expect(JSON.parse(out)).toMatchObject(values);
  expect(JSON.parse((await place.run(['inspect', 'a.png', '--workflow'])).out)).toEqual(nodes);
});

test("only the web UI's workflow: its values, and that they are a guess", async () => {
  await using place = await Workplace.create();
  const socket = (name: string, type: string, link: number | null, widget = false): unknown => ({
    name,
    type,
    link,
    ...(widget && { widget: { name } }),
  });
  const ui = {
    version: 0.4,
    nodes: [
      {
        id: 1,
        type: 'CheckpointLoaderSimple',
        widgets_values: ['a.safetensors'],
        outputs: [{ name: 'MODEL', type: 'MODEL' }],
      },
      {
        id: 2,
        type: 'CLIPTextEncode',
        inputs: [],
        widgets_values: ['a {red|blue} fox'],
        outputs: [{ name: 'C', type: 'CONDITIONING' }],
      },
      // a class of a pack, which shows its widgets
      {
        id: 5,
        type: 'PackLatent',
        inputs: [socket('width', 'INT', null, true), socket('height', 'INT', null, true)],
        widgets_values: [640, 448],
        outputs: [{ name: 'L', type: 'LATENT' }],
      },
      {
        id: 3,
        type: 'KSampler',
        inputs: [
          socket('model', 'MODEL', 1),
          socket('positive', 'CONDITIONING', 2),
          socket('latent_image', 'LATENT', 3),
        ],
        widgets_values: [123456789012345, 'randomize', 21, 6.5, 'heun', 'karras', 1],
        outputs: [],
      },
    ],
    links: [
      [1, 1, 0, 3, 0, 'MODEL'],
      [2, 2, 0, 3, 1, 'CONDITIONING'],
      [3, 5, 0, 3, 2, 'LATENT'],
    ],
  };
  await writeFile(join(place.folder, 'a.png'), encodePng(pixel, { workflow: JSON.stringify(ui) }));
  const { code, out, err } = await place.run(['inspect', 'a.png', '--json']);
  expect(code, err).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    from: 'workflow',
    prompt: 'a {red|blue} fox',
    seed: '123456789012345',
    steps: 21,
    sampler: 'heun',
    model: 'a.safetensors',
    width: 640,
    height: 448,
  });
  expect(err).toContain('are guessed');
});

test('one graph that is cut leaves the other, and the damage is told', async () => {
  await using place = await Workplace.create();
  const texts = { prompt: '{"1": {"class_type": "A"', workflow: '{"nodes": []}' };
  const whole = encodePng(pixel, texts);
  await writeFile(join(place.folder, 'a.png'), whole.subarray(0, whole.length - 12));
  const workflow = await place.run(['inspect', 'a.png', '--workflow']);
  expect(JSON.parse(workflow.out)).toEqual({ nodes: [] });
  const shown = await place.run(['inspect', 'a.png']);
  expect(shown.code).toBe(0);
  expect(shown.err).toContain('damaged');
});
