// Inpainting the mask's surroundings only, and outpainting: what is sent, from every place where options are set.
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { encodePng } from '../../src/media/png.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const [width, height] = [200, 160];
const grey = (valueAt: (x: number, y: number) => number): Uint8Array => {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.fill(valueAt(i % width, Math.floor(i / width)), i * 3, i * 3 + 3);
  return encodePng({ width, height, rgb });
};
const files = {
  'photo.png': grey((x) => x),
  'mask.png': grey((x, y) => (x >= 50 && x < 90 && y >= 60 && y < 100 ? 255 : 0)),
};
const masked = ['-i', 'photo.png', '--mask', 'mask.png'];
const inputsOf = (graph: string, type: string): unknown =>
  Object.values(JSON.parse(graph) as Record<string, { class_type: string; inputs: unknown }>).find(
    (node) => node.class_type === type,
  )?.inputs;

test('the file has the size of the picture; a row, the environment and a flag say the same', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({
    ...files,
    'rows.jsonl': '{"prompt":"a","image":"photo.png","mask":"mask.png","maskGrow":4}\n',
  });
  const at = ['--host', demo.url, '-s', '2'];
  const made = await place.run(['a', ...at, ...masked, '--mask-context', '2', '--mask-blur', '8', '--json']);
  expect(jsonLines(made.out)[0]?.['files']).toMatchObject([{ width, height }]);
  const box = { x: 40, y: 50, width: 64, height: 64 };
  const fromRow = await place.run(['batch', 'rows.jsonl', ...at, '--dry-run']);
  const fromEnv = await place.run(['a', ...at, ...masked, '--dry-run'], { env: { COMFY_GEN_MASK_GROW: '4' } });
  for (const { out } of [fromRow, fromEnv]) {
    expect(inputsOf(out, 'ImageCrop')).toMatchObject({ ...box, x: 38, y: 48 });
    expect(inputsOf(out, 'GrowMask')).toMatchObject({ expand: 4 });
  }
});

test('--pad makes the picture larger by just so many pixels', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create(files);
  const { out } = await place.run([
    'a',
    '-s',
    '2',
    '--host',
    demo.url,
    '-i',
    'photo.png',
    '--pad',
    '3,0,40,8',
    '--json',
  ]);
  expect(jsonLines(out)[0]?.['files']).toMatchObject([{ width: width + 43, height: height + 8 }]);
});

test.each([
  [['--mask-blur', '4', '-i', 'photo.png'], 'goes with a mask'],
  [['--pad', '8,0,0,0'], 'needs an image'],
  [[...masked, '--mask-grow', '513'], 'from 0 to 512'],
  [['-i', 'photo.png', '--pad', '0,0,0,0'], 'left,top,right,bottom'],
  [[...masked, '--mask-grow', '4', '--size', '512x512'], "only the mask's surroundings are drawn"],
  [['--recipe', 'qwen-image-edit', '-i', 'photo.png', '--pad', '8,0,0,0'], 'cannot be used with qwen-image-edit'],
] as const)('%j is a usage error', async (args, said) => {
  await using place = await Workplace.create(files);
  const { code, err } = await place.run(['a', ...args, '--dry-run', '--host', '127.0.0.1:9']);
  expect([code, err]).toEqual([2, expect.stringContaining(said)]);
});
