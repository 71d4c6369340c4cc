// Several servers: who gets which job, what happens when one dies or comes back, and a batch that survives random kills.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { defaultModels } from '../../src/demo/nodes/object-info.ts';
import { parseFault, startDemo, type Demo } from '../../src/demo/demo.ts';
import { checkFile } from '../../src/media/check.ts';
import { readMetadata } from '../../src/media/metadata.ts';
import { until, Workplace } from '../helpers/cli.ts';

const small = ['--size', '64x64', '-s', '2'];
type Line = { ok: boolean; row: number; server: string; checkpoint: string; prompt_id: string };
const objects = (out: string): Line[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
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
  expect(count(lines, slow)).toBeLessThan(6);
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
  const run = place.start(['batch', 'rows.txt', ...hosts([one, two]), ...small, '--no-wait']);
  run.child.stdout?.destroy();
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
  const run = place.start(['batch', 'rows.txt', '--host', first.url, '--host', late, ...small, '--json']);
  await until(run.child, /the other servers begin without it/);
  await until(run.child, /done/);
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

/** Numbers from a seed, so that a run that failed can be had again: CHAOS_SEED. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const bin = fileURLToPath(new URL('../../bin/comfy-gen.js', import.meta.url));

/** A demo server as a process, that can be killed and started again on its port. */
class Server {
  readonly port: number;
  #child: ChildProcess | undefined;
  constructor(port: number) {
    this.port = port;
  }
  async start(): Promise<void> {
    const args = [bin, 'serve', '--port', String(this.port), '--step-ms', '30', '--load-ms', '10'];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    await until(this.#child, /http:/);
  }
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
  }
}

test('chaos: the tool killed and servers restarted at random moments; in the end every row has exactly one file', async () => {
  const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 100_000);
  const random = randomFrom(seed);
  await using place = await Workplace.create();
  const servers = await Promise.all([1, 2, 3].map(async () => new Server(await freePort())));
  await Promise.all(servers.map((server) => server.start()));
  const total = 60;
  await writeFile(join(place.folder, 'rows.txt'), rows(total));
  const args = [
    'batch',
    'rows.txt',
    ...servers.flatMap(({ port }) => ['--host', `127.0.0.1:${port}`]),
    ...small,
    '--retries',
    '2',
  ];
  try {
    let kills = 0;
    for (let attempt = 0; ; attempt++) {
      expect(attempt, `CHAOS_SEED=${seed}: never done`).toBeLessThan(60);
      const run = place.start(args);
      let saved = 0;
      let next = 1 + random(6);
      const mayKill = kills < 12;
      run.child.stdout?.on('data', (text: string) => {
        saved += text.split('\n').length - 1;
        if (saved < next) return;
        next = saved + 1 + random(6);
        if (mayKill && random(3) === 0) {
          kills++;
          run.child.kill('SIGKILL');
          return;
        }
        const server = servers[random(servers.length)];
        if (random(2) === 0) void server?.kill().then(() => server.start());
      });
      if ((await run.done).code === 0) break;
    }
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
  }
  const files = await place.files();
  const prompts: number[] = [];
  for (const name of files) {
    const bytes = await readFile(join(place.folder, 'images', name));
    expect(checkFile(name, bytes), name).toBeUndefined();
    prompts.push(Number(/row (\d+)/.exec(readMetadata(bytes).texts.get('prompt') ?? '')?.[1]));
  }
  expect(
    prompts.sort((a, b) => a - b),
    `CHAOS_SEED=${seed}`,
  ).toEqual(Array.from({ length: total }, (_none, i) => i + 1));
}, 300_000);

test('when all servers die together every job that was told of has its end', async () => {
  await using one = await startDemo({ stepMs: 50, faults: [parseFault('gone,step=2')] });
  await using two = await startDemo({ stepMs: 50, faults: [parseFault('gone,step=2')] });
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'rows.txt'), rows(8));
  const { code, out } = await place.run([
    'batch',
    'rows.txt',
    ...hosts([one, two]),
    ...small,
    '--events',
    '--retries',
    '0',
  ]);
  const events = objects(out) as unknown as { type: string; row: number }[];
  const rowsOf = (...types: string[]): Set<number> =>
    new Set(events.filter((e) => types.includes(e.type)).map((e) => e.row));
  expect(code).toBe(3);
  expect(rowsOf('submitted').size).toBeGreaterThan(1);
  expect([...rowsOf('submitted')].filter((row) => !rowsOf('done', 'failed').has(row))).toEqual([]);
});
