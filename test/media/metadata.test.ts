// Metadata of real files (written by Pillow and FFmpeg as ComfyUI's nodes write them), and of files that lie.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { readMetadata } from '../../src/media/metadata.ts';
import { encodeChunk, encodePng, writeChunks } from '../../src/media/png.ts';

const folder = fileURLToPath(new URL('../fixtures/metadata/', import.meta.url));
const file = (name: string): Buffer => readFileSync(folder + name);
const prompt =
  '{"3": {"class_type": "KSampler", "inputs": {"seed": 18446744073709551615, "cfg": NaN}}, "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "caf\\u00e9"}}}';
const workflow = '{"nodes": [], "links": [], "version": 0.4}';

describe('files as ComfyUI and packs write them', () => {
  test.each([
    ['chunks.png', 'png'],
    ['animated.webp', 'webp'],
    ['still.webp', 'webp'],
    ['still.avif', 'avif'],
    ['keys.mp4', 'mp4'],
    ['tags.webm', 'webm'],
    ['tags.mkv', 'webm'],
    ['tags.flac', 'flac'],
    ['tags.opus', 'ogg'],
    ['tags.mp3', 'mp3'],
  ])('%s carries prompt and workflow, every byte', (name, format) => {
    const found = readMetadata(file(name));
    expect(found.format).toBe(format);
    expect(found.texts.get('prompt')).toBe(prompt);
    expect(found.texts.get('workflow')).toBe(workflow);
  });

  test('sizes of pictures', () => {
    for (const name of ['chunks.png', 'animated.webp', 'still.webp', 'still.avif', 'a1111.jpg'])
      expect(readMetadata(file(name))).toMatchObject({ width: 24, height: 16 });
  });

  test('zTXt, further EXIF keys, JPEG comments and UserComment', () => {
    expect(readMetadata(file('chunks.png')).texts.get('parameters')).toBe('a café, ☃');
    expect(readMetadata(file('animated.webp')).texts.get('extra')).toBe('{"a": 1}');
    expect(readMetadata(file('comfy.jpg')).texts.get('prompt')).toBe(prompt);
    expect(readMetadata(file('comfy.jpg')).texts.get('comment')).toBe('hello');
    expect(readMetadata(file('a1111.jpg')).texts.get('parameters')).toBe(
      'a café\nNegative prompt: blurry\nSteps: 20, Seed: 5',
    );
  });

  test('an MP4 whose comment holds both', () => {
    const { texts } = readMetadata(file('comment.mp4'));
    expect(texts.get('prompt')).toBe(prompt);
    expect(JSON.parse(texts.get('workflow') ?? '')).toEqual(JSON.parse(workflow));
  });

  test('graphs in a comment, as objects or as text, keep every digit and NaN', () => {
    const graph = '{"3": {"class_type": "A", "inputs": {"seed": 18446744073709551615, "cfg": NaN, "s": "},\\""}}}';
    for (const prompt of [graph, JSON.stringify(graph)]) {
      const { texts } = readMetadata(
        png(text('tEXt', `comment\0{"a": [1], "prompt": ${prompt}, "workflow": ${graph}}`)),
      );
      expect(texts.get('prompt')).toBe(graph);
      expect(texts.get('workflow')).toBe(graph);
    }
  });

  test('no texts is no error', () => {
    expect(readMetadata(encodePng({ width: 1, height: 1, rgb: new Uint8Array(3) })).texts.size).toBe(0);
  });
});

describe('PNG texts in every form', () => {
  const textOf = (chunk: Chunk): string | undefined => readMetadata(png(chunk)).texts.get('prompt');
  const deflated = (value: string, encoding: BufferEncoding): string =>
    deflateSync(Buffer.from(value, encoding)).toString('latin1');

  test('tEXt in Latin-1 and in UTF-8', () => {
    expect(textOf(text('tEXt', 'prompt\0caf\u00e9'))).toBe('café');
    expect(textOf({ type: 'tEXt', data: Buffer.from('prompt\0café ☃', 'utf8') })).toBe('café ☃');
  });
  test('iTXt plain and compressed, zTXt, comf', () => {
    expect(textOf({ type: 'iTXt', data: Buffer.from('prompt\0\0\0de\0Prompt\0☃', 'utf8') })).toBe('☃');
    expect(textOf(text('iTXt', `prompt\0\u0001\0\0\0${deflated('☃', 'utf8')}`))).toBe('☃');
    expect(textOf(text('zTXt', `prompt\0\0${deflated('é', 'latin1')}`))).toBe('é');
    expect(textOf(text('comf', 'prompt\0{}'))).toBe('{}');
  });
});

describe('files that lie', () => {
  const refused = (bytes: Uint8Array): string => {
    try {
      return readMetadata(bytes).damage ?? 'taken';
    } catch (error) {
      if (error instanceof ComfyGenError && error.reason === 'bad_input_file') return error.message;
      throw error;
    }
  };

  test('a compressed bomb, large or in many pieces', () => {
    const bomb = deflateSync(Buffer.alloc(65 * 1024 * 1024));
    expect(refused(png({ type: 'zTXt', data: Buffer.concat([Buffer.from('a\0\0'), bomb]) }))).toMatch(/larger than/);
    const small = deflateSync(Buffer.alloc(20 * 1024 * 1024));
    const chunk = (key: string): Chunk => ({ type: 'zTXt', data: Buffer.concat([Buffer.from(`${key}\0\0`), small]) });
    expect(refused(png(...['a', 'b', 'c', 'd', 'e'].map(chunk)))).toMatch(/larger than/);
  });

  test('lengths beyond the end', () => {
    const picture = Buffer.from(png(text('tEXt', 'prompt\0{}')));
    picture.writeUInt32BE(0xfffffff0, 33);
    expect(refused(picture)).toMatch(/damaged/);
    expect(refused(file('chunks.png').subarray(0, 60))).toMatch(/damaged/);
    expect(refused(Buffer.from('RIFF\xff\xff\xff\x7fWEBPVP8 ', 'latin1'))).toMatch(/damaged/);
    expect(
      refused(Buffer.from('\0\0\0\u0010ftypisom\0\0\0\0\0\0\0\u0001moov\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1')),
    ).toMatch(/damaged/);
    expect(refused(Buffer.from('fLaC\u0004\xff\xff\xff', 'latin1'))).toMatch(/damaged/);
  });

  test('EXIF directories in a circle', () => {
    const exif = Buffer.alloc(26);
    exif.write('II*\0', 'latin1');
    exif.writeUInt32LE(8, 4);
    exif.writeUInt16LE(1, 8);
    exif.writeUInt16LE(0x8769, 10);
    exif.writeUInt16LE(4, 12);
    exif.writeUInt32LE(1, 14);
    exif.writeUInt32LE(8, 18);
    expect(refused(png({ type: 'eXIf', data: exif }))).toMatch(/circle/);
  });

  test('what is no media file', () => {
    expect(refused(Buffer.from('hello'))).toMatch(/no picture/);
    expect(refused(new Uint8Array())).toMatch(/empty/);
  });

  test('rows that a careless reader goes over again and again end long before the time-out', () => {
    const zeros = Buffer.alloc(2_000_000);
    zeros[zeros.length - 1] = 65;
    refused(png({ type: 'tEXt', data: Buffer.concat([Buffer.from('a\0'), zeros]) }));
    const deep = `comment\0{"workflow": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    refused(png(text('tEXt', deep)));
    const endless = Buffer.from('1254c367ff7373ff67c8ff', 'hex'); // tags, tag and text, none with a length
    const head = Buffer.from('1a45dfa38018538067ff', 'hex');
    const nested: Buffer[] = Array.from({ length: 5000 }, () => endless);
    expect(refused(Buffer.concat([head, ...nested]))).toMatch(/no length/);
  });

  test('more pieces, or larger texts, than any file has', () => {
    const box = Buffer.from('\0\0\0\u0008free', 'latin1');
    expect(refused(Buffer.alloc(8 * 1_000_001, box))).toMatch(/more than 1000000 boxes/);
    const large = Buffer.alloc(64 * 1024 * 1024 + 3, 'a\0');
    expect(refused(png({ type: 'tEXt', data: large }))).toMatch(/larger than/);
  });

  test('500 files with bytes changed, moved, doubled and left out by a seed', () => {
    let state = 20_261_124;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const names = [
      'chunks.png',
      'animated.webp',
      'a1111.jpg',
      'keys.mp4',
      'tags.mkv',
      'tags.flac',
      'tags.opus',
      'tags.mp3',
    ];
    const wholes = names.map(file);
    const edges = [0, 1, 0x7f, 0x80, 0xff];
    for (let run = 0; run < 500; run++) {
      let bytes = Buffer.from(wholes[run % wholes.length] ?? []);
      for (let change = random(8); change >= 0; change--) {
        const at = random(Math.min(bytes.length, 2000));
        const [from, length] = [random(bytes.length), random(64)];
        const piece = bytes.subarray(from, from + length);
        if (random(3) === 0) bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + random(64))]);
        else bytes[at] = edges[random(edges.length)] ?? random(256);
      }
      refused(bytes);
    }
  });

  test.each([
    'chunks.png',
    'animated.webp',
    'a1111.jpg',
    'comfy.jpg',
    'keys.mp4',
    'comment.mp4',
    'tags.webm',
    'tags.mkv',
    'tags.flac',
    'tags.opus',
    'tags.mp3',
  ])('%s, cut or with a changed byte, is read or refused, never more', (name) => {
    const whole = file(name).subarray(0, 1500);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      refused(changed);
      refused(whole.subarray(0, at));
    }
  });
});

type Chunk = { readonly type: string; readonly data: Uint8Array };

function text(type: string, latin1: string): Chunk {
  return { type, data: Buffer.from(latin1, 'latin1') };
}

/** A PNG with these chunks behind its head; no pixels, which nobody reads here. */
function png(...chunks: Chunk[]): Uint8Array {
  const head = { type: 'IHDR', data: Buffer.from('00000001000000010802000000', 'hex') };
  expect(encodeChunk(head).length).toBe(25);
  return writeChunks([head, ...chunks, { type: 'IEND', data: new Uint8Array() }]);
}
