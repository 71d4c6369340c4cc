// Readers of pictures, videos and sounds: real files, damaged anywhere, are read or refused, soon and in one sentence.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect } from 'vitest';
import { checkFile, imageSize } from '../../src/media/check.ts';
import { readMetadata } from '../../src/media/metadata.ts';
import { parseParameters } from '../../src/media/parameters.ts';
import { encodePng, readChunks } from '../../src/media/png.ts';
import { stripPng } from '../../src/media/transcode.ts';
import { heif } from '../helpers/heif.ts';
import { holds, nasty, orRefused, pieces } from '../helpers/property.ts';

const folder = new URL('../fixtures/metadata/', import.meta.url);
const real = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)));
const items = [0, 1, 2].map((version) => heif({ 0x0110: 'prompt:{}' }, { version, method: version % 2, pieces: 2 }));

/** Bytes set, ranges cut, doubled or filled, the end cut off. */
const damage = fc.array(
  fc.record({
    at: fc.nat(),
    length: fc.nat(40),
    value: fc.integer({ min: 0, max: 255 }),
    kind: fc.constantFrom('set', 'cut', 'double', 'fill', 'end', 'flip'),
  }),
  { maxLength: 5 },
);

function damaged(
  file: Buffer,
  all: readonly { at: number; length: number; value: number; kind: string }[],
): Uint8Array {
  let bytes = Buffer.from(file);
  for (const { at, length, value, kind } of all) {
    if (bytes.length === 0) break;
    const from = at % bytes.length;
    const [head, middle, tail] = [
      bytes.subarray(0, from),
      bytes.subarray(from, from + length),
      bytes.subarray(from + length),
    ];
    if (kind === 'set') bytes[from] = value;
    else if (kind === 'flip') bytes[from] = (bytes[from] ?? 0) ^ (1 << value % 8);
    else if (kind === 'fill') bytes.fill(value, from, Math.min(from + length, bytes.length));
    else if (kind === 'end') bytes = Buffer.from(head);
    else bytes = Buffer.concat(kind === 'cut' ? [head, tail] : [head, middle, middle, tail]);
  }
  return bytes;
}

holds('a damaged file is read or refused', [fc.constantFrom(...real, ...items), damage], (file, all) => {
  const bytes = damaged(file, all);
  const found = orRefused(() => readMetadata(bytes));
  for (const [key, text] of found?.texts ?? []) expect([typeof key, typeof text]).toEqual(['string', 'string']);
  imageSize(bytes);
  checkFile('x.png', bytes);
  orRefused(() => stripPng(bytes));
  return undefined;
});

const heads = [
  '\u0089PNG\r\n\u001a\n',
  'RIFF\0\0\0\0WEBP',
  '\u00ff\u00d8\u00ff',
  'GIF89a',
  '\0\0\0\u0010ftyp',
  '\0\0\0\u0010ftypavif\0\0\0\0',
  '\u001a\u0045\u00df\u00a3',
  'fLaC',
  'OggS',
  'ID3',
  '\u0010\0\0\0\0\0\0\0{',
];
holds(
  'any bytes behind any head are read or refused',
  [fc.constantFrom('', ...heads), fc.uint8Array({ maxLength: 300 })],
  (head, rest) => {
    const bytes = Buffer.concat([Buffer.from(head, 'latin1'), rest]);
    orRefused(() => readMetadata(bytes));
    return undefined;
  },
);

holds(
  'texts in a PNG come back',
  [fc.string({ minLength: 1, maxLength: 500 }).filter((text) => !text.includes('\0'))],
  (text) => {
    const file = encodePng({ width: 1, height: 1, rgb: new Uint8Array(3) }, { prompt: text });
    expect(readMetadata(file).texts.get('prompt')).toBe(text);
    expect(readMetadata(stripPng(file)).texts.size).toBe(0);
    expect(readChunks(file).at(-1)?.type).toBe('IEND');
    return undefined;
  },
);

holds(
  "any text is A1111's parameters or none",
  [
    fc.oneof(
      nasty,
      pieces(
        'a cat',
        '\n',
        'Negative prompt: ',
        'Steps: 20',
        ', ',
        'Seed: ',
        '18446744073709551615',
        'Size: 512x768',
        'CFG scale: 7',
        'Sampler: ',
        'DPM++ 2M',
        ' Karras',
        '<lora:',
        'x:0.8>',
        '"',
        '\\',
        'Model: ',
        ': ',
      ),
    ),
  ],
  (text) => {
    const found = parseParameters(text);
    if (found !== undefined) expect(typeof found.prompt).toBe('string');
    return undefined;
  },
);

const plain = fc.stringMatching(/^[a-z ]{1,30}$/).map((text) => text.trim());
holds(
  "A1111's parameters as written are read",
  [
    plain,
    plain,
    fc.integer({ min: 1, max: 150 }),
    fc.bigInt({ min: 0n, max: 2n ** 63n }),
    fc.integer({ min: 16, max: 4096 }),
  ],
  (prompt, negative, steps, seed, width) => {
    const text = `${prompt}\nNegative prompt: ${negative}\nSteps: ${steps}, Sampler: Euler a, CFG scale: 7, Seed: ${seed}, Size: ${width}x512, Model: m`;
    expect(parseParameters(text)).toMatchObject({
      prompt,
      negative,
      steps,
      seed,
      width,
      height: 512,
      sampler: 'euler_ancestral',
    });
    return undefined;
  },
);
