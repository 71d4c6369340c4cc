// Files that a job announces before it is over: downloaded meanwhile, and results only as its end says.
import { parseFault, startDemo, type Demo } from '../../src/demo/demo.ts';
import { Workplace, type Finished } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

/** The second picture waits for a node that sleeps. */
const graph = {
  '1': { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 1 } },
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'first' } },
  '3': { class_type: 'TestSleep', inputs: { value: ['1', 0], seconds: 3 } },
  '4': { class_type: 'SaveImage', inputs: { images: ['3', 0], filename_prefix: 'second' } },
};

type Played = { readonly done: Finished; readonly files: readonly string[]; readonly demo: Demo };

async function play(faults: readonly string[], args: readonly string[] = []): Promise<Played> {
  await using demo = await startDemo({ testNodes: true, faults: faults.map(parseFault) });
  await using place = await Workplace.create({ 'graph.json': JSON.stringify(graph) });
  const done = await place.run(['run', 'graph.json', '--host', demo.url, '--name', '{index}_{name}', ...args]);
  return { done, files: await place.files('images/output'), demo };
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
