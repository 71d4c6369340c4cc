// Several servers: who gets which job, and what happens when one dies or comes back.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { defaultModels } from '../../src/demo/nodes/object-info.ts';
import { parseFault, startDemo, type Demo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const small = ['--size', '64x64', '-s', '2'];
type Line = { ok: boolean; row: number; server: string; checkpoint: string; prompt_id: string };
const objects = (out: string): Line[] => jsonLines(out) as Line[];
const hosts = (demos: readonly Demo[]): string[] => demos.flatMap(({ url }) => ['--host', url]);
const rows = (count: number): string => Array.from({ length: count }, (_none, i) => `row ${i + 1}\n`).join('');

async function batch(place: Workplace, demos: readonly Demo[], text: string, ...more: string[]) {
  await writeFile(join(place.folder, 'rows.jsonl'), text);
  const { code, out, err } = await place.run(['batch', 'rows.jsonl', ...hosts(demos), ...small, '--json', ...more]);
  return { code, lines: objects(out), err };
}

const asRows = (texts: readonly object[]): string => texts.map((row) => `${JSON.stringify(row)}\n`).join('');
const count = (lines: readonly Line[], { url }: Demo): number => lines.filter(({ server }) => server === url).length;

test('a slow server gets fewer jobs, and near the end those that wait on it are taken back', async () => {
  await using slow = await startDemo({ stepMs: 400 });
  await using fast = await startDemo({ stepMs: 20 });
  await using place = await Workplace.create();
  const { code, lines } = await batch(
    place,
    [slow, fast],
    asRows(Array.from({ length: 16 }, (_none, i) => ({ prompt: `row ${i}` }))),
  );
  expect([code, lines.length, new Set(lines.map(({ row }) => row)).size]).toEqual([0, 16, 16]);
  expect(count(lines, slow)).toBeGreaterThan(0);
  expect(count(lines, slow)).toBeLessThan(count(lines, fast));
  expect(await place.files()).toHaveLength(16);
});

test('a job goes only where its model is, resolved for that server; what nobody has fails', async () => {
  await using one = await startDemo({ models: { ...defaultModels, checkpoints: ['dreamshaper_8.safetensors'] } });
  await using two = await startDemo({ models: { ...defaultModels, checkpoints: ['juggernaut_reborn.safetensors'] } });
  await using place = await Workplace.create();
  const names = ['dreamshaper_8', 'juggernaut_reborn', 'dreamshaper_8', 'juggernaut_reborn', 'none'];
  const texts = names.map((name) => ({ prompt: name, checkpoint: `${name}.safetensors` }));
  const { code, lines } = await batch(place, [one, two], asRows(texts));
  expect(code).toBe(10);
  const made = lines.filter(({ ok }) => ok);
  expect(made).toHaveLength(4);
  for (const { server, checkpoint } of made)
    expect(server).toBe(checkpoint === 'dreamshaper_8.safetensors' ? one.url : two.url);
  // with no model named, each server takes its own
  const own = await batch(place, [one, two], asRows(Array.from({ length: 6 }, (_none, i) => ({ prompt: `row ${i}` }))));
  expect(new Set(own.lines.map(({ server, checkpoint }) => `${server} ${checkpoint}`))).toEqual(
    new Set([`${one.url} dreamshaper_8.safetensors`, `${two.url} juggernaut_reborn.safetensors`]),
  );
});

test('--no-wait leaves a job where its model is; a reader who left is no reason to send it twice', async () => {
  await using one = await startDemo({ models: { ...defaultModels, checkpoints: ['dreamshaper_8.safetensors'] } });
  await using two = await startDemo({ models: { ...defaultModels, checkpoints: ['juggernaut_reborn.safetensors'] } });
  await using place = await Workplace.create();
  const posts = ({ log }: Demo): number =>
    log.filter(({ method, path }) => method === 'POST' && path.endsWith('/prompt')).length;
  const left = await place.run(['a fox', '-c', 'juggernaut_reborn.safetensors', ...hosts([one, two]), '--no-wait']);
  expect([left.code, posts(one), posts(two)]).toEqual([0, 0, 1]);
  await writeFile(join(place.folder, 'rows.txt'), rows(4));
  const run = place.launch(['batch', 'rows.txt', ...hosts([one, two]), ...small, '--no-wait']);
  run.hangUp();
  expect((await run.done).code).toBe(141);
  expect(posts(one) + posts(two)).toBe(2);
});

test('a server that dies gives its jobs to the others; no picture twice', async () => {
  await using dying = await startDemo({ stepMs: 20, faults: [parseFault('gone,step=2')] });
  await using other = await startDemo({ stepMs: 20 });
  await using place = await Workplace.create();
  const texts = Array.from({ length: 8 }, (_none, i) => ({ prompt: `row ${i}` }));
  const { code, lines, err } = await batch(place, [dying, other], asRows(texts), '--retries', '1');
  expect([code, lines.map(({ row }) => row).sort()]).toEqual([0, [1, 2, 3, 4, 5, 6, 7, 8]]);
  expect(lines.every(({ server }) => server === other.url)).toBe(true);
  expect(err).toContain(`${dying.url} does not answer`);
  expect(await place.files()).toHaveLength(8);
  const { code: resumed, err: told } = await place.run(['resume']); // nothing waits to be collected a second time
  expect([resumed, told]).toEqual([0, expect.stringContaining('nothing to collect')]);
});

test('one that is not there at first is told, and joins when it comes', async () => {
  await using first = await startDemo({ stepMs: 100 });
  const port = await freePort();
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'rows.txt'), rows(40));
  const late = `http://127.0.0.1:${port}`;
  const run = place.launch(['batch', 'rows.txt', '--host', first.url, '--host', late, ...small, '--json']);
  await run.said(/the other servers start without it/);
  await run.said(/done/);
  await using second = await startDemo({ stepMs: 20, port });
  const { code, out, err } = await run.done;
  expect([code, objects(out).length]).toEqual([0, 40]);
  expect(err).toContain(`${late} is back`);
  expect(count(objects(out), second)).toBeGreaterThan(20);
});

test('no server at all is unreachable', async () => {
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'rows.txt'), rows(2));
  const [a, b] = [await freePort(), await freePort()];
  expect((await place.run(['batch', 'rows.txt', '--host', `127.0.0.1:${a}`, '--host', `127.0.0.1:${b}`])).code).toBe(3);
});

async function freePort(): Promise<number> {
  await using demo = await startDemo();
  return demo.port;
}

test('many servers are asked at once without a word of Node about it', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const away = Array.from({ length: 11 }, (_none, port) => ['--host', `http://127.0.0.1:${port + 1}`]);
  await writeFile(join(place.folder, 'rows.txt'), rows(1));
  const warnings: string[] = [];
  const hear = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', hear);
  const { code } = await place.run(['batch', 'rows.txt', ...hosts([demo]), ...away.flat(), ...small]);
  process.off('warning', hear);
  expect([code, warnings]).toEqual([0, []]);
});

test('when all servers die together every job that was told of has one end', async () => {
  const dying = { stepMs: 50, faults: [parseFault('gone,step=2')] };
  await using one = await startDemo(dying);
  await using two = await startDemo(dying);
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'rows.txt'), rows(8));
  const args = [...hosts([one, two]), ...small, '--events', '--retries', '0'];
  const { code, out } = await place.run(['batch', 'rows.txt', ...args]);
  const events = objects(out) as unknown as { type: string; row: number }[];
  const rowsOf = (...types: string[]): number[] => events.filter((e) => types.includes(e.type)).map((e) => e.row);
  const told = new Set(rowsOf('submitted'));
  expect(code).toBe(3);
  expect(told.size).toBeGreaterThan(1);
  expect(
    rowsOf('done', 'failed')
      .filter((row) => told.has(row))
      .sort(),
  ).toEqual([...told].sort());
});

test('of a few jobs each has one end when all servers die', async () => {
  const dying = { stepMs: 50, faults: [parseFault('gone,step=2')] };
  await using one = await startDemo(dying);
  await using two = await startDemo(dying);
  await using place = await Workplace.create();
  const args = ['a fox', '--count', '6', ...hosts([one, two]), ...small, '--json', '--retries', '0'];
  const { code, out } = await place.run(args);
  expect([
    code,
    objects(out)
      .map(({ row }) => row)
      .sort(),
  ]).toEqual([3, [1, 2, 3, 4, 5, 6]]);
});
