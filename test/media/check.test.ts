// Finished downloads: what is whole is taken, with whatever stands behind its end; what is cut, or something else, is not.
import { describe, expect, test } from 'vitest';
import { checkFile, startCheck } from '../../src/media/check.ts';
import { makePng } from '../helpers/png.ts';
import { readFileSync } from 'node:fs';

const png = makePng({ width: 30, height: 30, color: 2, depth: 8 }, (x, y, c) => (x * y * 7 + c * 50) % 256);
const jpeg = readFileSync(new URL('../fixtures/metadata/comfy.jpg', import.meta.url));
const webp = readFileSync(new URL('../fixtures/metadata/still.webp', import.meta.url));
/** Two frames with a palette, a comment and a delay. */
const gif = Buffer.concat([
  Buffer.from('GIF89a\u0002\0\u0001\0\u0080\0\0', 'latin1'),
  Buffer.from([0, 0, 0, 255, 255, 255]),
  Buffer.from([0x21, 0xfe, 3, 0x3b, 0x3b, 0x3b, 0]), // a comment full of what ends a GIF
  ...[0, 1].flatMap(() => [
    Buffer.from([0x21, 0xf9, 4, 0, 5, 0, 0, 0]),
    Buffer.from([0x2c, 0, 0, 0, 0, 2, 0, 1, 0, 0, 2, 2, 0x4c, 0x01, 0]),
  ]),
  Buffer.from([0x3b]),
]);
const tails = [Buffer.alloc(0), Buffer.from([0]), Buffer.alloc(500, 7), Buffer.from('trailer; '.repeat(100))];
const whole = { 'a.png': png, 'a.jpg': jpeg, 'a.webp': webp, 'a.gif': gif };

describe.each(Object.entries(whole))('%s', (name, file) => {
  test('is whole, with any tail', () => {
    for (const tail of tails) expect(checkFile(name, Buffer.concat([file, tail]))).toBeUndefined();
  });
  test('is cut off anywhere', () => {
    for (let end = 12; end < file.length; end += Math.max(1, Math.floor(file.length / 200)))
      expect(checkFile(name, file.subarray(0, end)), String(end)).toMatchObject({ truncated: true });
  });
  test('comes in pieces of any size', () => {
    for (const size of [1, 2, 7, 100, 5000]) {
      const check = startCheck(name);
      for (let at = 0; at < file.length; at += size) check.push(file.subarray(at, at + size));
      expect(check.wrong(), String(size)).toBeUndefined();
    }
  });
});

test('empty text is text, an empty picture, video or model is cut off', () => {
  for (const name of ['a.txt', 'a.csv', 'a.srt', 'A.TXT', 'a.json'])
    expect(checkFile(name, Buffer.alloc(0)), name).toBeUndefined();
  for (const name of ['a.png', 'a.mp4', 'a.safetensors', 'a'])
    expect(checkFile(name, Buffer.alloc(0)), name).toEqual({ truncated: true, message: 'is empty' });
});

test('another kind of image under the name is kept, what is none is not', () => {
  const avif = readFileSync(new URL('../fixtures/metadata/still.avif', import.meta.url));
  for (const bytes of [webp, gif, avif]) expect(checkFile('a.png', bytes)).toBeUndefined();
  expect(checkFile('a.png', Buffer.from('sorry'))).toEqual({ truncated: false, message: 'is no PNG picture' });
});

test('a web page is refused under any name that may not be one; XML of any kind is not one', () => {
  const page = Buffer.from('<!doctype html><title>502</title>');
  for (const name of ['a.png', 'a.mp4', 'a.glb', 'a.json', 'a'])
    expect(checkFile(name, page)?.message, name).toContain('web page');
  for (const name of ['a.html', 'a.xhtml', 'a.txt', 'a.svg', 'a.md'])
    expect(checkFile(name, page), name).toBeUndefined();
  for (const name of ['a.musicxml', 'a.dae', 'a.xmp'])
    expect(checkFile(name, Buffer.from('<?xml version="1.0"?><a/>')), name).toBeUndefined();
});
