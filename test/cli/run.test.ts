// `run` of workflow files against the demo server.
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { uiWorkflow } from './ui-workflow.ts';

const demo = (): Promise<Demo> => startDemo({ stepMs: 2 });

type Graph = Record<string, { class_type: string; inputs: Record<string, unknown> }>;

/** What a dry run of the default recipe prints: an API workflow that the demo server runs. */
async function workflow(place: Workplace, server: Demo): Promise<Graph> {
  const { out } = await place.run([
    '--host',
    server.url,
    '--dry-run',
    '--size',
    '64x64',
    '-s',
    '3',
    '--seed',
    '5',
    'a cat',
  ]);
  return JSON.parse(out) as Graph;
}
const save = (place: Workplace, name: string, value: unknown): Promise<void> =>
  writeFile(join(place.folder, name), JSON.stringify(value));

test('runs an API workflow, keeps its seed and reports what it found', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  await save(place, 'w.json', { prompt: await workflow(place, server) });
  const { code, out, err } = await place.run(['run', 'w.json', '--host', server.url, '--json']);
  expect(code, err).toBe(0);
  expect(err).toContain('w.json: API workflow, 7 nodes');
  expect(JSON.parse(out)).toMatchObject({
    ok: true,
    recipe: null,
    prompt: 'a cat',
    seed: '5',
    width: 64,
    height: 64,
    steps: 3,
    cfg: 7,
    sampler: 'euler',
    scheduler: 'normal',
    denoise: 1,
    loras: [],
    files: [{ width: 64 }],
  });
});

test('what a graph tells of itself is in results and names, also of a job that another machine sent', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  await using other = await Workplace.create();
  const lora = ['--lora', 'add_detail.safetensors:0.6:0.4', '--dry-run', '--size', '64x64', '-s', '1', 'a cat'];
  await writeFile(join(place.folder, 'w.json'), (await place.run(['--host', server.url, ...lora])).out);
  const args = ['run', 'w.json', '--host', server.url, '--set', 'KSampler.cfg=3.5', '--json', '--name', '{cfg}-{lora}'];
  const ran = JSON.parse((await place.run(args)).out) as { prompt_id: string };
  const found = { cfg: 3.5, sampler: 'euler', loras: [{ name: 'add_detail.safetensors', strength: 0.6, clip: 0.4 }] };
  expect(ran).toMatchObject({ ...found, files: [{ path: 'images/output/3.5-add_detail.png' }] });
  const { out } = await other.run(['attach', ran.prompt_id, '--host', server.url, '--json']);
  expect(JSON.parse(out)).toMatchObject(found);
});

test('options and --set change a foreign workflow; a dry run prints it', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const before = await workflow(place, server);
  const args = [
    'run',
    '-',
    '--host',
    server.url,
    '--dry-run',
    '--prompt',
    'a dog',
    '--seed',
    '18446744073709551615',
    '-s',
    '4',
    '--size',
    '128x64',
    '--set',
    'KSampler.cfg=3',
  ];
  const { code, out, err } = await place.run(args, { input: `\ufeff${JSON.stringify(before)}` });
  expect(code, err).toBe(0);
  expect(out).toContain('18446744073709551615');
  expect(out).toContain('"a dog"');
  expect(out).toMatch(/"steps": 4,/);
  expect(out).toMatch(/"width": 128,/);
  expect(out).toMatch(/"cfg": 3,/);
  expect(server.log.filter((r) => r.method === 'POST')).toEqual([]);
});

test.each([
  [
    ['--sampler', 'eulr'],
    /^error: --sampler \(#\d KSampler\): `sampler_name` is "eulr", .*\nhint: did you mean euler\?$/m,
  ],
  [['--scheduler', 'nrmal'], /^error: --scheduler \(#\d KSampler\): `scheduler` .*\nhint: did you mean normal\?$/m],
  [['-c', 'v1-5-pruned'], /^error: --checkpoint \(.*\): `ckpt_name` .*\nhint: did you mean v1-5-pruned-emaonly/m],
  [
    ['--set', 'KSampler.sampler_name=eulr'],
    /^error: --set KSampler\.sampler_name \(#\d KSampler\): .*\nhint: .* euler\?$/m,
  ],
  [['--set', 'KSampler.steps=0'], /^error: --set KSampler\.steps \(.*\): `steps` is 0, too small/m],
])('what %j set wrong is told under that option, of a recipe too', async (wrong, said) => {
  await using server = await demo();
  await using blind = await startDemo({ stepMs: 2, faults: [{ name: 'object-info-status', value: 404 }] });
  await using place = await Workplace.create();
  await save(place, 'w.json', await workflow(place, server));
  const { code, err } = await place.run(['run', 'w.json', '--host', server.url, ...wrong]);
  expect(code).toBe(4);
  expect(err).toMatch(said);
  const refused = await place.run(['run', 'w.json', '--host', blind.url, ...wrong]); // by the server itself
  expect(refused.code).toBe(4);
  expect(refused.err).toMatch(/^error: --[^#\n]*\(#/m);
  if (wrong[0] !== '-c') expect((await place.run(['a cat', '--host', server.url, ...wrong])).err).toMatch(said);
});

test('a default is nobody who wrote it; what one option set in several nodes is told once', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const host = ['--host', server.url, '-s', '1', '--size', '64x64'];
  const standing = await place.run(['a cat', ...host], { env: { COMFY_GEN_SAMPLER: 'eulr' } });
  expect(standing.err).toMatch(/^error: #\d KSampler: `sampler_name` is "eulr"/m);
  const { err } = await place.run(['a cat', ...host, '--hires', '2', '--sampler', 'eulr']);
  expect(err).toMatch(/^error: --sampler \(#\d+ KSampler and 1 more\): .*\nhint: did you mean euler\?$/m);
});

test('a picture that was made runs again, to the same bytes', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const first = await place.run([
    '--host',
    server.url,
    '--size',
    '64x64',
    '-s',
    '3',
    '--seed',
    '5',
    '-o',
    'a.png',
    'a cat',
  ]);
  expect(first.code, first.err).toBe(0);
  await using other = await demo(); // has nothing cached
  const again = await place.run(['run', 'a.png', '--host', other.url, '-o', 'b.png', '--json']);
  expect(again.code, again.err).toBe(0);
  const [a, b] = await Promise.all(['a.png', 'b.png'].map((name) => readFile(join(place.folder, name))));
  expect(b?.equals(a ?? Buffer.alloc(0))).toBe(true);
  expect(JSON.parse(again.out)).toMatchObject({ seed: '5', prompt: 'a cat' });
});

test('--seed random and --count give new seeds', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  await save(place, 'w.json', await workflow(place, server));
  const counted = await place.run(['run', 'w.json', '--host', server.url, '--dry-run', '--count', '2']);
  expect(
    counted.out
      .trim()
      .split('\n')
      .map((line) => /"seed":(\d+)/.exec(line)?.[1]),
  ).toEqual(['5', '6']);
  const random = await place.run(['run', 'w.json', '--host', server.url, '--dry-run', '--seed', 'random']);
  expect(random.out).not.toMatch(/"seed": 5,/);
});

test('pictures beside the workflow go up, those outside its folder stay', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  await place.run(['--host', server.url, '--size', '64x64', '-s', '2', '-o', 'in.png', 'a cat']);
  const load = (image: string): Graph => ({
    '1': { class_type: 'LoadImage', inputs: { image } },
    '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'x' } },
  });
  await mkdir(join(place.folder, 'sub'));
  await save(place, 'w.json', load('in.png'));
  await save(place, 'sub/w.json', load('../in.png'));
  const up = await place.run(['run', 'w.json', '--host', server.url, '-o', 'out.png']);
  expect(up.code, up.err).toBe(0);
  expect((await place.run(['run', 'sub/w.json', '--host', server.url, '-o', 'no.png'])).code).toBe(4);
});

test.each([
  ['no file', ['run'], 2],
  ['a file that is not there', ['run', 'nothing.json'], 2],
  ['what is not JSON', ['run', 'text.json'], 2],
  ['what is no workflow', ['run', 'other.json'], 2],
  ['an option that needs a recipe', ['run', 'tiny.json', '--hires', '2'], 2],
  ['an option the workflow has no place for', ['run', 'tiny.json', '--steps', '3'], 2],
  ['a template that the server lacks', ['run', 'template:nothing_like_it'], 4],
  ['a node that the server lacks', ['run', 'unknown.json'], 4],
])('refuses %s', async (_what, args, code) => {
  await using server = await demo();
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'text.json'), 'a cat');
  await save(place, 'other.json', { name: 'x' });
  await save(place, 'tiny.json', { '1': { class_type: 'SaveImage', inputs: {} } });
  await save(place, 'unknown.json', { '1': { class_type: 'NoSuchNode', inputs: {} } });
  const finished = await place.run([...args, '--host', server.url]);
  expect(finished.code, finished.err).toBe(code);
  expect(server.log.filter((r) => r.method === 'POST')).toEqual([]);
});

test('a UI workflow is converted, runs, and travels inside the picture', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  await save(place, 'ui.json', uiWorkflow);
  const { code, err } = await place.run(['run', 'ui.json', '--host', server.url, '-o', 'u.png']);
  expect(code, err).toBe(0);
  expect(err).toContain('ui.json: UI workflow, format 0.4');
  const bytes = await readFile(join(place.folder, 'u.png'));
  expect(bytes.includes('widgets_values')).toBe(true);
});

test('standing defaults do not change a foreign workflow; variables that are not used are told, flags are used', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  await save(place, 'w.json', await workflow(place, server));
  await save(place, '.comfyrc', { cfg: 3 });
  const env = { COMFY_GEN_STEPS: '9', COMFY_GEN_SAMPLER: 'heun' };
  const { code, out, err } = await place.run(['run', 'w.json', '--host', server.url, '--dry-run', '-W', '128'], {
    env,
  });
  expect(code, err).toBe(0);
  const sampler = Object.values(JSON.parse(out) as Graph).find((node) => node.class_type === 'KSampler');
  expect(sampler?.inputs).toMatchObject({ steps: 3, cfg: 7, sampler_name: 'euler' });
  expect(out).toMatch(/"width": 128,/);
  expect(err).toContain('COMFY_GEN_STEPS, COMFY_GEN_SAMPLER are not used');
  expect(err).not.toContain('cfg');
  const verbose = await place.run(['run', 'w.json', '--host', server.url, '--dry-run', '-v']);
  expect(verbose.err).toMatch(/cfg \(.*\) is not used/);
});
