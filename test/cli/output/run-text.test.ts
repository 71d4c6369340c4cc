// What a run says on standard error: the prompt beside the id, running apart from waiting, what was cancelled, a summary.
import { expect } from 'vitest';
import { doneText, durationText } from '../../../src/cli/output/plain.ts';
import { startDemo } from '../../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../../helpers/cli.ts';
import { test } from '../../helpers/concurrent.ts';
import type { JobResult } from '../../../src/jobs/job.ts';

const small = ['--size', '64x64', '-s', '1', '--seed', '7'];
const long = ['--size', '64x64', '-s', '5000'];

test('the prompt stands beside the id: one harmless line, cut short', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const said = async (prompt: string): Promise<string | undefined> =>
    /^submitted (.*)$/m.exec((await place.run(['--host', server.url, ...small, prompt])).err)?.[1]?.slice(36);
  expect(await said('a lighthouse at dusk')).toBe(` to ${server.url}: "a lighthouse at dusk"`);
  expect(await said('a\n\u001b[31mred\u001b[0m \t fox')).toBe(` to ${server.url}: "a red fox"`);
  expect(await said('🦊'.repeat(61))).toBe(` to ${server.url}: "${'🦊'.repeat(59)}…"`);
  expect(await said('x'.repeat(60))).toBe(` to ${server.url}: "${'x'.repeat(60)}"`);
});

test('a graph without a prompt shows none', async () => {
  await using server = await startDemo();
  const save = { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'x' } };
  const empty = { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 0 } };
  await using place = await Workplace.create({ 'w.json': JSON.stringify({ 1: empty, 2: save }) });
  const { code, err } = await place.run(['run', 'w.json', '--host', server.url]);
  expect([code, /^submitted \S+ (.*)$/m.exec(err)?.[1]], err).toEqual([0, `to ${server.url}`]);
});

test('several jobs end with a summary that names their seeds and prompts; JSON stays alone on standard output', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const { err, out } = await place.run(['--json', '--host', server.url, ...small, '--count', '3', 'a cat']);
  expect(err.trimEnd().split('\n').at(-1)).toMatch(/^3 done \(of 3\); 3 files in [\d.]+ s; seeds 7-9; "a cat"$/);
  expect(jsonLines(out)).toHaveLength(3);
  const quiet = await place.run(['-q', '--host', server.url, ...small, '--count', '2', 'a dog']);
  expect(quiet.err).toBe('');
  const left = await place.run(['--no-wait', '--host', server.url, ...small, '--count', '2', 'an owl']);
  expect(left.err).not.toContain('(of 2)');
});

test('of many different prompts the summary names two', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create({ 'p.txt': 'a cat\na dog\na cat\n', 'q.txt': 'a\nb\nc\nd\n' });
  const summary = async (file: string): Promise<string | undefined> =>
    (await place.run(['batch', file, '--host', server.url, ...small])).err.trimEnd().split('; ').at(-1);
  expect(await summary('p.txt')).toMatch(/^"(a cat", "a dog|a dog", "a cat)"$/);
  expect(await summary('q.txt')).toMatch(/^"[a-d]", "[a-d]", …$/);
});

test('resume ends with one summary over all servers, and its rows count on', async () => {
  await using one = await startDemo();
  await using two = await startDemo();
  await using place = await Workplace.create();
  for (const [{ url }, seed] of [
    [one, '7'],
    [one, '8'],
    [two, '9'],
  ] as const)
    await place.run(['--no-wait', '--host', url, ...small.slice(0, -1), seed, 'a cat']);
  const { code, out, err } = await place.run(['resume']);
  expect([code, out.trim().split('\n').length], err).toEqual([0, 3]);
  expect(err.match(/^\[\d\] done/gm)?.toSorted()).toEqual(['[1] done', '[2] done', '[3] done']);
  expect(err.trimEnd().split('\n').at(-1)).toMatch(/^3 done \(of 3\); 3 files in [\d.]+ s; seeds 7-9; "a cat"$/);
});

test('resume counts a job that its server knows no more as failed', async () => {
  await using place = await Workplace.create();
  await using kept = await startDemo();
  {
    await using gone = await startDemo();
    for (const { url } of [gone, kept]) await place.run(['--no-wait', '--host', url, ...small, 'a cat']);
  }
  const { code, err } = await place.run(['resume', '--retries', '0']);
  expect(code, err).toBe(10);
  expect(err).toMatch(/^1 done, 1 failed \(of 2\); 1 file in [\d.]+ s; seed 7; "a cat"$/m);
});

test('a cancelled job says that it is off the server, and events do not change', async () => {
  await using server = await startDemo({ stepMs: 20 });
  await using place = await Workplace.create();
  const { said, signal, done } = place.launch(['--events', '--host', server.url, ...long, '--count', '2', 'a cat']);
  await said(/^\[2\] submitted /m); // the first runs by then
  signal('SIGINT');
  const { code, err, out } = await done;
  expect([code, err.match(/^\[\d\] cancelled, and taken off the server$/gm)?.toSorted()], err).toEqual([
    130,
    ['[1] cancelled, and taken off the server', '[2] cancelled, and taken off the server'],
  ]);
  expect(err).toMatch(/^0 done, 2 cancelled \(of 2\); 0 files in [\d.]+ s$/m);
  const failed = jsonLines(out).filter(({ type }) => type === 'failed');
  expect(failed.map((event) => Object.keys(event).toSorted())).toEqual(
    failed.map(() => ['at', 'prompt_id', 'result', 'row', 'type', 'v']),
  );
});

test('the time of a job is its running; waiting is told apart from a second on', () => {
  const result = { files: [{}], seed: '7', sweep: null };
  const text = (queued: number, running: number): string =>
    doneText({
      ...result,
      timings_ms: { queued, running, downloading: 5, total: queued + running + 5 },
    } as unknown as JobResult);
  expect(text(40_000, 12_300)).toBe('done: 1 file in 12.3 s (waited 40 s), seed 7');
  expect(text(1000, 300)).toBe('done: 1 file in 0.3 s (waited 1.0 s), seed 7');
  expect(text(999, 300)).toBe('done: 1 file in 0.3 s, seed 7');
  expect(text(2000, 0)).toBe('done: 1 file in 2.0 s, seed 7'); // its start was not seen
});

test.each([
  [800, '0.8 s'],
  [9960, '10 s'],
  [99_400, '99 s'],
  [99_500, '2 min'],
  [6_000_000, '1 h 40 min'],
])('%i ms: %s', (ms, text) => expect(durationText(ms)).toBe(text));
