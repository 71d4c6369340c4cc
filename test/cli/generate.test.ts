// generate, the command without a name: where prompts come from, what is printed, what a dry run does.
import { expect } from 'vitest';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const small = ['--size', '64x64', '-s', '2'];
const posts = (demo: Demo): number => demo.log.filter(({ method }) => method === 'POST').length;
const prompts = (out: string): unknown[] =>
  out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { prompt: unknown }).prompt)
    .sort();

test('several -p are several jobs; words are one; - is standard input', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const at = ['--host', demo.url, ...small, '--json'];
  const several = await place.run([...at, '-p', 'a fox', '-p', 'an owl']);
  expect([several.code, prompts(several.out)]).toEqual([0, ['a fox', 'an owl']]);
  expect(prompts((await place.run([...at, 'two', 'words'])).out)).toEqual(['two words']);
  expect(prompts((await place.run([...at, '-'], { input: 'from a pipe\n' })).out)).toEqual(['from a pipe']);
  expect((await place.run([...at, '-'], { input: '' })).code).toBe(2);
  expect(await place.files()).toHaveLength(4);
});

test('a dry run prints the graph with what was asked for and sends nothing', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const { code, out } = await place.run(['a fox', '--host', demo.url, ...small, '--seed', '7', '--dry-run']);
  expect(code).toBe(0);
  const nodes = Object.values(JSON.parse(out) as Record<string, { class_type: string; inputs: object }>);
  expect(nodes.find((node) => node.class_type === 'KSampler')?.inputs).toMatchObject({ seed: 7, steps: 2 });
  expect(nodes.find((node) => node.class_type === 'EmptyLatentImage')?.inputs).toMatchObject({ width: 64, height: 64 });
  expect([posts(demo), await place.files()]).toEqual([0, []]);
});

test('results and names tell what --set put into the graph of a recipe', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const set = ['KSampler.seed=18446744073709551615', 'KSampler.cfg=3.5', 'EmptyLatentImage.width=72'];
  const args = ['a fox', '--host', demo.url, ...small, '--seed', '7', '--json', '--name', '{seed}-{cfg}-{steps}'];
  const { out } = await place.run([...args, ...set.flatMap((one) => ['--set', one])]);
  expect(JSON.parse(out)).toMatchObject({
    seed: '18446744073709551615',
    cfg: 3.5,
    steps: 2,
    width: 72,
    recipe: 'sd15',
    prompt: 'a fox',
    files: [{ path: 'images/output/18446744073709551615-3.5-2.png', width: 72 }],
  });
});

test('-o names a file or a folder; -q says nothing but errors', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const at = ['a fox', '--host', demo.url, ...small];
  expect((await place.run([...at, '-o', 'fox.png', '-q'])).out).toBe('fox.png\n');
  const quiet = await place.run([...at, '-o', 'foxes/', '-q']);
  expect([quiet.code, quiet.err]).toEqual([0, '']);
  expect(await place.files('foxes')).toHaveLength(1);
  const raw = await place.run([...at, '-o', '-', '-q']);
  expect([raw.code, raw.out.slice(1, 4)]).toEqual([0, 'PNG']);
});

test('-o - changes the bytes as a file of its own would be', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const at = ['a fox', '--host', demo.url, ...small, '--seed', '5', '-q', '--strip-metadata'];
  const { code, out, err } = await place.run([...at, '-o', '-']);
  expect([code, err, out.slice(1, 4)]).toEqual([0, '', 'PNG']);
  expect(out).not.toContain('KSampler');
  expect(out).toBe((await place.run([...at, '-o', '-'])).out);
});
