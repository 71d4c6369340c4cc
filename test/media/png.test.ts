// PNG chunks both ways, and the pictures that the demo server draws.
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { paint } from '../../src/demo/nodes/paint.ts';
import { encodePng, hasPngEnd, isPng, readChunks, textChunk, writeChunks } from '../../src/media/png.ts';

const city = { width: 96, height: 64, prompt: 'a futuristic city', seed: 5 };

/** Decodes what `encodePng` writes: rows as they are, or as differences to the row above. */
function decode(file: Uint8Array, stride: number): Uint8Array {
  const data = inflateSync(readChunks(file).find((c) => c.type === 'IDAT')?.data ?? new Uint8Array());
  const rgb = new Uint8Array((data.length / (stride + 1)) * stride);
  for (let at = 0; at < rgb.length; at++) {
    const row = Math.floor(at / stride);
    const above = data[row * (stride + 1)] === 2 ? (rgb[at - stride] ?? 0) : 0;
    rgb[at] = (data[row * (stride + 1) + 1 + (at % stride)] ?? 0) + above;
  }
  return rgb;
}

describe('png', () => {
  test('pixels come back as they went in', () => {
    const pixels = paint(city);
    const file = encodePng(pixels);
    expect(Buffer.from(decode(file, 96 * 3)).equals(Buffer.from(pixels.rgb))).toBe(true);
  });

  test('text stands before the picture data', () => {
    const file = encodePng(paint(city), { prompt: '{"1": "\\u00e9"}' });
    const chunks = readChunks(file);
    expect(chunks.map((c) => c.type)).toEqual(['IHDR', 'tEXt', 'IDAT', 'IEND']);
    expect(Buffer.from(chunks[1]?.data ?? []).toString('latin1')).toBe('prompt\u0000{"1": "\\u00e9"}');
  });

  test('reading and writing chunks changes nothing', () => {
    const file = encodePng(paint(city), { a: 'b' });
    expect(Buffer.from(writeChunks(readChunks(file))).equals(Buffer.from(file))).toBe(true);
  });

  test('the end is seen, and its absence', () => {
    const file = encodePng(paint(city));
    expect(hasPngEnd(file.subarray(-12))).toBe(true);
    expect(hasPngEnd(file.subarray(0, -1))).toBe(false);
    expect(isPng(file)).toBe(true);
    expect(isPng(Buffer.from('<html>'))).toBe(false);
  });

  test('a file that is cut off yields the chunks before the cut', () => {
    const file = encodePng(paint(city), { a: 'b' });
    expect(readChunks(file.subarray(0, 60)).map((c) => c.type)).toEqual(['IHDR', 'tEXt']);
    expect(readChunks(Buffer.from('no picture'))).toEqual([]);
  });

  test('a chunk has the checksum that every reader knows', () => {
    const [chunk] = readChunks(writeChunks([textChunk('a', 'b'), { type: 'IEND', data: new Uint8Array() }]));
    expect(chunk?.type).toBe('tEXt');
    expect(
      Buffer.from(writeChunks([{ type: 'IEND', data: new Uint8Array() }]))
        .subarray(8)
        .toString('hex'),
    ).toBe('0000000049454e44ae426082');
  });
});

describe('paint', () => {
  const bytes = (more: object): string => Buffer.from(paint({ ...city, ...more }).rgb).toString('base64');

  test('the same parameters make the same picture, others another', () => {
    expect(bytes({})).toBe(bytes({}));
    for (const more of [
      { seed: 6 },
      { prompt: 'a cat' },
      { negative: 'blurry' },
      { salt: 'x' },
      { seed: 2n ** 64n - 1n },
    ])
      expect(bytes(more)).not.toBe(bytes({}));
  });

  test('DEMO stands in the lower right corner, in white', () => {
    const { rgb, width, height } = paint({ ...city, colour: 0x0000ff });
    const white = Array.from({ length: width * height }, (_, i) => i).filter(
      (i) => rgb[i * 3] === 255 && rgb[i * 3 + 1] === 255,
    );
    expect(white.length).toBeGreaterThan(60);
    expect(white.every((i) => i % width > width / 3 && i / width > height / 2)).toBe(true);
  });

  test('any size can be drawn', () => {
    for (const [width, height] of [
      [1, 1],
      [8, 300],
      [64.7, 16],
    ] as const) {
      const pixels = paint({ width, height, prompt: '' });
      expect(pixels.rgb.length).toBe(pixels.width * pixels.height * 3);
    }
  });
});
