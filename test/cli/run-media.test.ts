// `run` of a WebP, JPEG, AVIF, MP4, WebM and FLAC that carry a workflow, and the whole round from an input picture to the same bytes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { heif } from '../helpers/heif.ts';

const graph = JSON.stringify({
  1: { class_type: 'EmptyImage', inputs: { width: 64, height: 32, batch_size: 1, color: 255 } },
  2: { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'x' } },
});
const bytes = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p, 'latin1') : p)));

function uint(value: number, length: number, order: 'LE' | 'BE'): Buffer {
  const out = Buffer.alloc(length);
  if (order === 'LE') out.writeUIntLE(value, 0, length);
  else out.writeUIntBE(value, 0, length);
  return out;
}

/** One directory with one ASCII tag, as ComfyUI's node writes it. */
function exif(): Buffer {
  const text = bytes(`prompt:${graph}\0`);
  const entry = bytes(uint(0x0110, 2, 'LE'), uint(2, 2, 'LE'), uint(text.length, 4, 'LE'), uint(26, 4, 'LE'));
  return bytes('II*\0', uint(8, 4, 'LE'), uint(1, 2, 'LE'), entry, uint(0, 4, 'LE'), text);
}

const box = (type: string, ...parts: (string | Buffer)[]): Buffer => {
  const data = bytes(...parts);
  return bytes(uint(data.length + 8, 4, 'BE'), type, data);
};
/** An element of a WebM, its length in four bytes. */
const element = (id: string, ...parts: (string | Buffer)[]): Buffer => {
  const data = bytes(...parts);
  return bytes(Buffer.from(id, 'hex'), uint(0x10000000 + data.length, 4, 'BE'), data);
};

const media: Readonly<Record<string, () => Buffer>> = {
  'a.webp': () => {
    const block = bytes(exif(), exif().length % 2 === 1 ? '\0' : '');
    return bytes('RIFF', uint(block.length + 12, 4, 'LE'), 'WEBPEXIF', uint(block.length, 4, 'LE'), block);
  },
  'a.jpg': () => {
    const block = bytes('Exif\0\0', exif());
    return bytes('\u00ff\u00d8\u00ff\u00e1', uint(block.length + 2, 2, 'BE'), block, '\u00ff\u00d9');
  },
  'a.avif': () => heif({ 0x0110: `prompt:${graph}` }),
  'a.heic': () => heif({ 0x0110: `prompt:${graph}` }, { brand: 'heic', version: 1, method: 1 }),
  'a.mp4': () => {
    const keys = box('keys', uint(0, 4, 'BE'), uint(1, 4, 'BE'), box('mdta', 'prompt'));
    const item = box('\0\0\0\u0001', box('data', uint(1, 4, 'BE'), uint(0, 4, 'BE'), graph));
    const meta = box('meta', uint(0, 4, 'BE'), box('hdlr', Buffer.alloc(24)), keys, box('ilst', item));
    return bytes(box('ftyp', 'isom\0\0\0\0'), box('moov', box('udta', meta)));
  },
  'a.webm': () => {
    const tag = element('7373', element('67c8', element('45a3', 'PROMPT'), element('4487', graph)));
    return bytes(element('1a45dfa3'), element('18538067', element('1254c367', tag)));
  },
  'a.flac': () => {
    const comment = bytes(`prompt=${graph}`);
    const block = bytes(uint(0, 4, 'LE'), uint(1, 4, 'LE'), uint(comment.length, 4, 'LE'), comment);
    return bytes('fLaC', uint(0x84, 1, 'BE'), uint(block.length, 3, 'BE'), block);
  },
};

test.each(Object.entries(media))('%s', async (name, make) => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  await writeFile(join(place.folder, name), make());
  const { code, out, err } = await place.run(['run', name, '--host', demo.url, '--json']);
  expect(code, err).toBe(0);
  expect(err).toContain(`${name}: API workflow, 2 nodes`);
  expect(JSON.parse(out)).toMatchObject({ ok: true, files: [{ width: 64, height: 32 }] });
  const shown = await place.run(['inspect', name, '--workflow']);
  expect(shown.out, shown.err).toContain('"EmptyImage"');
});

test('input picture, upload, run, download, inspect, run: the same bytes', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const size = ['--size', '64x64', '-s', '2', '--seed', '5'];
  const first = await place.run(['--host', demo.url, ...size, '-o', 'in.png', 'a cat']);
  expect(first.code, first.err).toBe(0);
  const uploaded = (await place.run(['upload', 'in.png', '--host', demo.url])).out.trim();
  const load = { class_type: 'LoadImage', inputs: { image: uploaded } };
  const invert = { class_type: 'ImageInvert', inputs: { image: ['1', 0] } };
  const save = { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: 'x' } };
  await writeFile(join(place.folder, 'w.json'), JSON.stringify({ 1: load, 2: invert, 3: save }));
  const made = await place.run(['run', 'w.json', '--host', demo.url, '-o', 'a.png']);
  expect(made.code, made.err).toBe(0);
  const shown = await place.run(['inspect', 'a.png', '--workflow']);
  expect(JSON.parse(shown.out)).toMatchObject({ 1: { inputs: { image: uploaded } } });
  const again = await place.run(['run', 'a.png', '--host', demo.url, '--force', '-o', 'b.png', '--strip-metadata']);
  const once = await place.run(['run', 'w.json', '--host', demo.url, '--force', '-o', 'c.png', '--strip-metadata']);
  expect([again.code, once.code], again.err + once.err).toEqual([0, 0]);
  const [b, c] = await Promise.all(['b.png', 'c.png'].map((name) => readFile(join(place.folder, name))));
  expect(b?.equals(c ?? Buffer.alloc(0))).toBe(true);
});
