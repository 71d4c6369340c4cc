// What a file is by its first bytes: all that ComfyUI and browsers write is known, text of any kind is not taken for it.
import { expect, test } from 'vitest';
import { readMetadata } from '../../src/media/metadata.ts';
import { isHtml, mediaFormat } from '../../src/media/sniff.ts';
import { rawMembers } from '../../src/media/json-members.ts';

const latin1 = (text: string): Buffer => Buffer.from(text.padEnd(40, '\0'), 'latin1');

test.each([
  ['MPEG frames without a tag', latin1('\u00ff\u00fb\u0090\u0064'), 'mp3'],
  ['MPEG layer II', latin1('\u00ff\u00fd\u0080\u0004'), 'mp3'],
  ['MPEG 2 frames', latin1('\u00ff\u00f3\u0040\u00c4'), 'mp3'],
  ['a tag before MPEG frames', latin1('ID3\u0004\0\0\0\0\0\0\u00ff\u00fb\u0090\u0064'), 'mp3'],
  ['ADTS', latin1('\u00ff\u00f1\u0050\u0080'), 'aac'],
  ['a tag before ADTS', latin1('ID3\u0004\0\0\0\0\0\0\u00ff\u00f1\u0050\u0080'), 'aac'],
  ['WAV', latin1('RIFF\0\0\0\0WAVEfmt '), 'wav'],
  ['AVI', latin1('RIFF\0\0\0\0AVI LIST'), 'avi'],
  ['AIFF', latin1('FORM\0\0\0\0AIFFCOMM'), 'aiff'],
  ['Ogg', latin1('OggS\0'), 'ogg'],
  ['GIF', latin1('GIF87a'), 'gif'],
  ['BMP', latin1('BM\0\0\0\0\0\0\0\0\u0036\0\0\0\u0028\0\0\0'), 'bmp'],
  ['TIFF', latin1('MM\0*\0\0\0\u0008'), 'tiff'],
  ['JPEG XL', latin1('\0\0\0\u000cJXL \r\n\u0087\n'), 'jxl'],
  ['SVG', Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'), 'svg'],
  ['glTF', latin1('glTF\u0002\0\0\0'), 'glb'],
  ['EXR', latin1('\u0076\u002f\u0031\u0001'), 'exr'],
  ['MOV', latin1('\0\0\0\u0014ftypqt  '), 'mp4'],
])('%s', (_name, bytes, format) => {
  expect(mediaFormat(bytes)).toBe(format);
  expect(readMetadata(bytes).texts.size).toBe(0);
});

test('text is none of them', () => {
  const texts = [
    '{"1":{}}',
    'BM stands for bitmap, as everybody knows by now',
    '<html></html>',
    'prompt',
    '',
    'RIFF',
    '<!-- x -->',
  ];
  for (const text of texts) expect(mediaFormat(Buffer.from(text)), text).toBeUndefined();
  expect(mediaFormat(Buffer.from('\ufeff{"a":1}', 'utf16le'))).toBeUndefined();
});

test('a web page is one, whatever stands before it; XML is none', () => {
  for (const page of ['<!DOCTYPE html><p>', '\n<html lang="en">', '<?xml version="1.0"?>\n<html>', '<!-- a --><body>'])
    expect(isHtml(Buffer.from(page)), page).toBe(true);
  for (const other of ['<?xml version="1.0"?><score/>', '<svg/>', 'a < b', '<htmlish>'])
    expect(isHtml(Buffer.from(other)), other).toBe(false);
});

const graph = '{"1": {"class_type": "A", "inputs": {"seed": 18446744073709551615}}}';

test('SVG, glTF and latents carry what ComfyUI writes into them', () => {
  const svg = Buffer.from(`<svg><metadata>\n<![CDATA[{"prompt": ${graph}}]]></metadata></svg>`);
  expect(readMetadata(svg).texts.get('prompt')).toBe(graph);
  const json = Buffer.from(`{"asset":{"version":"2.0","extras":{"prompt":${JSON.stringify(graph)}}}}`);
  const head = Buffer.from('glTF\u0002\0\0\0\0\0\0\0\0\0\0\0JSON', 'latin1');
  head.writeUInt32LE(json.length, 12);
  expect(readMetadata(Buffer.concat([head, json])).texts.get('prompt')).toBe(graph);
  const header = Buffer.from(`{"__metadata__":{"prompt":${JSON.stringify(graph)}}}`);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(header.length);
  expect(readMetadata(Buffer.concat([length, header])).texts.get('prompt')).toBe(graph);
});

test('members of JSON keep every digit, at any depth', () => {
  const members = rawMembers(
    `{"a": 18446744073709551615, "b": NaN, "c": ${'['.repeat(50_000)}${']'.repeat(50_000)}, "d": "},"}`,
  );
  expect([members.get('a'), members.get('b'), members.get('d')]).toEqual(['18446744073709551615', 'NaN', '"},"']);
});
