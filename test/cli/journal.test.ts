// --no-wait, resume, attach and log: what was sent is found again, saved once, and never cancelled.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { readMetadata } from '../../src/media/metadata.ts';
import { Workplace } from '../helpers/cli.ts';

const small = ['--size', '64x64', '-s', '4', 'a lighthouse'];
const journalOf = (place: Workplace): string => join(place.folder, 'state/comfy-gen/journal.jsonl');

test('a job that was left is collected once, without naming the server', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const left = await place.run(['--no-wait', '--host', server.url, '--seed', '7', '-o', 'pictures', ...small]);
  expect(left.out).toMatch(/^[0-9a-f-]{36}\n$/);
  const resumed = await place.run(['resume', '--json']);
  expect(resumed.code).toBe(0);
  const result = JSON.parse(resumed.out) as { files: { path: string }[] };
  expect(result).toMatchObject({
    ok: true,
    prompt_id: left.out.trim(),
    seed: '7',
    prompt: 'a lighthouse',
    recipe: 'sd15',
  });
  expect(result.files[0]?.path).toMatch(/^pictures\//);
  const again = await place.run(['resume']);
  expect([again.code, again.out]).toEqual([0, '']);
  expect(await place.files('pictures')).toHaveLength(1);
});

test('a job whose process was killed is collected; what it saved is not saved again', async () => {
  await using server = await startDemo({ stepMs: 100 });
  await using place = await Workplace.create();
  const run = place.start(['--host', server.url, '--size', '64x64', '-s', '30', 'a lighthouse']);
  await run.said(/running/);
  run.kill();
  await run.done;
  const { code, out } = await place.run(['resume']);
  expect(code).toBe(0);
  expect(await place.files()).toEqual([out.trim().replace('images/', '')]);
  expect(server.log.filter((r) => r.method === 'POST' && r.path.includes('prompt'))).toHaveLength(1);
});

test('a job that another run is watching is left to it', async () => {
  await using server = await startDemo({ stepMs: 150 });
  await using place = await Workplace.create();
  const other = place.start(['--host', server.url, '--size', '64x64', '-s', '30', 'a lighthouse']);
  await other.said(/running/);
  const resumed = await place.run(['resume']);
  expect([resumed.code, resumed.out]).toEqual([0, '']);
  expect(resumed.err).toContain('watched by another run');
  expect((await other.done).code).toBe(0);
});

test('a file that could not be saved is collected later', async () => {
  await using server = await startDemo({ faults: [parseFault('view-status=500,times=1')] });
  await using place = await Workplace.create();
  const first = await place.run(['--host', server.url, '--retries', '0', ...small]);
  expect(first.code).toBe(6);
  expect((await place.run(['resume'])).code).toBe(0);
  expect(await place.files()).toHaveLength(1);
});

test('resume leaves the job alone on Ctrl-C, and collects it the next time', async () => {
  await using server = await startDemo({ stepMs: 100 });
  await using place = await Workplace.create();
  await place.run(['--no-wait', '--host', server.url, '--size', '64x64', '-s', '60', 'a lighthouse']);
  const resumed = place.launch(['resume']);
  await resumed.said(/running/);
  resumed.signal('SIGINT');
  expect((await resumed.done).code).toBe(130);
  expect(server.log.filter((r) => /cancel|interrupt/.test(r.path))).toEqual([]);
  expect((await place.run(['resume'])).code).toBe(0);
  expect(await place.files()).toHaveLength(1);
});

test('a job that a restart of the server took is said to be lost, once', async () => {
  await using place = await Workplace.create();
  let port: number;
  {
    await using server = await startDemo();
    port = server.port;
    await place.run(['--no-wait', '--host', server.url, ...small]);
  }
  expect((await place.run(['resume'])).code).toBe(3);
  await using again = await startDemo({ port });
  expect(again.port).toBe(port);
  const lost = await place.run(['resume', '--json']);
  expect(lost.code).toBe(5);
  expect(JSON.parse(lost.out)).toMatchObject({ ok: false, error: { reason: 'job_lost' } });
  expect((await place.run(['resume'])).code).toBe(0);
});

test('attach finds the server in the journal; it saves again what was saved', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const done = JSON.parse((await place.run(['--json', '--host', server.url, ...small])).out) as { prompt_id: string };
  const { code, out } = await place.run(['attach', done.prompt_id]);
  expect(code).toBe(0);
  expect(out).toMatch(/\.png\n$/);
  expect(await place.files()).toHaveLength(2);
});

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

test("the journal is its owner's only and holds no secrets; --no-journal keeps none", async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const host = server.url.replace('http://', 'http://me:secret@');
  await place.run(['--no-journal', '--host', host, ...small]);
  await expect(stat(journalOf(place))).rejects.toThrow('ENOENT');
  await place.run(['--host', host, '--header', 'x-key: hidden', ...small], { env: { COMFY_GEN_TOKEN: 'token-token' } });
  expect((await stat(journalOf(place))).mode & 0o777).toBe(0o600);
  expect(await readFile(journalOf(place), 'utf8')).not.toMatch(/secret|hidden|token-token/);
});

test('resume treats files as their own command would have: --strip-metadata, the name', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const args = ['a lighthouse', '--size', '64x64', '-s', '2', '--host', server.url];
  await place.run([...args, '--no-wait', '--strip-metadata', '--name', 'bare']);
  expect((await place.run(['resume'])).out).toBe('images/output/bare.png\n');
  await place.run([...args, '--no-wait', '--seed', '5', '--name', 'whole']);
  await place.run(['resume']);
  const prompts = async (name: string): Promise<boolean> =>
    readMetadata(await readFile(join(place.folder, 'images/output', name))).texts.has('prompt');
  expect([await prompts('bare.png'), await prompts('whole.png')]).toEqual([false, true]);
});
