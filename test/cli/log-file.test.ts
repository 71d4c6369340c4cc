// Errors with their stack under -v and in --log-file, secrets taken out; without -v only what happened and what to do.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';

type Line = { readonly level: string; readonly message: string; readonly stack?: string };

async function logOf(place: Workplace): Promise<Line[]> {
  const text = await readFile(join(place.folder, 'run.log'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

const small = ['--size', '64x64', '-s', '2', '--log-file', 'run.log', 'x'];

test("a failed job: the server's traceback in the log file, on the terminal only under -v", async () => {
  await using demo = await startDemo({ faults: [parseFault('node-error=KSampler,times=2')] });
  await using place = await Workplace.create();
  const quiet = await place.run(['--host', demo.url, ...small]);
  expect(quiet.code).toBe(5);
  expect(quiet.err).not.toMatch(/^\s+at /m);
  const loud = await place.run(['--host', demo.url, '-v', ...small]);
  expect(loud.err).toMatch(/^ComfyGenError: .*\n\s+at /m);
  const errors = (await logOf(place)).filter((line) => line.level === 'error');
  expect(errors).toHaveLength(2);
  for (const { stack } of errors) expect(stack).toContain('caused by: ');
  expect((await stat(join(place.folder, 'run.log'))).mode & 0o777).toBe(0o600);
});

test('a failure before any job is logged too, and no secret with it', async () => {
  await using demo = await startDemo({ faults: [parseFault('any-status=401')] });
  await using place = await Workplace.create();
  const secret = 'hush-hush-4711';
  const env = { COMFY_GEN_TOKEN: secret };
  const { code, err } = await place.run(['--host', demo.url, '-v', '--header', `X-Also: ${secret}`, ...small], { env });
  expect(code).toBe(9);
  const lines = await logOf(place);
  expect(lines.filter((line) => line.level === 'error')).toMatchObject([
    { stack: expect.stringContaining('ComfyGenError') as string },
  ]);
  expect(err + JSON.stringify(lines)).not.toContain(secret);
});

test('nodes and steps are in the log file and among the events, also where none of them is drawn', async () => {
  await using demo = await startDemo({ stepMs: 1, loadMs: 0 });
  await using place = await Workplace.create();
  expect((await place.run(['--host', demo.url, '-q', ...small])).code).toBe(0);
  const messages = (await logOf(place)).map(({ message }) => message);
  expect(messages).toEqual(expect.arrayContaining([expect.stringMatching(/^node \S+: 2\/2$/)]));
  expect(messages).toEqual(expect.arrayContaining([expect.stringMatching(/^node \S+ \(.*\) finished$/)]));
  const { out } = await place.run(['--host', demo.url, '-q', '--events', '--size', '64x64', '-s', '2', 'y']);
  for (const type of ['node', 'progress']) expect(out).toContain(`"type":"${type}"`);
});
