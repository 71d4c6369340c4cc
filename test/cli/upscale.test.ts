// upscale: what is sent for a factor and for a size, with and without a model that draws, and whose prompt it is.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { jsonLines, linesByRow, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const small = ['--size', '128x96', '-s', '2', '--recipe', 'sd15'];

test('--refine draws over in tiles, with the prompt that the image carries; the bar knows the tiles', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const at = ['--host', demo.url];
  await place.run(['a red lighthouse', '-n', 'blurry', ...at, ...small, '-o', 'first.png']);
  const args = ['upscale', 'first.png', '--to', '1024x768', '--refine', '0.3', '-s', '4', '--recipe', 'sd15', ...at];
  const { code, out } = await place.run([...args, '--events']);
  expect(code).toBe(0);
  const events = jsonLines(out);
  expect(events.find(({ type }) => type === 'progress')).toMatchObject({ tiles: 4 });
  const shares = events.filter(({ type }) => type === 'progress').map(({ share }) => Number(share));
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(events.at(-1)?.['result']).toMatchObject({
    prompt: 'a red lighthouse',
    negative: 'blurry',
    width: 1024,
    height: 768,
    files: [{ width: 1024, height: 768 }],
  });
  const other = await place.run([...args, '-p', 'a blue lighthouse', '--json']);
  expect(jsonLines(other.out)[0]).toMatchObject({ prompt: 'a blue lighthouse' });
});

test('without --refine only the upscale model, whatever a config file says of models', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({
    '.comfyrc.json': '{"steps": 9, "checkpoint": "v1-5-pruned-emaonly.ckpt"}',
  });
  await place.run(['x', '--host', demo.url, ...small, '-o', 'in.png']);
  const { code, out } = await place.run(['upscale', 'in.png', '--to', '2x', '--host', demo.url, '--dry-run']);
  expect([code, out.includes('ImageUpscaleWithModel'), out.includes('KSampler')]).toEqual([0, true, false]);
  expect(out).toMatch(/"width": 256/);
});

test('several images are several jobs; a size that is no multiple comes out as it was asked for', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const at = ['--host', demo.url];
  await place.run(['x', ...at, ...small, '-o', 'a.png']);
  await place.run(['y', ...at, ...small, '-o', 'b.png']);
  const args = [
    'upscale',
    'a.png',
    'b.png',
    '--to',
    '301x223',
    '--refine',
    '0.2',
    '-s',
    '4',
    '--recipe',
    'sd15',
    ...at,
  ];
  const { out } = await place.run([...args, '--json']);
  expect(linesByRow(out).map(({ files }) => files)).toMatchObject([
    [{ width: 301, height: 223 }],
    [{ width: 301, height: 223 }],
  ]);
  expect((await readFile(join(place.folder, 'a.png'))).length).toBeGreaterThan(0);
});

test('a folder, a sweep and several prompts: every image at every point, with the same noise', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const at = ['--host', demo.url];
  for (const name of ['photos/10.png', 'photos/9.png', 'c.png'])
    await place.run(['a harbour', ...at, ...small, '-o', name]);
  const args = ['upscale', 'photos', 'c.png', '--to', '128x96', '-s', '2', '--recipe', 'sd15', ...at, '--json'];
  const swept = linesByRow((await place.run([...args, '--sweep', 'refine=0.2,0.3'])).out);
  expect(swept.map(({ sweep, prompt }) => [sweep, prompt])).toEqual(
    [0.2, 0.2, 0.2, 0.3, 0.3, 0.3].map((refine) => [{ refine }, 'a harbour']),
  );
  expect(new Set(swept.map(({ seed }) => seed)).size).toBe(3);
  const prompted = await place.run([...args, '--refine', '0.2', '-p', 'a', '-p', 'b', '--dry-run']);
  expect(prompted.out.trim().split('\n')).toHaveLength(6);
  const sizes = await place.run(['upscale', 'c.png', ...at, '--sweep', 'to=2x,192x144', '--json']);
  expect(linesByRow(sizes.out).map(({ width }) => width)).toEqual([256, 192]);
});

test.each([
  [['upscale', 'a.png'], 'to'],
  [['upscale', '--to', '2x'], 'needs an image'],
  [['upscale', 'absent.png', '--to', '2x'], 'absent.png'],
  [['upscale', '.', '--to', '2x'], 'there is no picture in this folder'],
  [['upscale', 'absent.png', '--to', '2x', '--sweep', 'stesp=1,2'], 'nothing that can be swept'],
  [['upscale', 'absent.png', '--to', '2x', '-i', 'a.png'], 'takes its images as words'],
  [['upscale', 'absent.png', '--to', '2'], 'a factor like 2x'],
  [['x', '--refine', '0.3'], 'refine'],
  [['x', '--to', '2x'], 'needs an image'],
] as const)('%j is a usage error', async (args, said) => {
  await using place = await Workplace.create();
  const { code, err } = await place.run([...args, '--dry-run', '--host', '127.0.0.1:9']);
  expect([code, err]).toEqual([2, expect.stringContaining(said)]);
});
