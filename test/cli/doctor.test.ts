// doctor: what it finds well, what it finds wrong, what it says to do, and the exit code of the worst.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { Workplace, type Finished } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { problemsOf } from '../helpers/schema.ts';

type Line = { readonly check: string; readonly state: string; readonly message: string; readonly next: string | null };
const lines = ({ out }: Finished): Line[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const find = (all: readonly Line[], check: string): Line | undefined => all.find((line) => line.check === check);

test('a healthy server: every check in its place, nothing queued', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  await writeFile(join(place.folder, '.comfyrc'), '{"steps": 3}');
  const done = await place.run(['doctor', '--json', '--host', server.url]);
  const all = lines(done);
  expect(done.code).toBe(0);
  for (const line of all) expect(problemsOf('check', line)).toEqual([]);
  expect(all.map((line) => line.check)).toEqual(
    'address version websocket latency clock queue devices nodes models recipes disk config terminal node'.split(' '),
  );
  expect(all.filter((line) => line.state === 'failed')).toEqual([]);
  expect(find(all, 'config')?.message).toContain('.comfyrc');
  expect(find(all, 'recipes')?.message).toContain('sd15');
  expect(server.log.filter((r) => r.method === 'POST')).toEqual([]);
  expect(await place.files()).toEqual([]);
});

test('--smoke goes through submit, socket, history, download and check; JUnit says the same', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const { code, out } = await place.run([
    'doctor',
    '--smoke',
    '--with-model',
    '--junit',
    'r.xml',
    '--host',
    server.url,
  ]);
  expect(code).toBe(0);
  for (const stage of ['submit', 'socket', 'run', 'download', 'picture']) {
    expect(out).toContain(`✔ smoke: ${stage}`);
    expect(out).toContain(`✔ model: ${stage}`);
  }
  expect(await readFile(join(place.folder, 'r.xml'), 'utf8')).toMatch(/<testsuites[^>]* tests="24" failures="0"/);
  expect(await place.files()).toEqual([]);
});

test('twice in a row nothing comes from the cache', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  for (let i = 0; i < 2; i++) {
    const all = lines(await place.run(['doctor', '--smoke', '--json', '--host', server.url]));
    expect(find(all, 'smoke: picture')?.message).toMatch(/^whole, 64x64/);
  }
});

test.each([
  ['a WebSocket that is refused', ['ws-status=403'], 'websocket', 3, /403/],
  ['a WebSocket that stays silent', ['ws-mute'], 'websocket', 3, /nothing came through/],
  ['a worker that is dead', ['stuck'], 'queue', 5, /worker is dead/],
  ['a node that fails', ['node-error=SaveImage'], 'smoke: run', 5, /SaveImage|node/],
  ['a file that does not come', ['view-status=404'], 'smoke: download', 6, /404/],
  ['credentials that lack', ['system-stats-status=401'], 'address', 9, /credentials/],
])('%s', async (_what, faults, check, exit, message) => {
  await using server = await startDemo({ faults: faults.map(parseFault) });
  await using place = await Workplace.create();
  const at = ['--host', server.url, '--retries', '0'];
  if (check === 'queue') await place.run([...at, '--no-wait', 'a lighthouse']);
  else if (check !== 'smoke: run') await place.run([...at, '--no-journal', 'x']);
  const smoke = check.startsWith('smoke') ? ['--smoke'] : [];
  const done = await place.run(['doctor', '--json', ...smoke, ...at]);
  const found = find(lines(done), check);
  expect(found?.state).toBe('failed');
  expect(found?.message).toMatch(message);
  expect(found?.next).toBeTruthy();
  expect(done.code).toBe(exit);
});

test('--max-seconds ends the job and is a time-out', async () => {
  await using server = await startDemo({ stepMs: 500 });
  await using place = await Workplace.create();
  const done = await place.run([
    'doctor',
    '--with-model',
    '--max-seconds',
    '1',
    '--junit',
    'r.xml',
    '--host',
    server.url,
  ]);
  expect(done.code).toBe(7);
  expect(await readFile(join(place.folder, 'r.xml'), 'utf8')).toContain('<failure type="timeout"');
  expect((await place.run(['queue', '--json', '--host', server.url])).out).toBe('');
});

test('nobody there: the machine is checked all the same', async () => {
  await using place = await Workplace.create();
  const done = await place.run(['doctor', '--host', '127.0.0.1:9']);
  expect(done.code).toBe(3);
  expect(done.out).toContain('✘ address');
  expect(done.out).toMatch(/^ {2}→ (start ComfyUI|a ComfyUI answers at)/m);
  expect(done.out).toContain('✔ disk');
});

test('without --host the usual ports are tried, and the one that answers is named', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const { code, out } = await place.run(['doctor', '--port', String(server.port)]);
  expect(code).toBe(0);
  expect(out).toContain(`127.0.0.1:${server.port} answers`);
});

test('no models are a warning that says what to get', async () => {
  await using server = await startDemo({ models: {} });
  await using place = await Workplace.create();
  const done = await place.run(['doctor', '--smoke', '--json', '--host', server.url]);
  expect(done.code).toBe(0);
  expect(find(lines(done), 'recipes')).toMatchObject({ state: 'warning' });
  expect(find(lines(done), 'recipes')?.next).toContain('models/');
});
