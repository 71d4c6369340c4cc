// attach: a job by its id, wherever it was sent, saved again.
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';

const small = ['--size', '64x64', '-s', '4', 'a lighthouse'];

test('attach finds the server in the journal; it saves again what was saved', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const done = JSON.parse((await place.run(['--json', '--host', server.url, ...small])).out) as { prompt_id: string };
  const { code, out, err } = await place.run(['attach', done.prompt_id]);
  expect(code).toBe(0);
  expect(err).toContain(`watching ${done.prompt_id} on ${server.url}`);
  expect(err).not.toContain('submitted');
  expect(out).toMatch(/\.png\n$/);
  expect(await place.files()).toHaveLength(2);
});
