// The library entry `comfy-gen/metadata`: by path and by bytes, from the demo server and from other programs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMetadata } from '../src/metadata.ts';
import { encodePng } from '../src/media/png.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comfy-gen-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const pixel = { width: 1, height: 1, rgb: new Uint8Array(3) };
const seed = '18446744073709551615';
const graph = `{"3": {"class_type": "KSampler", "inputs": {"seed": ${seed}, "cfg": NaN}}}`;

test('graphs with every digit, by path, URL and bytes', async () => {
  const file = encodePng(pixel, { prompt: graph, workflow: '{"nodes": [], "version": 0.4}' });
  const path = join(folder, 'a.png');
  await writeFile(path, file);
  for (const given of [path, new URL(`file://${path}`), file]) {
    expect(await readMetadata(given)).toEqual({
      format: 'png',
      prompt: { 3: { class_type: 'KSampler', inputs: { seed: BigInt(seed), cfg: NaN } } },
      workflow: { nodes: [], version: 0.4 },
      parameters: null,
    });
  }
});

test('null where there is nothing, and for what is no graph', async () => {
  const nothing = { prompt: null, workflow: null, parameters: null };
  expect(await readMetadata(encodePng(pixel))).toEqual({ format: 'png', ...nothing });
  expect(await readMetadata(Buffer.from('\u00ff\u00fb\u0090\u0064', 'latin1'))).toEqual({ format: 'mp3', ...nothing });
  const deep = `{"a": ${'['.repeat(9000)}${']'.repeat(9000)}}`;
  expect(await readMetadata(encodePng(pixel, { prompt: 'a cat', workflow: deep }))).toEqual({
    format: 'png',
    ...nothing,
  });
  expect(
    (await readMetadata(encodePng(pixel, { prompt: graph.slice(0, -2), workflow: '{"nodes": []}' }))).workflow,
  ).toEqual({ nodes: [] });
});

test("other programs' parameters in one form", async () => {
  const text = `{"positive_prompt": "a fox", "seed": ${seed}, "scheduler": "dpmpp_2m_k", "model": {"name": "x"}}`;
  const { parameters } = await readMetadata(encodePng(pixel, { invokeai_metadata: text }));
  expect(parameters).toEqual({
    source: 'InvokeAI', text, prompt: 'a fox', negative: null, seed, steps: null, cfg: null, guidance: null,
    sampler: 'dpmpp_2m', scheduler: 'karras', width: null, height: null, model: 'x', model_hash: null, vae: null,
    denoise: null, clip_skip: null, loras: [],
    fields: { positive_prompt: 'a fox', seed, scheduler: 'dpmpp_2m_k', 'model.name': 'x' },
  }); // prettier-ignore
  const a1111 = fileURLToPath(new URL('fixtures/metadata/a1111.jpg', import.meta.url));
  expect((await readMetadata(a1111)).parameters).toMatchObject({
    source: 'A1111',
    negative: 'blurry',
    steps: 20,
    seed: '5',
  });
});

test.each([
  ['a path that is wrong', 'absent.png', 'cannot read'],
  ['a folder', '.', 'is a folder, not a file'],
  ['text', 'note.txt', 'is no picture, video or sound'],
  ['an empty file', 'empty.png', 'is empty'],
])('%s is refused, by its name', async (_what, name, message) => {
  await writeFile(join(folder, 'note.txt'), 'hello');
  await writeFile(join(folder, 'empty.png'), '');
  const path = join(folder, name);
  const refused = expect(readMetadata(path)).rejects;
  await refused.toMatchObject({ name: 'ComfyGenError', code: 'usage', reason: 'bad_input_file' });
  await expect(readMetadata(path)).rejects.toThrow(message);
  await expect(readMetadata(path)).rejects.toThrow(path);
});
