// `run <file> --help`: the workflow's own places with what they hold, and what changes each; no server is asked.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { uiWorkflow } from './ui-workflow.ts';

const sampler = (seed: number, positive: string): object => ({
  class_type: 'KSampler',
  inputs: { model: ['1', 0], positive: [positive, 0], negative: ['4', 0], latent_image: ['5', 0], seed, steps: 20, cfg: 7, sampler_name: 'euler', scheduler: 'normal', denoise: 1 }, // prettier-ignore
});
const graph = {
  '1': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'a.safetensors' }, _meta: { title: 'Load Checkpoint' } }, // prettier-ignore
  '3': { class_type: 'CLIPTextEncode', inputs: { clip: ['1', 1], text: 'a cat\nin \u001b[31mred' }, _meta: { title: 'What to draw' } }, // prettier-ignore
  '4': { class_type: 'CLIPTextEncode', inputs: { clip: ['1', 1], text: 'blurry' }, _meta: { title: 'Not this' } },
  '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 768, batch_size: 1 } },
  '6': sampler(12345, '3'),
  '7': { class_type: 'SomePackNode', inputs: { 'grain.amount': 0.5, on: true }, _meta: { title: 'Film grain' } },
  '8': { class_type: 'VAEDecode', inputs: { samples: ['6', 0], vae: ['1', 2] } },
  '9': { class_type: 'SaveImage', inputs: { images: ['8', 0], filename_prefix: 'x' }, _meta: { title: 'Save "it"' } },
};
const text = JSON.stringify(graph).replace('12345', '12345678901234567890');

const offline = ['--host', 'http://127.0.0.1:9'];

test('prompt, seed, size and model by their options, every other input by --set; to standard output, offline', async () => {
  await using place = await Workplace.create({ 'w.json': text });
  const { code, out, err } = await place.run(['run', 'w.json', '--help', ...offline]);
  expect([code, err]).toEqual([0, '']);
  expect(out).not.toContain('\u001b');
  const plain = out.replace(/\s+/g, ' ');
  expect(plain).toContain('-p, --prompt <text> "a cat\\nin red" (3.text: What to draw, CLIPTextEncode)');
  expect(plain).toContain('-n, --negative <text> "blurry"');
  expect(plain).toContain('--seed <n> 12345678901234567890 (6.seed');
  expect(plain).toContain('-W, --width <px> 512');
  expect(plain).toContain('-c, --checkpoint <file> "a.safetensors"');
  expect(plain).toContain("--set 'Film grain.grain.amount=…' 0.5 (7.grain.amount: Film grain, SomePackNode)");
  expect(plain).toContain('--set 9.filename_prefix=… "x"');
});

test('--json: an object a place; what it names is what run takes', async () => {
  await using place = await Workplace.create({ 'w.json': text });
  const { out } = await place.run(['run', 'w.json', '--help', '--json', ...offline]);
  const rows = jsonLines(out);
  expect(rows.find(({ input }) => input === 'ckpt_name')).toEqual({
    ...{ node: '1', title: 'Load Checkpoint', class_type: 'CheckpointLoaderSimple', input: 'ckpt_name' },
    ...{ value: 'a.safetensors', option: 'checkpoint', set: '1.ckpt_name' },
  });
  expect(rows.filter(({ option }) => option === 'width')).toHaveLength(1);
  await using server = await startDemo({ models: { checkpoints: ['a.safetensors'] } });
  const known = Object.fromEntries(Object.entries(graph).filter(([id]) => id !== '7'));
  await using other = await Workplace.create({ 'w.json': JSON.stringify(known) });
  const listed = jsonLines((await other.run(['run', 'w.json', '--help', '--json', ...offline])).out);
  const sets = listed.flatMap(({ set, value }) => ['--set', `${String(set)}=${String(value)}`]);
  const again = await other.run(['run', 'w.json', '--dry-run', ...sets, '--host', server.url]);
  expect(again.code, again.err).toBe(0);
});

test('several places that differ: no option is promised where run would call it ambiguous', async () => {
  const two = { ...graph, '10': { ...sampler(5, '11'), _meta: { title: 'Second' } }, '11': { class_type: 'CLIPTextEncode', inputs: { clip: ['1', 1], text: 'a dog' } } }; // prettier-ignore
  await using place = await Workplace.create({ 'w.json': JSON.stringify(two) });
  const rows = jsonLines((await place.run(['run', 'w.json', '--help', '--json', ...offline])).out);
  const optionOf = (node: string, input: string): unknown =>
    rows.find((row) => row['node'] === node && row['input'] === input)?.['option'];
  expect([optionOf('3', 'text'), optionOf('11', 'text')]).toEqual([null, null]);
  expect([optionOf('6', 'seed'), optionOf('10', 'seed'), optionOf('10', 'steps')]).toEqual(['seed', 'seed', 'steps']);
});

test('UI format is converted by the definitions at hand; unknown nodes are guessed, and that is said', async () => {
  const [first, ...rest] = uiWorkflow.nodes;
  const strange = { ...uiWorkflow, nodes: [{ ...first, type: 'PackImage', widgets_values: { amount: 3 }, inputs: [{ name: 'amount', type: 'INT', widget: { name: 'amount' } }] }, ...rest] }; // prettier-ignore
  await using place = await Workplace.create({
    'ui.json': JSON.stringify(uiWorkflow),
    'pack.json': JSON.stringify(strange),
  });
  const known = await place.run(['run', 'ui.json', '--help', ...offline]);
  expect([known.code, known.err]).toEqual([0, '']);
  expect(known.out).toContain('--set 1.width=…');
  const guessed = await place.run(['run', 'pack.json', '--help', ...offline]);
  expect([guessed.code, guessed.err], guessed.err).toEqual([0, expect.stringContaining('are a guess')]);
  expect(guessed.out).toContain('--set 2.filename_prefix=…');
});

test('a picture that carries a workflow, standard input; a missing file is usage; run --help is the usual page', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const made = await place.run(['a cat', '-s', '1', '--size', '64x64', '-o', 'cat.png', '--host', server.url]);
  expect(made.code, made.err).toBe(0);
  expect((await readFile(join(place.folder, 'cat.png'))).length).toBeGreaterThan(0);
  expect((await place.run(['run', 'cat.png', '--help', ...offline])).out).toContain('"a cat"');
  expect((await place.run(['run', '-', '--help', ...offline], { input: text })).out).toContain('"blurry"');
  expect((await place.run(['run', 'none.json', '--help', ...offline])).code).toBe(2);
  const usual = (await place.run(['run', '--help'])).out;
  expect(usual).toContain('Usage: comfy-gen run [options] <file>');
  expect((await place.run(['run', 'cat.png', '--help-all'])).out).toContain('--wildcards');
});
