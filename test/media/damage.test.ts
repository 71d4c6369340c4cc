// One bad chunk, entry or box never voids the rest: in every container, what is readable counts, and the damage is told.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readMetadata } from '../../src/media/metadata.ts';
import { encodeChunk, textChunk, writeChunks } from '../../src/media/png.ts';

const folder = fileURLToPath(new URL('../fixtures/metadata/', import.meta.url));
const fixture = (name: string): Buffer => readFileSync(folder + name);
const graph = '{"1":{"class_type":"A","inputs":{}}}';
const ui = '{"nodes":[]}';

/** An EXIF block of ASCII entries; `lie` says how long an entry claims to be. */
function exif(entries: readonly { tag: number; text: string; lie?: number }[]): Buffer {
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length, 0);
  const values: Buffer[] = [];
  let at = 8 + directory.length;
  entries.forEach(({ tag, text, lie }, i) => {
    const value = Buffer.from(`${text}\0`);
    directory.writeUInt16LE(tag, 2 + i * 12);
    directory.writeUInt16LE(2, 4 + i * 12);
    directory.writeUInt32LE(lie ?? value.length, 6 + i * 12);
    directory.writeUInt32LE(at, 10 + i * 12);
    values.push(value);
    at += value.length;
  });
  return Buffer.concat([Buffer.from('II*\0\u0008\0\0\0', 'latin1'), directory, ...values]);
}

function riff(form: string, ...chunks: readonly (readonly [string, Buffer])[]): Buffer {
  const body = chunks.map(([type, data]) => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
  });
  const head = Buffer.from(`RIFF\0\0\0\0${form}`, 'latin1');
  head.writeUInt32LE(4 + Buffer.concat(body).length, 4);
  return Buffer.concat([head, ...body]);
}

function segment(marker: number, data: Buffer, length = data.length + 2): Buffer {
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), data]);
}

function box(type: string, ...inside: readonly Buffer[]): Buffer {
  const data = Buffer.concat(inside);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + data.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, data]);
}

const bad = { tag: 0x0110, text: `prompt:${graph}`, lie: 1e9 };
const good = { tag: 0x010f, text: `workflow:${ui}` };

function both(bytes: Uint8Array, key = 'workflow', text = ui): void {
  const found = readMetadata(bytes);
  expect(found.texts.get(key)).toBe(text);
  expect(found.damage).toMatch(/^the file is damaged: /);
}

describe('EXIF: an entry that reaches beyond the block', () => {
  test.each([
    ['WebP', riff('WEBP', ['EXIF', exif([bad, good])])],
    [
      'JPEG',
      Buffer.concat([
        Buffer.from([0xff, 0xd8]),
        segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif([bad, good])])),
        Buffer.from([0xff, 0xd9]),
      ]),
    ],
    [
      'PNG',
      writeChunks([
        { type: 'eXIf', data: exif([bad, good]) },
        { type: 'IEND', data: Buffer.alloc(0) },
      ]),
    ],
    ['TIFF', exif([bad, good])],
  ])('%s', (_name, bytes) => both(bytes));

  test('a directory that claims more entries than there are', () => {
    const block = exif([good]);
    block.writeUInt16LE(500, 8);
    both(riff('WEBP', ['EXIF', block]));
  });
});

describe('other containers', () => {
  test('PNG: a chunk that is no zlib stream, one without an end of its keyword, a bomb', () => {
    const zeros = Buffer.concat([Buffer.from('a\0\0'), Buffer.from('no zlib')]);
    const faults = [
      { type: 'zTXt', data: zeros },
      { type: 'iTXt', data: Buffer.from('prompt\0\0\0no end') },
    ];
    for (const fault of faults)
      both(writeChunks([fault, textChunk('workflow', ui), { type: 'IEND', data: Buffer.alloc(0) }]));
  });

  test('PNG: cut off behind its texts', () => {
    const whole = writeChunks([textChunk('workflow', ui), { type: 'IDAT', data: Buffer.alloc(500) }]);
    both(whole.subarray(0, 200));
    both(writeChunks([textChunk('workflow', ui)])); // no IEND
  });

  test('JPEG: a segment that does not start where it should, one that is too short', () => {
    const comment = segment(0xfe, Buffer.from(`{"workflow":${ui}}`));
    const end = Buffer.from([0xff, 0xd9]);
    both(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 9, 9, 9]), comment, end]));
    expect(
      readMetadata(
        Buffer.concat([Buffer.from([0xff, 0xd8]), segment(0xe0, Buffer.alloc(0), 0), comment, end]),
      ).texts.get('workflow'),
    ).toBe(ui);
  });

  test('WebP: more bytes announced than there are, a chunk that nobody counted', () => {
    const cut = riff('WEBP', ['EXIF', exif([good])], ['VP8 ', Buffer.alloc(900)]);
    both(cut.subarray(0, 300));
    const uncounted = riff('WEBP', ['EXIF', exif([good])]);
    uncounted.writeUInt32LE(4, 4);
    expect(readMetadata(uncounted).texts.get('workflow')).toBe(ui);
  });

  test('WAV: a list whose last text is cut', () => {
    const text = Buffer.from(`{"workflow":${ui}}`);
    const item = Buffer.concat([Buffer.from('ICMT'), Buffer.from([text.length, 0, 0, 0]), text]);
    const cut = Buffer.from('INAM\xff\xff\0\0x', 'latin1');
    both(riff('WAVE', ['LIST', Buffer.concat([Buffer.from('INFO'), item, Buffer.alloc(item.length % 2), cut])]));
  });

  test('MP4: a box that is cut behind the texts, an item without room for its data', () => {
    const whole = fixture('keys.mp4');
    const broken = Buffer.concat([whole, Buffer.from([0, 0, 0, 4]), Buffer.from('free')]);
    expect(readMetadata(broken).texts.get('prompt')).toBe(readMetadata(whole).texts.get('prompt'));
    expect(readMetadata(broken).damage).toContain('shorter than its own head');
    const item = box('\u00a9cmt', box('data', Buffer.alloc(8), Buffer.from(`{"workflow":${ui}}`)));
    const list = box('ilst', box('\u00a9nam', Buffer.from([0, 0, 0, 2])), item);
    const moov = box('moov', box('udta', box('meta', Buffer.alloc(4), box('hdlr', Buffer.alloc(24)), list)));
    expect(readMetadata(Buffer.concat([box('ftyp', Buffer.from('isom')), moov])).texts.get('workflow')).toBe(ui);
  });

  test.each(['tags.webm', 'tags.flac', 'tags.mp3'])('%s: its last bytes are gone', (name) => {
    const whole = fixture(name);
    const text = readMetadata(whole).texts.get('prompt');
    const end = whole.lastIndexOf(Buffer.from((text ?? '').slice(-20))) + 20;
    expect(readMetadata(whole.subarray(0, end + 1)).texts.get('prompt')).toBe(text);
  });

  test('FLAC: a comment that reaches beyond its block', () => {
    const comment = (text: string, length = text.length): Buffer => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(length);
      return Buffer.concat([head, Buffer.from(text)]);
    };
    const data = Buffer.concat([
      comment('v'),
      Buffer.from([2, 0, 0, 0]),
      comment(`workflow=${ui}`),
      comment('prompt=', 1e6),
    ]);
    both(Buffer.concat([Buffer.from('fLaC'), Buffer.from([0x84, 0, 0, data.length]), data]));
  });
});

test('a graph whose text is cut leaves the other; nothing readable is no exception', () => {
  expect(readMetadata(encodePair(graph.slice(0, -3), ui)).texts.get('workflow')).toBe(ui);
  const bare = readMetadata(riff('WEBP', ['EXIF', Buffer.from('nonsense')]));
  expect(bare).toMatchObject({ format: 'webp', damage: 'the file is damaged: its EXIF block has no byte order' });
  expect(bare.texts.size).toBe(0);
});

test('a file of nothing but damage ends long before the time-out', () => {
  const chunk = encodeChunk({ type: 'zTXt', data: Buffer.from('a\0\0no zlib') });
  const file = Buffer.concat([writeChunks([]), ...Array.from({ length: 200_000 }, () => chunk)]);
  expect(readMetadata(file).damage).toContain('no zlib stream');
});

function encodePair(prompt: string, workflow: string): Uint8Array {
  return writeChunks([
    textChunk('prompt', prompt),
    textChunk('workflow', workflow),
    { type: 'IEND', data: Buffer.alloc(0) },
  ]);
}
