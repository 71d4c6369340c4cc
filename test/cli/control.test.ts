// Control by a photo and masks by words: from every place where options are set to the files, and what is refused.
import { expect } from 'vitest';
import { defaultModels } from '../../src/demo/nodes/object-info.ts';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient } from '../../src/index.ts';
import { encodePng } from '../../src/media/png.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const photo = encodePng({ width: 64, height: 48, rgb: new Uint8Array(64 * 48 * 3).map((_none, i) => i % 251) });
const models = {
  ...defaultModels,
  checkpoints: [...(defaultModels['checkpoints'] ?? []), 'sam3.1_multiplex_fp16.safetensors'],
  geometry_estimation: ['depth_anything_3_mono_large.safetensors'],
};
const inputsOf = (graph: string, type: string): unknown =>
  Object.values(JSON.parse(graph) as Record<string, { class_type: string; inputs: unknown }>).find(
    (node) => node.class_type === type,
  )?.inputs;

test('the map is made, steers a part of the sampling, and is saved after the picture', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ 'photo.png': photo });
  const args = ['a', '-s', '2', '--size', '128x96', '--host', demo.url, '-o', 'cat.png', '--json'];
  const { code, out, err } = await place.run([...args, '--control', 'canny@photo.png:0.8:0:0.5', '--save-control']);
  expect([code, err]).toEqual([0, expect.stringContaining('using control_v11p_sd15_canny.pth')]);
  expect(jsonLines(out)[0]?.['files']).toMatchObject([
    { path: 'cat.png', filename: expect.stringMatching(/^ComfyUI_0/) as string, width: 128, height: 96 },
    { path: 'cat-2.png', filename: expect.stringMatching(/^ComfyUI_canny_/) as string, width: 128, height: 96 },
  ]);
});

test('a row, the environment, a config file and the library say the same', async () => {
  await using demo = await startDemo({ models });
  await using place = await Workplace.create({
    'photo.png': photo,
    'rows.jsonl': '{"prompt":"a","control":"depth@photo.png:0.5:0.1:0.9","saveControl":true}\n',
    '.comfyrc': '{"control":["depth@photo.png:0.5:0.1:0.9"],"saveControl":true}',
  });
  const at = ['--host', demo.url, '--dry-run'];
  const env = { COMFY_GEN_CONTROL: 'depth@photo.png:0.5:0.1:0.9', COMFY_GEN_SAVE_CONTROL: '1' };
  await using client = new ComfyUIClient({ host: demo.url });
  const control = [`depth@${place.folder}/photo.png:0.5:0.1:0.9`];
  const graphs = [
    (await place.run(['batch', 'rows.jsonl', ...at, '--no-config'])).out,
    (await place.run(['a', ...at, '--no-config'], { env })).out,
    (await place.run(['a', ...at])).out,
    JSON.stringify((await client.plan({ prompt: 'a', control, saveControl: true, seed: 1n })).workflow),
  ];
  for (const graph of graphs) {
    expect(inputsOf(graph, 'ControlNetApplyAdvanced')).toMatchObject({
      strength: 0.5,
      start_percent: 0.1,
      end_percent: 0.9,
    });
    expect(inputsOf(graph, 'DA3Render')).toMatchObject({ output: 'depth', 'output.normalization': 'v2_style' });
    expect(inputsOf(graph, 'SaveImage')).toEqual(expect.objectContaining({ filename_prefix: 'ComfyUI_depth' }));
  }
});

test('what words name is the mask, alone and with grow and blur', async () => {
  await using demo = await startDemo({ models });
  await using place = await Workplace.create({ 'photo.png': photo });
  const args = ['a', '-s', '2', '-i', 'photo.png', '--mask-text', 'the face', '--host', demo.url];
  const { out } = await place.run([...args, '--dry-run']);
  expect(inputsOf(out, 'SAM3_Detect')).toMatchObject({ threshold: 0.5, individual_masks: false });
  expect(inputsOf(out, 'SetLatentNoiseMask')).toBeDefined();
  const made = await place.run([...args, '--mask-grow', '2', '--mask-blur', '4', '--mask-context', '2', '--json']);
  expect(jsonLines(made.out)[0]?.['files']).toMatchObject([{ width: 64, height: 48 }]);
  expect(made.err).toContain('the context of the mask is the whole image');
  expect(jsonLines(made.out)[0]?.['texts']).toMatchObject([{ text: expect.stringContaining('"score"') as string }]);
  expect(made.err).not.toContain('nothing was repainted');
});

test('words that name nothing in the image: a warning, and where the job is attached to as well', async () => {
  await using demo = await startDemo({ models, faults: [parseFault('finds-nothing')] });
  await using place = await Workplace.create({ 'photo.png': photo });
  const args = ['a', '-s', '2', '-i', 'photo.png', '--mask-text', 'the face', '--host', demo.url];
  const made = await place.run([...args, '--events']);
  expect([made.code, jsonLines(made.out).filter(({ type }) => type === 'warning')]).toMatchObject([0, [{ reason: 'empty_mask', message: expect.stringContaining('nothing was repainted') as string }]]); // prettier-ignore
  expect((await place.run(['attach', 'last'])).err).toContain('warning: nothing in the image is what the words');
});

test.each([
  [['--control', 'depth@photo.png'], 4, 'depth_anything_3_mono_large.safetensors in models/geometry_estimation'],
  [['--control', 'pose@photo.png'], 4, 'sdpose_wholebody_fp16.safetensors in models/checkpoints'],
  [['--control', 'canny@photo.png', '--recipe', 'sdxl'], 4, 'models/controlnet'],
  [['--control', 'canny@photo.png', '--recipe', 'sd21'], 2, 'cannot be used with sd21'],
  [['--save-control'], 2, 'like canny@photo.jpg'],
  [['-i', 'photo.png', '--mask-text', 'the face'], 4, 'sam3.1_multiplex_fp16.safetensors in models/checkpoints'],
  [['-i', 'photo.png', '--mask-text', 'the face', '--mask', 'photo.png'], 2, 'the mask is given'],
  [['--mask-text', 'the face'], 2, 'goes with an image'],
] as const)('%j: %d', async (args, exit, said) => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ 'photo.png': photo });
  const { code, err } = await place.run(['a', ...args, '--host', demo.url]);
  expect([code, err]).toEqual([exit, expect.stringContaining(said)]);
  expect(err).not.toContain('submitted');
});
