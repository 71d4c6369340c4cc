// Every row of the exit-code table against the demo server. One test a code plays the built command as a process in any case.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseFault, startDemo, type Demo } from '../../src/demo/demo.ts';
import { toComfyGenError } from '../../src/errors.ts';
import { Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const small = ['--size', '64x64', '-s', '4', '--retries', '1', 'a lighthouse'];
const demo = (...faults: string[]): Promise<Demo> => startDemo({ stepMs: 2, faults: faults.map(parseFault) });

test('0: the picture is on disk, its path on standard output', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const { code, out } = await place.spawn(['--host', server.url, ...small]);
  expect(code).toBe(0);
  expect(out).toMatch(/^images\/output\/\d{8}_\d{6}_ComfyUI_00001_\.png\n$/);
  expect(await place.files()).toEqual([out.trim().replace('images/', '')]);
});

test.each([
  ['an unknown option', ['--stepz', '3', 'x'], 'did you mean --steps?'],
  ['a value out of bounds', ['--steps', '0', 'x'], '--steps'],
  ['an exponent', ['--cfg', '1e1', 'x'], '--cfg'],
  ['no prompt', [], 'no prompt'],
  ['both -p and words', ['-p', 'a', 'b'], '-p'],
  ['an unknown profile', ['--profile', 'nowhere', 'x'], 'nowhere'],
  ['a variable that is not set', ['--token-env', 'NO_SUCH_TOKEN', 'x'], 'NO_SUCH_TOKEN'],
  ['an unknown recipe', ['--recipe', 'sd16', 'x'], 'sd16'],
  ['a name template with an unknown field', ['--name', '{colour}', 'x'], '{colour}'],
])('2: %s', async (_what, args, said) => {
  await using server = await demo();
  await using place = await Workplace.create();
  const { code, err } = await place.run(['--host', server.url, ...args]);
  expect(code).toBe(2);
  expect(err).toContain(said);
  expect(server.log.filter((r) => r.method === 'POST')).toEqual([]);
});

test('2: with --json even a usage error prints its object', async () => {
  await using place = await Workplace.create();
  const { code, out } = await place.spawn(['--json', '--steps', '0', 'x']);
  expect(code).toBe(2);
  expect(JSON.parse(out)).toMatchObject({ ok: false, files: [], error: { code: 'usage', exit_code: 2 } });
});

test.each([
  ['the environment', { COMFY_GEN_JSON: 'yes' }, {}, ['--steps', '0'], true],
  ['a config file', {}, { json: true }, ['--steps', '0'], true],
  ['a config file, at an unknown option', {}, { json: true }, ['--stepz', '3'], true],
  ['a profile', {}, { profiles: { ci: { json: true } } }, ['--profile', 'ci', '--steps', '0'], true],
  ['a config file beside an unknown profile', {}, { json: true }, ['--profile', 'nowhere'], true],
  ['the environment, which a flag contradicts', { COMFY_GEN_JSON: '1' }, {}, ['--no-json', '--steps', '0'], false],
  ['a config file that is not read', {}, { json: true }, ['--no-config', '--steps', '0'], false],
])('2: a usage error prints its object where json is set by %s', async (_where, env, config, args, prints) => {
  await using place = await Workplace.create();
  await writeFile(join(place.folder, '.comfyrc'), JSON.stringify(config));
  const { code, out } = await place.run([...args, 'x'], { env });
  expect(code).toBe(2);
  expect(out.startsWith('{"ok":false,')).toBe(prints);
});

test('2: a port that is taken', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  expect((await place.run(['serve', '--port', String(server.port)])).code).toBe(2);
});

test('3: nobody listens', async () => {
  await using place = await Workplace.create();
  const { code, err } = await place.spawn(['--host', '127.0.0.1:9', 'x']);
  expect(code).toBe(3);
  expect(err).toContain('refused the connection');
});

test('3: something answers that is no ComfyUI', async () => {
  await using server = await demo('system-stats-status=404,times=9');
  await using place = await Workplace.create();
  const { code, err } = await place.run(['--host', server.url, 'x']);
  expect(code).toBe(3);
  expect(err).toContain('not as ComfyUI');
});

test('3: https:// for a server without TLS is told as such', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const { code, err } = await place.run(['--host', server.url.replace('http:', 'https:'), '--retries', '0', 'a cat']);
  expect(code).toBe(3);
  expect(err).toContain('speaks no TLS');
  expect(err).toContain('hint: write http:// instead of https://');
});

test('3: the server goes away and does not come back', async () => {
  await using server = await demo('gone,step=2');
  await using place = await Workplace.create();
  expect((await place.run(['--host', server.url, ...small])).code).toBe(3);
});

test('4: a checkpoint that is absent names the closest', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const { code, err } = await place.spawn(['--host', server.url, '-c', 'v1-5-prunedemaonly.ckpt', 'x']);
  expect(code).toBe(4);
  expect(err).toContain('error: --checkpoint names v1-5-prunedemaonly.ckpt, which the server does not have');
  expect(err).toContain('hint: it has v1-5-pruned-emaonly.ckpt\n');
});

test('4: 200 with node_errors is a refusal, and the job is removed again', async () => {
  await using server = await demo('prompt-node-errors');
  await using place = await Workplace.create();
  expect((await place.run(['--host', server.url, ...small])).code).toBe(4);
  expect(server.log.some((r) => r.path.includes('/cancel') || r.path.endsWith('/queue'))).toBe(true);
});

test('4: a request that is too large', async () => {
  await using server = await demo('prompt-status=413');
  await using place = await Workplace.create();
  expect((await place.run(['--host', server.url, ...small])).code).toBe(4);
});

test('5: a node fails', async () => {
  await using server = await demo('node-error=KSampler');
  await using place = await Workplace.create();
  const { code, err } = await place.spawn(['--host', server.url, ...small]);
  expect(code).toBe(5);
  expect(err).toContain('KSampler');
});

test('5: a job that stalls is cancelled', async () => {
  await using server = await demo('worker-dead');
  await using place = await Workplace.create();
  const { code, out } = await place.run(['--host', server.url, '--stall-timeout', '300ms', '--json', ...small]);
  expect(code).toBe(5);
  expect(JSON.parse(out)).toMatchObject({ error: { reason: 'job_stalled' } });
  expect(server.log.some((r) => r.path.includes('/cancel'))).toBe(true);
});

test('6: the file cannot be downloaded', async () => {
  await using server = await demo('view-cut,times=9');
  await using place = await Workplace.create();
  const { code } = await place.spawn(['--host', server.url, ...small]);
  expect(code).toBe(6);
  expect(await place.files()).toEqual([]);
});

test('6: an output folder that cannot be written is found before sending', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'taken'), '');
  const { code } = await place.run(['--host', server.url, '-o', 'taken/inside', ...small]);
  expect(code).toBe(6);
  expect(server.log.filter((r) => r.method === 'POST')).toEqual([]);
});

test('7: --timeout cancels our job', async () => {
  await using server = await startDemo({ stepMs: 200 });
  await using place = await Workplace.create();
  const endless = ['--host', server.url, '--size', '64x64', '-s', '5000', 'x'];
  // a busy machine may need longer than that until the job is sent
  for (let seconds = 2; server.queued() === 0; seconds *= 2)
    expect((await place.spawn(['--timeout', `${seconds}s`, ...endless])).code).toBe(7);
  expect(server.log.some((r) => r.path.includes('/cancel'))).toBe(true);
});

test('8: somebody else interrupts the job', async () => {
  await using server = await demo('interrupted,step=2');
  await using place = await Workplace.create();
  expect((await place.spawn(['--host', server.url, ...small])).code).toBe(8);
});

test('8: somebody else deletes the waiting job', async () => {
  await using server = await demo('deleted');
  await using place = await Workplace.create();
  expect((await place.run(['--host', server.url, ...small])).code).toBe(8);
});

test.each([401, 402, 403, 429])('9: %i', async (status) => {
  await using server = await demo(`prompt-status=${status},retry-after=0`);
  await using place = await Workplace.create();
  const how = status === 401 ? 'spawn' : 'run';
  expect((await place[how](['--host', server.url, ...small])).code).toBe(9);
});

test('10: some of several jobs failed', async () => {
  await using server = await demo('node-error=KSampler,times=1');
  await using place = await Workplace.create();
  const { code, out } = await place.spawn(['--host', server.url, '--count', '3', ...small]);
  expect(code).toBe(10);
  expect(out.trim().split('\n')).toHaveLength(2);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s cancels our job: %i', async (signal, expected) => {
  await using server = await startDemo({ stepMs: 100 });
  await using place = await Workplace.create();
  const run = place.start(['--host', server.url, '--size', '64x64', '-s', '500', 'x']);
  await run.said(/running/);
  run.signal(signal);
  expect((await run.done).code).toBe(expected);
  expect(server.log.some((r) => r.path.includes('/cancel'))).toBe(true);
});

test('129: the terminal closed, the job goes on', async () => {
  await using server = await startDemo({ stepMs: 100 });
  await using place = await Workplace.create();
  const run = place.start(['--host', server.url, '--json', '--size', '64x64', '-s', '500', 'x']);
  await run.said(/running/);
  run.signal('SIGHUP');
  const { code, out } = await run.done;
  expect(code).toBe(129);
  expect(out).toBe('');
  expect(server.log.some((r) => r.path.includes('/cancel'))).toBe(false);
});

test('141: a closed pipe ends us quietly', async () => {
  await using server = await startDemo({ stepMs: 20 });
  await using place = await Workplace.create();
  const run = place.start(['--host', server.url, '--events', '--size', '64x64', '-s', '50', 'x']);
  run.hangUp();
  const { code, err } = await run.done;
  expect(code).toBe(141);
  expect(err).not.toContain('error');
});

test('0: serve ended by a signal', async () => {
  await using place = await Workplace.create();
  const run = place.start(['serve', '--port', '0']);
  await run.said(/http:/);
  run.signal('SIGTERM');
  expect((await run.done).code).toBe(0);
});

test('1: what we did not throw ourselves is internal', () => {
  expect(toComfyGenError(new TypeError('x is not a function'))).toMatchObject({ code: 'internal', exit_code: 1 });
});

test('6: a file in the way of the output folder', async () => {
  await using place = await Workplace.create();
  await mkdir(join(place.folder, 'images'));
  await writeFile(join(place.folder, 'images', 'output'), '');
  await using server = await demo();
  expect((await place.run(['--host', server.url, ...small])).code).toBe(6);
});

test('141: -o - into a pipe that closes', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const run = place.start(['--host', server.url, '-o', '-', ...small]);
  run.hangUp();
  const { code, err } = await run.done;
  expect(code).toBe(141);
  expect(err).not.toContain('error');
});

test('2: a word that is nearly a command is no prompt; -p says that it is one', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const small = ['--host', server.url, '--size', '64x64', '-s', '2'];
  const { code, err } = await place.run([...small, 'bacth']);
  expect(code).toBe(2);
  expect(err).toContain('comfy-gen batch');
  expect((await place.run([...small, '-p', 'bacth'])).code).toBe(0);
});
