// Files from others: settings, workflows, pictures, node definitions, rows. Whatever they hold, the command ends soon, in half
// a gigabyte, with the right exit code and one sentence.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { encodePng, encodeChunk, readChunks, writeChunks, type PngChunk } from '../../src/media/png.ts';
import { Workplace } from '../helpers/cli.ts';
import { refused } from './refused.ts';

/** Half a gigabyte: a process that wants more dies, and not with one of our exit codes. */
const bounded = { NODE_OPTIONS: '--max-old-space-size=512' };
const small = ['--size', '64x64', '-s', '1'];

const deep = (levels: number, [open, close]: readonly [string, string] = ['[', ']']): string =>
  open.repeat(levels) + close.repeat(levels);
const deepObject = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

const bomb = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]`),
].join('\n');
const merges = [
  'a0: &a0 {k0: 1}',
  ...Array.from({ length: 3000 }, (_, i) => `a${i + 1}: &a${i + 1} {<<: *a${i}, k${i + 1}: 1}`),
].join('\n');

test.each([
  ['.comfyrc', 'a YAML bomb', bomb],
  ['.comfyrc', 'YAML merges upon merges', merges],
  ['.comfyrc', 'YAML 100,000 levels deep', deep(100_000)],
  ['.comfyrc', 'YAML in 10,000 indents', Array.from({ length: 1300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['.comfyrc.json', 'JSON 100,000 levels deep', deepObject(100_000)],
  ['.comfyrc.json', 'deep profiles', `{"profiles": ${deepObject(90_000)}}`],
  ['.comfyrc.json', '__proto__', '{"__proto__": {"insecure": true}}'],
  ['.comfyrc.json', 'constructor', '{"constructor": {"prototype": {"insecure": true}}}'],
  ['.comfyrc', 'megabytes', `negative: "${'x'.repeat(5_000_000)}"`],
  ['package.json', 'a deep package.json', `{"comfy": ${deepObject(100_000)}}`],
])('config %s with %s', async (name, _what, content) => {
  await using place = await Workplace.create({ [name]: content });
  refused(await place.run(['config', 'show'], { env: { ...bounded, HOME: '/nowhere' } }), 2);
});

const api = (nodes: Record<string, unknown>): string => JSON.stringify(nodes);
const chain = (count: number): string =>
  api(
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        String(i + 1),
        i === 0
          ? { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 0 } }
          : i === count - 1
            ? { class_type: 'SaveImage', inputs: { images: [String(i), 0], filename_prefix: 'x' } }
            : { class_type: 'ImageInvert', inputs: { image: [String(i), 0] } },
      ]),
    ),
  );
const loose = (count: number): string =>
  api(
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        String(i),
        { class_type: 'PreviewImage', inputs: { images: [String(i + 1), 0] } },
      ]),
    ),
  );
const uiChain = (count: number): string =>
  JSON.stringify({
    version: 0.4,
    nodes: Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      type: i === count - 1 ? 'SaveImage' : 'ImageInvert',
      mode: i % 3 === 1 ? 4 : 0,
      inputs: [{ name: i === count - 1 ? 'images' : 'image', type: 'IMAGE', link: i === 0 ? null : i }],
      outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [i + 1] }],
      widgets_values: ['x'],
    })),
    links: Array.from({ length: count - 1 }, (_, i) => [i + 1, i + 1, 0, i + 2, 0, 'IMAGE']),
  });

test.each([
  ['100,000 levels in an input', `{"1": {"class_type": "SaveImage", "inputs": {"images": ${deep(100_000)}}}}`, 4],
  ['100,000 levels of objects', deepObject(100_000), 2],
  ['wrappers upon wrappers', `${'{"prompt":'.repeat(50_000)}{}${'}'.repeat(50_000)}`, 2],
  [
    'a cycle',
    api({
      1: { class_type: 'ImageInvert', inputs: { image: ['2', 0] } },
      2: { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
      3: { class_type: 'PreviewImage', inputs: { images: ['1', 0] } },
    }),
    4,
  ],
  ['a node that feeds itself', api({ 1: { class_type: 'PreviewImage', inputs: { images: ['1', 0] } } }), 4],
  ['100,000 loose nodes', loose(100_000), 4],
  [
    'the names of every object',
    '{"__proto__": {"class_type": "KSampler", "inputs": {"__proto__": 1}}, "constructor": {"class_type": "toString", "inputs": {}}}',
    4,
  ],
  [
    '100,000 unknown nodes',
    api(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`n${i}`, { class_type: `No${i}`, inputs: {} }]))),
    4,
  ],
  [
    'a UI workflow of a deep subgraph',
    `{"version": 0.4, "nodes": [{"id": 1, "type": "X", "inputs": ${deep(100_000)}}], "links": []}`,
    4,
  ],
  ['no text at all', '\0'.repeat(1000), 2],
])('run: a workflow with %s', async (_what, content, expected) => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ 'w.json': content });
  const finished = await place.run(['run', 'w.json', '--host', demo.url], { env: bounded });
  expect({ code: finished.code, signal: finished.signal, err: finished.err.slice(0, 1500) }).toMatchObject({
    code: expected,
  });
  expect(finished.err.length).toBeLessThan(6000);
  expect(demo.log.filter(({ method, path }) => method === 'POST' && path.endsWith('/prompt'))).toEqual([]);
});

test.each([
  ['run --dry-run of a chain', ['run', 'chain.json', '--dry-run']],
  ['convert of a UI chain', ['convert', 'ui.json']],
  ['convert of an API chain', ['convert', 'chain.json']],
])('%s of 100,000 nodes ends', async (_what, args) => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ 'chain.json': chain(100_000), 'ui.json': uiChain(100_000) });
  const { code, signal, err } = await place.run([...args, '--host', demo.url], {
    env: { NODE_OPTIONS: '--max-old-space-size=1024' },
  });
  expect({ signal, err: err.slice(0, 1500) }).toMatchObject({ signal: null });
  expect([0, 2, 4], err.slice(0, 500)).toContain(code);
});

const picture = encodePng({ width: 8, height: 8, rgb: new Uint8Array(192) });
const withChunk = (chunk: PngChunk): Uint8Array =>
  writeChunks(readChunks(picture).flatMap((c) => (c.type === 'IDAT' ? [chunk, c] : [c])));
const zeros = deflateSync(Buffer.alloc(256 * 1024 * 1024, 0x20), { level: 9 });
const lying = Buffer.from(encodeChunk({ type: 'tEXt', data: Buffer.from('prompt\0{}') }));
lying.writeUInt32BE(0xfffffff0, 0);
const pictures: Readonly<Record<string, Uint8Array>> = {
  'bomb.png': withChunk({ type: 'zTXt', data: Buffer.concat([Buffer.from('prompt\0\0'), zeros]) }),
  'lying.png': Buffer.concat([picture.subarray(0, -12), lying]),
  'cut.png': picture.subarray(0, 40),
  'deep.png': withChunk({ type: 'tEXt', data: Buffer.from(`prompt\0${deep(100_000)}`) }),
  'empty.png': new Uint8Array(),
};

test.each(Object.keys(pictures))('inspect and run of %s: refused in one sentence', async (name) => {
  await using demo = await startDemo();
  await using place = await Workplace.create(pictures);
  for (const args of [
    ['inspect', name],
    ['run', name, '--host', demo.url],
  ])
    refused(await place.run(args, { env: bounded }), 2);
});

test('a picture of three gigabytes is refused, wherever it is read', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const handle = await open(join(place.folder, 'huge.png'), 'w');
  await handle.write(picture);
  await handle.truncate(3 * 1024 ** 3); // sparse: takes no room
  await handle.close();
  for (const args of [
    ['inspect', 'huge.png'],
    ['run', 'huge.png', '--host', demo.url],
    ['upload', 'huge.png', '--host', demo.url],
    ['-i', 'huge.png', '--denoise', '0.5', 'x', '--host', demo.url],
  ]) {
    const finished = await place.run(args, { env: bounded });
    expect({ args, code: finished.code, signal: finished.signal, err: finished.err.slice(0, 800) }).toMatchObject({
      signal: null,
    });
    expect([2, 4], finished.err.slice(0, 800)).toContain(finished.code);
  }
});

test('pictures that are none are uploaded as they are, or refused', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create(pictures);
  for (const name of Object.keys(pictures)) {
    const { code, signal, err } = await place.run(['-i', name, '--denoise', '0.5', ...small, '--host', demo.url, 'x'], {
      env: bounded,
    });
    expect({ name, signal }).toEqual({ name, signal: null });
    expect([0, 2, 4, 5], err).toContain(code);
    expect(err).not.toContain('bug of comfy-gen');
  }
});

test.each([
  ['100,000 levels', `{"KSampler": {"input": {"required": {"a": ${deep(100_000)}}}}}`],
  ['no definitions', '[1, 2]'],
  [
    'the names of every object',
    '{"__proto__": {"input": {}}, "constructor": {"input": {"required": {"__proto__": ["INT"]}}}}',
  ],
  ['nothing', ''],
  ['a gzip bomb', undefined],
])('convert --object-info with %s', async (_what, content) => {
  const { gzipSync } = await import('node:zlib');
  const file = content === undefined ? 'info.json.gz' : 'info.json';
  await using place = await Workplace.create({
    [file]: content ?? gzipSync(Buffer.alloc(1024 ** 3, 0x20)),
    'ui.json': uiChain(3),
  });
  const { code, signal, err } = await place.run(['convert', 'ui.json', '--object-info', file], { env: bounded });
  expect({ signal, err: err.slice(0, 800) }).toMatchObject({ signal: null });
  expect([2, 4], err.slice(0, 800)).toContain(code);
});

test('rows with the names of every object, and depth', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({
    'proto.jsonl': '{"prompt": "x", "__proto__": {"steps": 3}}',
    'constructor.jsonl': '{"prompt": "x", "constructor": 5}',
    'deep.jsonl': `{"prompt": "x", "lora": ${deep(100_000)}}`,
    'set.jsonl': '{"prompt": "x", "set.__proto__.x": 5}',
  });
  for (const name of ['proto.jsonl', 'constructor.jsonl', 'deep.jsonl', 'set.jsonl'])
    refused(await place.run(['batch', name, '--host', demo.url, ...small], { env: bounded }), 2);
  for (const set of [
    '__proto__.x=1',
    'constructor.prototype=1',
    `KSampler.seed=${'9'.repeat(100_000)}`,
    'KSampler.__proto__=1',
  ])
    expect(
      (await place.run(['--set', set, '--host', demo.url, ...small, 'x'], { env: bounded })).code,
      set.slice(0, 40),
    ).toBeOneOf([2, 4]);
});
