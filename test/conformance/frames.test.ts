// Binary frames: what is encoded is decoded, and nothing that a server may send makes the reader fall over.
import { describe, expect, test } from 'vitest';
import {
  decodeFrame,
  encodePreview,
  encodePreviewWithMetadata,
  encodeText,
  sniffMime,
} from '../../src/protocol/frames.ts';

const png = Buffer.from('\u0089PNG\r\n\u001a\nrest', 'latin1');
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2]);

describe('decodeFrame', () => {
  test('a plain preview: the picture itself tells its type', () => {
    expect(decodeFrame(encodePreview('image/jpeg', png))).toEqual({
      kind: 'preview',
      node: undefined,
      prompt_id: undefined,
      mime: 'image/png',
      image: png,
    });
    expect(decodeFrame(encodePreview('image/png', Buffer.from('?')))).toMatchObject({ mime: 'image/png' });
  });

  test('a preview with metadata names node and job', () => {
    const frame = encodePreviewWithMetadata({ node_id: '3', prompt_id: 'p', image_type: 'image/jpeg' }, jpeg);
    expect(decodeFrame(frame)).toEqual({ kind: 'preview', node: '3', prompt_id: 'p', mime: 'image/jpeg', image: jpeg });
  });

  test('progress text', () => {
    expect(decodeFrame(encodeText('12', 'Zeit: 3 s é'))).toEqual({ kind: 'text', node: '12', text: 'Zeit: 3 s é' });
  });

  test('a frame inside a larger buffer', () => {
    const whole = Buffer.concat([Buffer.alloc(5), encodeText('1', 'x'), Buffer.alloc(5)]);
    expect(decodeFrame(whole.subarray(5, -5))).toEqual({ kind: 'text', node: '1', text: 'x' });
  });

  test.each([
    [[]],
    [[0]],
    [[0, 0, 0, 1]],
    [[0, 0, 0, 4, 255, 255, 255, 255, 1]],
    [[0, 0, 0, 4, 0, 0, 0, 1, 123]],
    [[0, 0, 0, 4, 0, 0, 0, 1, 49]],
    [[0, 0, 0, 77, 1, 2, 3, 4, 5]],
  ])('damaged or unknown: %j', (bytes) => {
    expect(decodeFrame(Uint8Array.from(bytes)).kind).toBe('unknown');
  });

  test('sniffs what servers send', () => {
    expect([png, jpeg, Buffer.from('RIFF____WEBP'), Buffer.from('GIF89a'), Buffer.from('text')].map(sniffMime)).toEqual(
      ['image/png', 'image/jpeg', 'image/webp', 'image/gif', undefined],
    );
  });
});
