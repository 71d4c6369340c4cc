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
  expect(json.out).toContain(`"seed":${seed}`);
  expect(JSON.parse(json.out)).toMatchObject({ format: 'png', width: 64, negative: 'blurry', sampler: 'euler' });
  const workflow = await place.run(['inspect', 'a.png', '--workflow']);
  expect(JSON.parse(workflow.out)).toHaveProperty('nodes');
});

test('a picture that carries nothing, a file that is none, a path that is wrong: usage', async () => {
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'bare.png'), encodePng({ width: 1, height: 1, rgb: new Uint8Array(3) }));
  await writeFile(join(place.folder, 'note.txt'), 'hello');
  for (const file of ['bare.png', 'note.txt', 'absent.png']) expect((await place.run(['inspect', file])).code).toBe(2);
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
