// --no-wait and resume: what was sent is found again, saved once, and never cancelled.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { readMetadata } from '../../src/media/metadata.ts';
import { Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const small = ['--size', '64x64', '-s', '4', 'a lighthouse'];

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

test("resume and attach name a swept job's files as its own command would have, and a row's by its own name", async () => {
  await using server = await startDemo();
  await using place = await Workplace.create({ 'rows.jsonl': '{"prompt":"a","seed":1,"name":"{seed}-{row}"}\n' });
  const at = ['--size', '64x64', '-s', '2', '--host', server.url, '--no-wait'];
  const left = await place.run(['a lighthouse', '--sweep', 'cfg=4,5', ...at]);
  const [first = ''] = left.out.split('\n');
  expect((await place.run(['batch', 'rows.jsonl', ...at])).code).toBe(0);
  expect((await place.run(['resume'])).code).toBe(0);
  const endings = (await place.files()).map((name) => name.replace(/.*(?=_cfg)/, '')).sort(); // the two may be saved in either order
  expect(endings).toEqual(['_cfg4.png', '_cfg5.png', 'output/1-1.png']);
  expect((await place.run(['attach', first])).out).toMatch(/_cfg4(-2)?\.png\n$/);
});
