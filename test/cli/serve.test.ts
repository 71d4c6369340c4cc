// serve: the demo server on its own, its address on standard output.
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

test('its address is printed, it answers, a job runs there, a signal ends it', async () => {
  await using place = await Workplace.create({ 'models.json': '{"checkpoints":["ours.safetensors"]}' });
  const server = place.launch(['serve', '--port', '0', '--step-ms', '1', '--load-ms', '0', '--models', 'models.json']);
  await server.said(/http:\/\/\S+\n/);
  const listed = place.launch(['list', 'checkpoints', '--host', server.printed().trim()]);
  expect(await listed.done).toMatchObject({ code: 0, out: 'ours.safetensors\n' });
  server.signal('SIGINT');
  const { code, out, err } = await server.done;
  expect(code).toBe(0);
  expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
  expect(err).toContain('runs no model');
});

test('--fault help lists every fault; one that is none is refused', async () => {
  await using place = await Workplace.create();
  const { code, out } = await place.run(['serve', '--fault', 'help']);
  expect([code, out]).toEqual([0, expect.stringMatching(/^ws-drop .+$/m)]);
  expect((await place.run(['serve', '--fault', 'no-such-fault'])).code).toBe(2);
});

test('a port that is taken and a file of models that is none are refused', async () => {
  await using other = await startDemo();
  await using place = await Workplace.create({ 'models.json': '["a.safetensors"]' });
  expect((await place.run(['serve', '--port', String(other.port)])).code).toBe(2);
  const wrong = await place.run(['serve', '--port', '0', '--models', 'models.json']);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('models.json')]);
});
