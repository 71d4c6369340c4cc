// Against a real ComfyUI: inpainting and outpainting change not one pixel of what they are not told to change.
import { expect, test } from 'vitest';
import { readPixels, type Rgba } from '../../src/media/pixels.ts';
import { encodePng } from '../../src/media/png.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Workplace } from '../helpers/cli.ts';

const url = process.env['COMFY_GEN_TEST_URL'] ?? '';
const live = test.skipIf(url === '');
const [width, height] = [96, 72];

function image(colourAt: (x: number, y: number) => readonly [number, number, number]): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.set(colourAt(i % width, Math.floor(i / width)), i * 3);
  return encodePng({ width, height, rgb });
}

const marked = { left: 50, right: 65, top: 28, bottom: 39 };
const isMarked = (x: number, y: number, margin = 0): boolean =>
  x >= marked.left - margin && x <= marked.right + margin && y >= marked.top - margin && y <= marked.bottom + margin;
const photo = image((x, y) => [(x * 7 + y * 3) % 256, (x * 2 + y * 11) % 256, (x * y) % 256]);
const mask = image((x, y) => (isMarked(x, y) ? [255, 255, 255] : [0, 0, 0]));

const at = ({ width: w, rgba }: Rgba, x: number, y: number): string =>
  rgba.subarray((y * w + x) * 4, (y * w + x) * 4 + 3).join();

async function pixelsOf(place: Workplace, name: string): Promise<Rgba> {
  const pixels = await readPixels(await readFile(join(place.folder, name)));
  if (pixels === undefined) throw new Error(`${name} is no PNG`);
  return pixels;
}

/** One step without guidance: what is drawn does not matter here, and a server without a graphics card takes long for more. */
const quick = ['--host', url, '-s', '1', '--cfg', '1'];

/** The size at which a part is drawn is the model's own; small enough for a server without a graphics card. */
async function smallParts(place: Workplace, args: readonly string[]): Promise<string[]> {
  const { out } = await place.run([...args, '--dry-run']);
  const graph = JSON.parse(out) as Record<string, { class_type: string; inputs: Record<string, unknown> }>;
  const large = Object.entries(graph).filter(
    ([, { class_type, inputs }]) => class_type === 'ImageScale' && Number(inputs['width']) > 256,
  );
  expect(large).toHaveLength(2); // the part, and its mask
  return large.flatMap(([id]) => ['--set', `${id}.width=96`, '--set', `${id}.height=64`]);
}

live('a mask that is grown and blurred: the difference is 0 everywhere else', { timeout: 600_000 }, async () => {
  await using place = await Workplace.create({ 'photo.png': photo, 'mask.png': mask });
  const masked = ['-i', 'photo.png', '--mask', 'mask.png', '--mask-grow', '3', '--mask-blur', '5'];
  const args = ['a rose', ...quick, ...masked];
  const { code } = await place.run([...args, ...(await smallParts(place, args)), '-o', 'rose.png']);
  expect(code).toBe(0);
  const [before, after] = [await pixelsOf(place, 'photo.png'), await pixelsOf(place, 'rose.png')];
  let [inside, outside] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (at(before, x, y) === at(after, x, y)) continue;
      if (isMarked(x, y, 3 + 5)) inside++;
      else outside++;
    }
  }
  expect(outside).toBe(0);
  expect(inside).toBeGreaterThan(0);
});

live('outpainting keeps what was there, but for the blended edge', { timeout: 600_000 }, async () => {
  await using place = await Workplace.create({ 'photo.png': photo });
  const { code } = await place.run(['x', ...quick, '-i', 'photo.png', '--pad', '0,0,24,0', '-o', 'wide.png']);
  expect(code).toBe(0);
  const [before, after] = [await pixelsOf(place, 'photo.png'), await pixelsOf(place, 'wide.png')];
  expect([after.width, after.height]).toEqual([width + 24, height]);
  for (let y = 0; y < height; y++) for (let x = 0; x < width - 24; x++) expect(at(after, x, y)).toBe(at(before, x, y));
});
