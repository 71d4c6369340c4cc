// Files that a job announces before it is over: downloaded meanwhile, and results only as its end says.
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFault, startDemo, type Demo } from '../../src/demo/demo.ts';
import { Workplace, type Finished, type Run } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { asked } from '../faults/bench.ts';
import { mount, noMount } from '../faults/machine.ts';

/** The second picture waits for a node that sleeps. */
const graph = {
  '1': { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 1 } },
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'first' } },
  '3': { class_type: 'TestSleep', inputs: { value: ['1', 0], seconds: 3 } },
  '4': { class_type: 'SaveImage', inputs: { images: ['3', 0], filename_prefix: 'second' } },
};

type Played = { readonly done: Finished; readonly files: readonly string[]; readonly demo: Demo };
type Meanwhile = (demo: Demo, run: Run, output: string) => Promise<void>;

/** `files` is everything that lies in the output folder, parts of files too. */
async function play(faults: readonly string[], args: readonly string[] = [], meanwhile?: Meanwhile): Promise<Played> {
  await using demo = await startDemo({ testNodes: true, faults: faults.map(parseFault) });
  await using place = await Workplace.create({ 'graph.json': JSON.stringify(graph) });
  const run = place.launch(['run', 'graph.json', '--host', demo.url, '--name', '{index}_{name}', ...args]);
  const output = join(place.folder, 'images/output');
  await meanwhile?.(demo, run, output);
  const done = await run.done;
  return { done, files: (await readdir(output)).sort(), demo };
}

const paths = ({ log }: Demo, wanted: RegExp): number[] =>
  log.flatMap(({ path }, index) => (wanted.test(path) ? [index] : []));

test('the first picture is fetched while the second is made', async ({ expect }) => {
  const { done, files, demo } = await play([]);
  expect(done.code).toBe(0);
  expect(files).toEqual(['1_first_00001_.png', '2_second_00001_.png']);
  const [first, ...again] = paths(demo, /view\?.*first_/);
  const [ended] = paths(demo, /\/api\/jobs\/[0-9a-f-]{36}$/);
  expect(first).toBeLessThan(ended ?? 0);
  expect(again).toEqual([]);
});

test('of a job that fails later it is kept, once', async ({ expect }) => {
  const { done, files, demo } = await play(['node-error=TestSleep']);
  expect(done.code).toBe(5);
  expect(files).toEqual(['1_first_00001_.png']);
  expect(paths(demo, /view\?/)).toHaveLength(1);
});

test('a server that sends everything twice gives no file twice', async ({ expect }) => {
  const { done, files } = await play(['ws-duplicate']);
  expect(done.code).toBe(0);
  expect(files).toEqual(['1_first_00001_.png', '2_second_00001_.png']);
});

test('a download that fails meanwhile is tried again at the end', async ({ expect }) => {
  const { done, files } = await play(['view-status=500,times=1'], ['--retries', '0']);
  expect(done.code).toBe(0);
  expect(files).toEqual(['1_first_00001_.png', '2_second_00001_.png']);
});

test('a job that is cancelled leaves nothing of it', async ({ expect }) => {
  const { done, files } = await play(['view-drip=40'], ['--timeout', '0.25s']);
  expect(done.code).toBe(7);
  expect(files).toEqual([]);
});

const isViewed: Meanwhile = (demo) => asked(demo, /view/);

test('Ctrl-C while a file comes of a job that still runs: the job is taken off, no file stays', async ({ expect }) => {
  const { done, files, demo } = await play(['view-drip=100'], [], async (...at) => {
    await isViewed(...at);
    at[1].signal('SIGINT');
  });
  expect(done.code).toBe(130);
  expect(done.out).toBe('');
  expect(files).toEqual([]);
  expect(demo.log.some(({ method, path }) => method === 'POST' && /\/cancel|\/interrupt/.test(path))).toBe(true);
});

test('a job that fails while a file still comes: it is kept, whole', async ({ expect }) => {
  const { done, files } = await play(['view-drip=200', 'node-error=TestSleep']);
  expect(done.code).toBe(5);
  expect(files).toEqual(['1_first_00001_.png']);
});

test('the output folder is deleted after a file has come: it is made again, and so is the file', async ({ expect }) => {
  const { done, files } = await play([], [], async (demo, run, output) => {
    await isViewed(demo, run, output);
    await rm(output, { recursive: true });
  });
  expect(done.code, done.err).toBe(0);
  expect(files).toEqual(['1_first_00001_.png', '2_second_00001_.png']);
});

test('a full disk: told once the job is over, nothing half stays', { skip: noMount !== false }, async ({ expect }) => {
  await using demo = await startDemo({ testNodes: true, faults: [parseFault('view-size=100000')] });
  await using place = await Workplace.create({ 'graph.json': JSON.stringify(graph) });
  const disk = join(place.folder, 'disk');
  await mkdir(disk);
  expect(mount('-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk)).toBe(true);
  try {
    const { code, err, out } = await place.run(['run', 'graph.json', '--host', demo.url, '-o', 'disk']);
    expect([code, out]).toEqual([6, '']);
    expect(err).toContain('no space left');
    expect(paths(demo, /view\?.*first_/).length).toBeGreaterThan(1);
    expect(await readdir(disk)).toEqual([]);
  } finally {
    spawnSync('umount', [disk]);
  }
});
