// AVIF and HEIF: the Exif item wherever its box may put it, sizes, and boxes that lie.
import { describe, expect, test } from 'vitest';
import { readMetadata } from '../../src/media/metadata.ts';
import { heif, type HeifForm } from '../helpers/heif.ts';

const graph = '{"3":{"class_type":"KSampler","inputs":{"seed":18446744073709551615}}}';
const texts = { 0x0110: `prompt:${graph}`, 0x010f: 'workflow:{"nodes":[]}', 0x010e: 'parameters:a cat' };
const made = (form: HeifForm = {}): Buffer => heif(texts, form);

/** What was wrong with it. */
function refusal(bytes: Uint8Array): string {
  return readMetadata(bytes).damage ?? 'read';
}

describe('every form of the boxes', () => {
  test.each<[string, HeifForm]>([
    ['as sharp writes it', {}],
    ['HEIC', { brand: 'heic' }],
    ['version 1, in idat', { version: 1, method: 1 }],
    ['version 2, long numbers', { version: 2, bytes: 8 }],
    ['entries of version 3', { entry: 3 }],
    ['in three pieces', { pieces: 3 }],
    ['up to the end of the file', { claimed: 0 }],
    ['with Exif before the block', { prefix: 'Exif\0\0', skip: 6 }],
    ['with Exif that nobody announced', { prefix: 'Exif\0\0', skip: 0 }],
  ])('%s', (_name, form) => {
    const found = readMetadata(made(form));
    expect(found).toMatchObject({ format: form.brand === undefined ? 'avif' : 'heif', width: 640, height: 480 });
    expect(Object.fromEntries(found.texts)).toEqual({
      prompt: graph,
      workflow: '{"nodes":[]}',
      parameters: 'a cat',
    });
  });

  test('a file without an Exif item, and items of another file or inside others, carry nothing', () => {
    for (const form of [{ type: 'mime' }, { elsewhere: 1 }, { version: 1, method: 2 }] as const)
      expect(readMetadata(made(form)).texts.size).toBe(0);
  });
});

describe('boxes that lie', () => {
  test.each<[string, HeifForm, string]>([
    ['a length beyond the end', { claimed: 1e9 }, 'the Exif item reaches beyond its end'],
    ['numbers beyond all files', { bytes: 8, version: 1, claimed: 2 ** 52 }, 'the Exif item reaches beyond its end'],
    ['a start behind the item', { skip: 4e9 }, 'the Exif item reaches beyond its end'],
    ['more items than there are', { items: 60_000 }, 'the places of items reaches beyond its end'],
    ['pieces without number', { pieces: 60_000 }, 'its Exif items overlap'],
    ['an unknown version', { version: 3 }, 'it tells where its items are in an unknown way (version 3)'],
    ['numbers of 3 bytes', { bytes: 3 }, 'it counts in numbers of 3 bytes'],
  ])('%s', (_name, form, message) => {
    expect(refusal(made(form))).toBe(`the file is damaged: ${message}`);
  });

  test('millions of places that take no bytes', () => {
    const item = Buffer.from([0, 1, 0, 0, 0xff, 0xff]); // 65,535 extents of no size
    const places = Buffer.concat([
      Buffer.from([0, 0, 0, 0, 0, 0, 0xff, 0xff]),
      ...Array.from({ length: 65_535 }, () => item),
    ]);
    expect(refusal(made({ places }))).toContain('more than 1000000 places');
  });

  test('cut anywhere, it is read or refused', () => {
    const bytes = made();
    for (let end = 12; end < bytes.length; end++) expect(refusal(bytes.subarray(0, end))).toMatch(/^read$|damaged/);
  });
});
