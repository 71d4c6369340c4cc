// batch through the built command: what is sent, what is skipped, what is refused before anything is sent, and what a crash leaves.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { parseFault } from '../../src/demo/faults/faults.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const small = ['--size', '64x64', '-s', '2'];
type Line = {
  ok: boolean;
  row: number;
  prompt: string;
  seed: string;
  sweep: unknown;
  files: { path: string }[];
  cached: boolean;
  prompt_id: string;
  error?: { code: string };
};
const objects = (out: string): Line[] => jsonLines(out) as Line[];
const byRow = (out: string): Line[] => objects(out).toSorted((a, b) => a.row - b.row);
const posts = (demo: Demo): number =>
  demo.log.filter(({ method, path }) => method === 'POST' && path.endsWith('/prompt')).length;

/** A batch of this text in the folder's file; more arguments after. */
async function batch(place: Workplace, demo: Demo, name: string, text: string, ...more: string[]) {
  await writeFile(join(place.folder, name), text);
  return place.run(['batch', name, '--host', demo.url, ...small, ...more]);
}

test.each([
  ['prompts.txt', 'a fox\n\n  an owl  \n'],
  ['rows.jsonl', '{"prompt":"a fox"}\n{"prompt":"an owl"}\n'],
  ['rows.csv', 'prompt,cfg\na fox,\nan owl,5\n'],
])('%s: a path a row, a summary at the end; without seeds each run makes new pictures', async (name, text) => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const first = await batch(place, demo, name, text);
  expect([first.code, first.out.trim().split('\n').length]).toEqual([0, 2]);
  expect(first.err).toMatch(/2 done \(of 2\); 2 files in \d/);
  const second = objects((await batch(place, demo, name, text, '--json')).out);
  expect(second.map(({ prompt }) => prompt).sort()).toEqual(['a fox', 'an owl']);
  expect(second.every(({ cached }) => !cached)).toBe(true);
  expect(await place.files()).toHaveLength(4);
});

test('rows with a seed are made once, as often as they stand in the file', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const text =
    '{"prompt":"a fox","seed":1}\n{"prompt":"a fox","seed":1}\n{"prompt":"a fox","seed":18446744073709551615}\n';
  const first = await batch(place, demo, 'a.jsonl', text, '--json');
  expect(byRow(first.out).map(({ row, seed }) => [row, seed])).toEqual([
    [1, '1'],
    [2, '1'],
    [3, '18446744073709551615'],
  ]);
  const again = await batch(place, demo, 'a.jsonl', text, '--json');
  expect([again.code, again.out]).toEqual([0, '']);
  expect(again.err).toContain('3 done before (of 3)');
  const more = await batch(
    place,
    demo,
    'b.jsonl',
    `{"prompt":"a bear","seed":1}\n${text}{"prompt":"a fox","seed":1}\n`,
    '--json',
  );
  expect(byRow(more.out).map(({ row, prompt }) => [row, prompt])).toEqual([
    [1, 'a bear'],
    [5, 'a fox'],
  ]);
  const other = await batch(place, demo, 'a.jsonl', text, '--cfg', '3');
  expect(other.out.trim().split('\n')).toHaveLength(3);
  const anew = await batch(place, demo, 'a.jsonl', text, '--no-archive');
  expect(anew.out.trim().split('\n')).toHaveLength(3);
});

test('--seed is the seed of rows that have none; a row is over a flag, a flag over the rest', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const text = '{"prompt":"a"}\n{"prompt":"b","seed":9,"steps":3}\n{"prompt":"c","seed":"random"}\n';
  const { out } = await batch(place, demo, 'a.jsonl', text, '--json', '--seed', '4');
  const lines = byRow(out) as (Line & { steps: number })[];
  expect(lines.slice(0, 2).map(({ seed, steps }) => [seed, steps])).toEqual([
    ['4', 2],
    ['9', 3],
  ]);
  expect(lines[2]?.seed).not.toBe('4');
});

describe('a sweep', () => {
  test('is a cross product, of rows too; results carry their coordinates', async () => {
    await using demo = await startDemo();
    await using place = await Workplace.create();
    const sweep = [
      '--sweep',
      'cfg=5,7',
      '--sweep',
      'checkpoint=*v1-5*,dreamshaper_8.safetensors',
      '--json',
      '--seed',
      '1',
    ];
    const { out } = await batch(place, demo, 'a.txt', 'a fox\nan owl\n', ...sweep);
    const [one, two] = ['v1-5-pruned-emaonly.ckpt', 'dreamshaper_8.safetensors'];
    const points = [one, two].flatMap((checkpoint) =>
      [1, 2].flatMap((row) => [5, 7].map((cfg) => [row, { checkpoint, cfg }])),
    );
    const ids = [...demo.history.keys()]; // in the order in which they ran
    const ran = objects(out).toSorted((a, b) => ids.indexOf(a.prompt_id) - ids.indexOf(b.prompt_id));
    expect(ran.map(({ row, sweep: at }) => [row, at])).toEqual(points);
  });
  test('works on a single prompt', async () => {
    await using demo = await startDemo();
    await using place = await Workplace.create();
    const { out } = await place.run([
      'a fox',
      '--host',
      demo.url,
      ...small,
      '--sweep',
      'steps=1..3',
      '--json',
      '--seed',
      '5',
    ]);
    expect(byRow(out).map(({ row, seed, sweep: at }) => [row, seed, at])).toEqual(
      [1, 2, 3].map((steps) => [steps, '5', { steps }]),
    );
  });
});

test('dynamic prompts are resolved from the seed, the result tells the text; without the flag they are text', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'animal.txt'), '# animals\nan owl\na fox\n');
  const text = '{"prompt":"{red|blue} __animal__","seed":7}\n';
  const options = ['--dynamic-prompts', '--wildcards', '.', '--json', '--no-archive'];
  const [first] = objects((await batch(place, demo, 'a.jsonl', text, ...options)).out);
  const [second] = objects((await batch(place, demo, 'a.jsonl', text, ...options)).out);
  expect(first?.prompt).toMatch(/^(red|blue) (an owl|a fox)$/);
  expect(second?.prompt).toBe(first?.prompt);
  const [plain] = objects((await batch(place, demo, 'a.jsonl', text, '--json', '--no-archive')).out);
  expect(plain?.prompt).toBe('{red|blue} __animal__');
  const wrong = await batch(place, demo, 'a.jsonl', '{"prompt":"{a|__plant__}","seed":1}\n', ...options);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('a.jsonl:1: no wildcard file for __plant__')]);
});

test.each([
  ['a.jsonl', '{"prompt":"a"}\n{"prompt":"b","steps":"x"}\n', 'a.jsonl:2:23: steps'],
  ['a.jsonl', '{"prompt":"a"}\n{"negative":"b"}\n', 'a.jsonl:2: neither a prompt nor a workflow'],
  ['a.jsonl', '{"prompt":"a"}\n{"prompt":"b","guidance":3}\n', 'a.jsonl:2: '],
  ['a.jsonl', '{"prompt":"a"}\n{"prompt":"b","image":["none.png"]}\n', 'a.jsonl:2: cannot read none.png'],
  ['a.jsonl', '{"prompt":"a","seed":18446744073709551615,"count":2}\n', 'goes past'],
  ['a.jsonl', '{"prompt":"a"}\n{"prompt":"b","name":"{nope}"}\n', 'a.jsonl:2: --name has no field {nope}'],
  [
    'a.jsonl',
    `{"prompt":"a","dynamicPrompts":true}\n{"prompt":"${'{'.repeat(60)}x${'}'.repeat(60)}","dynamicPrompts":true}\n`,
    'a.jsonl:2: the prompt is nested',
  ],
  ['a.txt', '\n\n', 'no rows'],
])('%s with %j is refused before anything is sent', async (name, text, message) => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const { code, err, out } = await batch(place, demo, name, text);
  expect([code, out, err]).toEqual([2, '', expect.stringContaining(message)]);
  expect(posts(demo)).toBe(0);
});

test('a row that no server can run fails alone; with a seed it waits for --retry-failed', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const text = 'prompt,checkpoint,seed\na fox,,1\nan owl,none.safetensors,2\n';
  const first = await batch(place, demo, 'a.csv', text, '--json');
  expect([first.code, objects(first.out).find(({ ok }) => !ok)]).toMatchObject([
    10,
    { row: 2, prompt: 'an owl', seed: '2', error: { code: 'validation' } },
  ]);
  const second = await batch(place, demo, 'a.csv', text, '--json');
  expect([second.code, second.out]).toEqual([10, '']);
  expect(second.err).toContain('1 failed before (--retry-failed tries them again)');
  const third = await batch(place, demo, 'a.csv', text, '--json', '--retry-failed');
  expect([third.code, objects(third.out)]).toMatchObject([10, [{ row: 2, ok: false }]]);
  expect(await place.files()).toHaveLength(1);
});

test('what failed for another reason is tried again without being told to', async () => {
  await using demo = await startDemo({ faults: [parseFault('view-status=404,times=2')] });
  await using place = await Workplace.create();
  const text = '{"prompt":"a fox","seed":1}\n{"prompt":"an owl"}\n';
  expect((await batch(place, demo, 'a.jsonl', text, '--retries', '0')).code).toBe(6);
  const { code, out } = await batch(place, demo, 'a.jsonl', text);
  expect([code, out.trim().split('\n').length]).toEqual([0, 2]);
  expect(posts(demo)).toBe(2); // the jobs were done: only their files were missing
});

test('--max-failures stops sending', async () => {
  await using demo = await startDemo({ faults: [parseFault('node-error,times=1000')] });
  await using place = await Workplace.create();
  const rows = Array.from({ length: 40 }, (_none, i) => `row ${i}\n`).join('');
  const { code, err } = await batch(place, demo, 'a.txt', rows, '--max-failures', '3');
  expect([code, err]).toEqual([5, expect.stringMatching(/[3-6] failed, 3\d not tried \(of 40\)/)]);
  expect(posts(demo)).toBeLessThan(10);
});

test('the queue holds one that runs and --ahead that wait, never more', async () => {
  await using demo = await startDemo({ stepMs: 20 });
  await using place = await Workplace.create();
  const rows = Array.from({ length: 12 }, (_none, i) => `row ${i}\n`).join('');
  const { code, out } = await batch(place, demo, 'a.txt', rows, '--events', '--ahead', '3');
  expect(code).toBe(0);
  const events = objects(out) as unknown as { type: string; row: number }[];
  let inHand = 0;
  let most = 0;
  for (const { type } of events) {
    if (type === 'submitted') most = Math.max(most, ++inHand);
    if (type === 'done') inHand--;
  }
  expect(most).toBe(4);
  const isFirst = ({ type, row }: { type: string; row: number }): boolean =>
    (type === 'started' && row === 1) || (type === 'submitted' && row === 2);
  expect(events.find(isFirst)?.type, 'a server begins its first job before it is sent the next').toBe('started');
});

test('--dry-run prints a workflow a line and sends nothing; --no-wait leaves, and the next run collects', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const dry = await batch(place, demo, 'a.txt', 'a fox\nan owl\n', '--dry-run', '--sweep', 'cfg=1,2');
  expect([dry.code, dry.out.trim().split('\n').length, posts(demo)]).toEqual([0, 4, 0]);
  const left = await batch(place, demo, 'a.txt', 'a fox\nan owl\n', '--no-wait');
  const ids = left.out.trim().split('\n');
  expect([left.code, ids.length, (await place.files()).length], left.err).toEqual([0, 2, 0]);
  const collected = await batch(place, demo, 'a.txt', 'a fox\nan owl\n', '--json');
  expect(
    objects(collected.out)
      .map((line) => line.prompt_id)
      .sort(),
  ).toEqual(ids.sort());
  expect(posts(demo)).toBe(2);
});

test('a second batch in the same folder is refused while the first runs', async () => {
  await using demo = await startDemo({ stepMs: 60_000 });
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'a.txt'), 'a fox\n');
  const first = place.launch(['batch', 'a.txt', '--host', demo.url, ...small]);
  await first.said(/running/);
  const second = await batch(place, demo, 'b.txt', 'an owl\n');
  expect([second.code, second.err]).toEqual([2, expect.stringContaining('works on this archive already')]);
  first.signal('SIGINT');
  expect((await first.done).code).toBe(130);
});

test('Ctrl-C cancels what is on the server, says so once, and the same command goes on', async () => {
  await using demo = await startDemo({ stepMs: 100 });
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'a.txt'), 'one\ntwo\nthree\nfour\n');
  const args = ['batch', 'a.txt', '--host', demo.url, ...small];
  const first = place.launch(args);
  await first.said(/\[1\] done/);
  first.signal('SIGINT');
  const { code, err } = await first.done;
  expect([code, err.match(/error: cancelled by Ctrl-C/g)?.length]).toEqual([130, 1]);
  const queue = (await (await fetch(`${demo.url}/queue`)).json()) as Record<string, unknown[]>;
  expect([queue['queue_running'], queue['queue_pending']]).toEqual([[], []]);
  expect((await place.run(args)).code).toBe(0);
  expect(await place.files()).toHaveLength(4);
});

test('kill -9, then resume, then batch again: nothing twice', async () => {
  await using demo = await startDemo({ stepMs: 30 });
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'a.txt'), 'one\ntwo\nthree\nfour\nfive\n');
  const args = ['batch', 'a.txt', '--host', demo.url, ...small];
  const first = place.start(args);
  await first.said(/\[2\] done/);
  first.kill();
  await first.done;
  expect((await place.run(['resume', '--host', demo.url])).code).toBe(0);
  expect((await place.run(args)).code).toBe(0);
  const prompts = await Promise.all(
    (await place.files()).map(
      async (name) =>
        /"text":\s*"(one|two|three|four|five)"/.exec(await readFile(join(place.folder, 'images', name), 'latin1'))?.[1],
    ),
  );
  expect(prompts.sort()).toEqual(['five', 'four', 'one', 'three', 'two']);
});

test('a row may run a workflow file: prompt and seed of its own, dynamic prompts too; edited, it is made anew', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const graph = (await place.run(['the file itself', '--dry-run', '--host', demo.url, ...small, '--seed', '3'])).out;
  await writeFile(join(place.folder, 'graph.json'), graph);
  const text = [
    '{"workflow":"graph.json","prompt":"a {red|red} fox","seed":18446744073709551615}',
    '{"workflow":"graph.json","steps":4,"seed":5}',
    '{"workflow":"graph.json"}',
  ].join('\n');
  const args = ['--json', '--dynamic-prompts'];
  const { code, out } = await batch(place, demo, 'a.jsonl', text, ...args);
  expect(code).toBe(0);
  const [first, second, third] = byRow(out) as (Line & { steps: number })[];
  expect(first).toMatchObject({ prompt: 'a red fox', seed: '18446744073709551615', steps: 2 });
  expect(second).toMatchObject({ prompt: 'the file itself', seed: '5', steps: 4 });
  expect(third).toMatchObject({ prompt: 'the file itself', cached: false });
  expect(third?.seed).not.toBe('3');
  expect(byRow((await batch(place, demo, 'a.jsonl', text, ...args)).out).map(({ row }) => row)).toEqual([3]);
  await writeFile(join(place.folder, 'graph.json'), graph.replace('the file itself', 'edited'));
  expect(byRow((await batch(place, demo, 'a.jsonl', text, ...args)).out).map(({ row }) => row)).toEqual([1, 2, 3]);
  const wrong = await batch(place, demo, 'b.jsonl', '{"workflow":"none.json"}');
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('b.jsonl:1: cannot read none.json')]);
});

test('workflow rows: a place for prompt or seed that the graph lacks is found before anything is sent; sweeps reach them', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const empty = { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 0 } };
  const save = { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'E' } };
  await writeFile(join(place.folder, 'e.json'), JSON.stringify({ 1: empty, 2: save }));
  await writeFile(join(place.folder, 'a.jsonl'), '{"workflow":"e.json"}\n{"workflow":"e.json","seed":5}\n');
  const wrong = await place.run(['batch', 'a.jsonl', '--host', demo.url]);
  expect([wrong.code, wrong.err, posts(demo)]).toEqual([2, expect.stringContaining('a.jsonl:2: --seed'), 0]);
  const graph = (await place.run(['a fox', '--dry-run', '--host', demo.url, ...small])).out;
  await writeFile(join(place.folder, 'graph.json'), graph);
  const { code, out } = await batch(
    place,
    demo,
    'b.jsonl',
    '{"workflow":"graph.json"}',
    '--sweep',
    'cfg=1,2',
    '--json',
  );
  expect([
    code,
    objects(out)
      .map(({ sweep }) => sweep)
      .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
  ]).toEqual([0, [{ cfg: 1 }, { cfg: 2 }]]);
});

test('--no-wait: rows that failed before still count', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const text = '{"prompt":"a","checkpoint":"none.safetensors","seed":1}\n';
  expect((await batch(place, demo, 'a.jsonl', text)).code).toBe(4);
  expect((await batch(place, demo, 'a.jsonl', text, '--no-wait')).code).toBe(4);
});

test('an archive whose seed is no number is no bug of ours: the row goes on', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  await batch(place, demo, 'a.txt', 'a fox\n', '--no-wait');
  const archive = join(place.folder, 'images/output/.comfy-gen-archive.jsonl');
  await writeFile(archive, (await readFile(archive, 'utf8')).replaceAll(/"seed":"\d+"/g, '"seed":"abc"'));
  expect((await batch(place, demo, 'a.txt', 'a fox\n')).code).toBe(0);
  expect(posts(demo)).toBe(1);
});

test('a second Ctrl-C leaves before anything is written down: the same command makes those rows all the same', async () => {
  await using demo = await startDemo({ stepMs: 300 });
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'a.jsonl'), '{"prompt":"one","seed":1}\n{"prompt":"two","seed":2}\n');
  const args = ['batch', 'a.jsonl', '--host', demo.url, '--size', '64x64', '-s', '4'];
  const first = place.start(args);
  await first.said(/running/);
  first.signal('SIGINT');
  while (![...demo.history.values()].some((entry) => JSON.stringify(entry).includes('execution_interrupted')))
    await new Promise((resolve) => setTimeout(resolve, 2));
  first.kill(); // as a second Ctrl-C at that moment
  await first.done;
  expect((await place.run(args)).code).toBe(0);
  expect(await place.files()).toHaveLength(2);
});

test('a sweep beyond all measure is refused; Ctrl-C ends the check of a long one', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const seeds = (count: number): string[] => ['--sweep', `seed=1..${count}`];
  const beyond = [...seeds(1_000_000), '--sweep', 'cfg=0..100:0.1'];
  const { code, err } = await batch(place, demo, 'a.jsonl', '{"prompt":"a"}\n', ...beyond);
  expect([code, err]).toEqual([2, expect.stringContaining('1001000000 jobs are more than')]);
  const long = place.launch(['batch', 'a.jsonl', '--host', demo.url, ...small, ...seeds(100_000)]);
  await long.said(/demo server/); // met: now all of them are checked
  long.signal('SIGINT');
  expect((await long.done).code).toBe(130);
  expect(posts(demo)).toBe(0);
});

(process.platform === 'linux' ? test : test.skip)(
  'a state folder that cannot be made costs the journal, not the job',
  async () => {
    await using demo = await startDemo();
    await using place = await Workplace.create();
    const { code, err } = await place.run(['a fox', '--host', demo.url, ...small], {
      env: { XDG_STATE_HOME: '/proc/none' },
    });
    expect([code, err]).toEqual([0, expect.stringContaining('the journal is not kept')]);
  },
);

test.each([['batch'], ['generate'], ['run']])('%s: --timeout ends the wait for standard input', async (command) => {
  await using place = await Workplace.create();
  expect((await place.run([command, '-', '--timeout', '1s'], { input: null })).code).toBe(7);
});
