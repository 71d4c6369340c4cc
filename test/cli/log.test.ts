// log: what was made of what, of this machine's journal.
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';

const small = ['--size', '64x64', '-s', '4', 'a lighthouse'];

test('log shows what was made of what; words choose', async () => {
  await using server = await startDemo();
  await using broken = await startDemo({ faults: [parseFault('node-error')] });
  await using place = await Workplace.create();
  await place.run(['--host', server.url, '--seed', '18446744073709551615', ...small]);
  await place.run(['--host', broken.url, ...small.slice(0, -1), 'a harbour']);
  const runs = (await place.run(['log', '--json'])).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(runs).toMatchObject([
    {
      state: 'saved',
      prompt: 'a lighthouse',
      seed: '18446744073709551615',
      recipe: 'sd15',
      files: [{ type: 'output' }],
      error: null,
    },
    { state: 'failed', prompt: 'a harbour', files: [], error: { code: 'execution' } },
  ]);
  const { out } = await place.run(['log', 'harbour']);
  expect(out).toContain('a harbour');
  expect(out).not.toContain('a lighthouse');
});

test('a sweep can be read: in the line of each result, in names, in log', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const args = [
    '--host',
    server.url,
    '--size',
    '64x64',
    '--seed',
    '7',
    'a fox',
    '--sweep',
    'cfg=4,9.5',
    '--sweep',
    'steps=1',
  ];
  const { err, out } = await place.run(args);
  // on a busy machine one waits for more than a second, and that is said too
  expect(err).toMatch(/^\[1\] done: 1 file in [\d.]+ s(?: \(waited \S+ s\))?, seed 7, cfg 4, steps 1$/m);
  expect(err).toMatch(/^\[2\] done: 1 file in [\d.]+ s(?: \(waited \S+ s\))?, seed 7, cfg 9\.5, steps 1$/m);
  expect(
    out
      .trim()
      .split('\n')
      .map((path) => /_(ComfyUI_.*)\.png$/.exec(path)?.[1])
      .toSorted(), // they come in order of completion
  ).toEqual(['ComfyUI_00001_cfg4_steps1', 'ComfyUI_00002_cfg9.5_steps1']);
  expect((await place.run(['log', 'cfg', '9.5'])).out).toMatch(
    /seed 7 .*cfg 9\.5, steps 1 .*a fox.*\n.*_cfg9\.5_steps1\.png\n$/,
  );
  expect((await place.run(['log', 'cfg 4,'])).out).not.toContain('cfg9.5');

  const name = '{cfg}-{steps}-{sampler}-{scheduler}-{lora}-{sweep}';
  await place.run([...args.slice(0, -2), '--name', name, '-o', 'named']);
  expect(await place.files('named')).toEqual([
    '4-25-euler-normal-none-cfg4.png',
    '9.5-25-euler-normal-none-cfg9.5.png',
  ]);
});

test('a number is looked for as a whole, and not in times of day', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const name = ['--name', '20260404_040404_{sweep}'];
  const made = await place.run(['--host', server.url, ...small, '--seed', '74', '--sweep', 'cfg=4,9.5', ...name]);
  expect(made.code).toBe(0);
  const cfgs = async (...words: string[]): Promise<unknown[]> => {
    const found = jsonLines((await place.run(['log', '--json', ...words])).out);
    return found.map(({ prompt_id, cfg }) => cfg ?? prompt_id);
  };
  expect(await cfgs('cfg', '4')).toEqual([4]);
  expect(await cfgs('9.5')).toEqual([9.5]);
  expect(await cfgs('74')).toHaveLength(2);
  expect(await cfgs('20260404')).toHaveLength(2);
  expect(await cfgs('9')).toEqual([]);
});

test('log -n shows the newest, --since those of a stretch of time', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  for (const prompt of ['a fox', 'an owl', 'a cat'])
    await place.run(['--host', server.url, ...small.slice(0, -1), prompt]);
  const prompts = async (...args: string[]): Promise<unknown[]> => {
    const { code, out, err } = await place.run(['log', '--json', ...args]);
    expect(code, err).toBe(0);
    return jsonLines(out).map(({ prompt }) => prompt);
  };
  expect(await prompts('-n', '2')).toEqual(['an owl', 'a cat']);
  expect(await prompts('-n', '1', 'a fox')).toEqual(['a fox']);
  expect(await prompts('--since', '1h')).toHaveLength(3);
  expect(await prompts('--since', '2000-01-01')).toHaveLength(3);
  expect(await prompts('--since', '2999-01-01 12:00')).toEqual([]);
  const bad = await place.run(['log', '--since', 'yesterday']);
  expect([bad.code, bad.err]).toEqual([2, expect.stringContaining('a duration like 2h or 3d')]);
});
