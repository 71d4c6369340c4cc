// Pixels of a PNG: every colour type and depth, interlaced or not, scaled down; and masks, whichever way they say it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskPng, readMask } from '../../src/media/mask.ts';
import { readPixels, type Rgba } from '../../src/media/pixels.ts';
import { encodePng } from '../../src/media/png.ts';
import { toPixels } from '../../src/media/transcode.ts';
import { ComfyGenError } from '../../src/errors.ts';
import { makePng, type Form } from '../helpers/png.ts';
import { holds } from '../helpers/property.ts';

const size = { width: 13, height: 11 };
const value = (x: number, y: number, c: number, depth: number): number =>
  (x * 37 + y * 59 + c * 101) % 2 ** Math.min(depth, 16);

/** The byte that a sample is shown as. */
function byteOf(sample: number, depth: number): number {
  return depth === 16 ? sample >> 8 : Math.round((sample * 255) / (2 ** depth - 1));
}

async function pixels(bytes: Uint8Array, limits = {}): Promise<Rgba> {
  const found = await readPixels(bytes, limits);
  if (found === undefined) throw new Error('no PNG');
  return found;
}

describe('every colour type and depth', () => {
  const forms = [0, 2, 4, 6].flatMap((color) =>
    (color === 0 ? [1, 2, 4, 8, 16] : [8, 16]).flatMap((depth) =>
      [false, true].map((interlaced): Form => ({ ...size, color, depth, interlaced })),
    ),
  );
  test.each(forms)('colour $color of $depth bits, interlaced: $interlaced', async (form) => {
    const { color, depth } = form;
    const file = makePng(form, (x, y, c) => value(x, y, c, depth));
    const { rgba, ...found } = await pixels(file);
    expect(found).toEqual(size);
    const isGrey = color === 0 || color === 4;
    const alphaAt = color === 4 ? 1 : color === 6 ? 3 : undefined;
    for (let y = 0; y < size.height; y++)
      for (let x = 0; x < size.width; x++) {
        const shown = (c: number): number => byteOf(value(x, y, c, depth), depth);
        const wanted = [0, 1, 2].map((c) => shown(isGrey ? 0 : c));
        const at = (y * size.width + x) * 4;
        expect([...rgba.subarray(at, at + 4)]).toEqual([...wanted, alphaAt === undefined ? 255 : shown(alphaAt)]);
      }
  });

  test.each([1, 2, 4, 8])('a palette of %i bits, with alphas for some of it', async (depth) => {
    const palette = Buffer.from(Array.from({ length: 3 * 2 ** depth }, (_, i) => (i * 7) % 256));
    const chunks = [
      { type: 'PLTE', data: palette },
      { type: 'tRNS', data: Buffer.from([9]) },
    ];
    for (const interlaced of [false, true]) {
      const file = makePng({ ...size, color: 3, depth, interlaced, chunks }, (x, y) => value(x, y, 0, depth));
      const { rgba } = await pixels(file);
      for (let i = 0; i < size.width * size.height; i++) {
        const index = value(i % size.width, Math.floor(i / size.width), 0, depth);
        expect([...rgba.subarray(i * 4, i * 4 + 4)]).toEqual([
          ...palette.subarray(index * 3, index * 3 + 3),
          index === 0 ? 9 : 255,
        ]);
      }
    }
  });

  test('one colour that is transparent, compared in all its bits', async () => {
    const grey = { type: 'tRNS', data: Buffer.from([0x12, 0x34]) };
    const file = makePng({ width: 2, height: 1, color: 0, depth: 16, chunks: [grey] }, (x) => 0x1234 + x);
    expect([...(await pixels(file)).rgba]).toEqual([0x12, 0x12, 0x12, 0, 0x12, 0x12, 0x12, 255]);
    const rgb = { type: 'tRNS', data: Buffer.from([0, 1, 0, 2, 0, 3]) };
    const coloured = makePng({ width: 2, height: 1, color: 2, depth: 8, chunks: [rgb] }, (x, _y, c) => c + 1 + x);
    expect([...(await pixels(coloured)).rgba]).toEqual([1, 2, 3, 0, 2, 3, 4, 255]);
  });
});

describe('scaled down while reading', () => {
  test('to fit, with its shape kept, never up', async () => {
    const file = makePng({ width: 40, height: 20, color: 2, depth: 8 }, () => 77);
    for (const [limits, width, height] of [
      [{ maxWidth: 10 }, 10, 5],
      [{ maxHeight: 5 }, 10, 5],
      [{ maxWidth: 20, maxHeight: 5 }, 10, 5],
      [{ maxWidth: 400, maxHeight: 400 }, 40, 20],
      [{ maxWidth: 1 }, 1, 1],
    ] as const) {
      const found = await pixels(file, limits);
      expect(found).toMatchObject({ width, height });
      expect(new Set(found.rgba)).toEqual(new Set([77, 255]));
    }
  });

  test('averages, and what is transparent has no colour', async () => {
    const file = makePng({ width: 2, height: 2, color: 6, depth: 8 }, (x, y, c) =>
      c === 3 ? (x === 0 ? 255 : 0) : x === 0 ? y * 100 : 255,
    );
    for (const interlaced of [false, true]) {
      const form: Form = { width: 2, height: 2, color: 6, depth: 8, interlaced };
      const same = makePng(form, (x, y, c) => (c === 3 ? (x === 0 ? 255 : 0) : x === 0 ? y * 100 : 255));
      expect([...(await pixels(same, { maxWidth: 1 })).rgba]).toEqual([50, 50, 50, 128]);
    }
    expect((await pixels(file)).width).toBe(2);
  });
});

describe('files that lie', () => {
  const refusal = async (bytes: Uint8Array, limits = {}): Promise<string> => {
    const error: unknown = await readPixels(bytes, limits).then(
      () => undefined,
      (e: unknown) => e,
    );
    if (error instanceof ComfyGenError && error.reason === 'bad_input_file') return error.message;
    throw new Error(`not refused: ${String(error)}`);
  };
  const honest = makePng({ width: 4, height: 4, color: 2, depth: 8 }, () => 1);
  const withHead = (change: (head: Buffer) => void): Buffer => {
    const file = Buffer.from(honest);
    change(file.subarray(16, 29));
    return file;
  };

  test('a size beyond all measure, colours that there are not, too little data', async () => {
    expect(await refusal(withHead((h) => h.writeUInt32BE(2 ** 31, 0)))).toContain('too large');
    expect(await refusal(withHead((h) => h.writeUInt32BE(16_384, 0) && h.writeUInt32BE(16_384, 4)))).toContain(
      'too large',
    );
    expect(await refusal(withHead((h) => h.writeUInt8(5, 9)))).toContain('no colours');
    expect(await refusal(withHead((h) => h.writeUInt8(3, 9)))).toContain('no palette');
    expect(await refusal(withHead((h) => h.writeUInt32BE(0, 0)))).toContain('no pixels');
    expect(await refusal(withHead((h) => h.writeUInt32BE(400, 4)))).toContain('ends too early');
    expect(await refusal(honest.subarray(0, 60))).toContain('damaged');
  });

  test('what is no PNG', async () => {
    expect(await readPixels(Buffer.from('GIF89a'))).toBeUndefined();
    expect(await toPixels(Buffer.from('hello'))).toBeUndefined();
  });

  const change = fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) });
  const form = fc.record({
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    color: fc.constantFrom(0, 2, 4, 6),
    depth: fc.constantFrom(8, 16),
    interlaced: fc.boolean(),
  });
  holds(
    'any damage is read or refused',
    [form, fc.array(change, { maxLength: 4 }), fc.nat(50)],
    async (form, all, cut) => {
      const file = makePng(form, (x, y, c) => value(x, y, c, form.depth));
      for (const { at, value } of all) file[at % file.length] = value;
      const limits = { maxWidth: 64, maxHeight: 64 };
      const found = await readPixels(file.subarray(0, file.length - cut), limits).catch((error: unknown) => {
        if (error instanceof ComfyGenError) return undefined;
        throw error;
      });
      if (found !== undefined) expect(found.rgba.length).toBe(found.width * found.height * 4);
      return undefined;
    },
  );
});

describe('masks', () => {
  const rgba = (all: readonly (readonly [number, number, number, number])[]): Rgba => ({
    width: all.length,
    height: 1,
    rgba: Uint8Array.from(all.flat()),
  });
  const black = [0, 0, 0, 255] as const;
  const white = [255, 255, 255, 255] as const;

  test('without transparency the red channel counts', () => {
    expect(readMask(rgba([black, white, [128, 0, 0, 255]]))).toMatchObject({
      by: 'red',
      grey: Uint8Array.of(0, 255, 128),
    });
  });
  test("a hole in black, or in a photo, is OpenAI's way", () => {
    expect(readMask(rgba([black, [0, 0, 0, 0]]))).toMatchObject({
      by: 'hole',
      grey: Uint8Array.of(0, 255),
      share: 0.5,
    });
    expect(
      readMask(
        rgba([
          [200, 30, 90, 255],
          [255, 255, 255, 0],
          [255, 255, 255, 255],
        ]),
      ).by,
    ).toBe('hole');
  });
  test('white on transparent is a layer', () => {
    expect(readMask(rgba([white, [255, 255, 255, 0], black]))).toMatchObject({
      by: 'layer',
      grey: Uint8Array.of(255, 0, 0),
    });
  });
  test('all black repaints nothing, all white everything', () => {
    expect(readMask(rgba([black, black])).share).toBe(0);
    expect(readMask(rgba([white])).share).toBe(1);
  });
  test('written as a mask that any channel reads', async () => {
    const mask = readMask(rgba([white, [255, 255, 255, 0]]));
    expect([...(await pixels(maskPng(mask))).rgba]).toEqual([...white, ...black]);
  });
});

test('our own pictures come back', async () => {
  const rgb = Uint8Array.from({ length: 5 * 4 * 3 }, (_, i) => (i * 31) % 256);
  const { rgba } = await pixels(encodePng({ width: 5, height: 4, rgb }));
  expect([...rgba].filter((_, i) => i % 4 !== 3)).toEqual([...rgb]);
});
