// What scripts read fits the schema that is shipped.
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { problemsOf } from '../helpers/schema.ts';

const small = ['--size', '64x64', '-s', '2', '--retries', '0', 'a lighthouse'];
const objects = (out: string): unknown[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test('`help json` prints it', async () => {
  await using place = await Workplace.create();
  const { code, out } = await place.run(['help', 'json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ definitions: { result: {}, failure: {}, event: {}, check: {} } });
});

test('--json of jobs that succeed, that are left, that fail, that are never sent', async () => {
  await using server = await startDemo();
  await using broken = await startDemo({ faults: [parseFault('node-error')] });
  await using place = await Workplace.create();
  const good = await place.run(['--json', '--host', server.url, '--count', '2', '--save-workflow', ...small]);
  const left = await place.run(['--json', '--no-wait', '--host', server.url, ...small]);
  const bad = await place.run(['--json', '--host', broken.url, ...small]);
  const usage = await place.run(['--json', '--steps', '0', 'x']);
  expect([good.code, left.code, bad.code, usage.code]).toEqual([0, 0, 5, 2]);
  for (const object of [...objects(good.out), ...objects(left.out)]) expect(problemsOf('result', object)).toEqual([]);
  for (const object of [...objects(bad.out), ...objects(usage.out)]) expect(problemsOf('failure', object)).toEqual([]);
});

test('--events of a job with previews and one that fails', async () => {
  await using server = await startDemo();
  await using broken = await startDemo({ faults: [parseFault('node-error')] });
  await using place = await Workplace.create();
  const good = objects((await place.run(['--events', '--previews', '--host', server.url, ...small])).out);
  const bad = objects((await place.run(['--events', '--host', broken.url, ...small])).out);
  for (const event of [...good, ...bad]) expect(problemsOf('event', event)).toEqual([]);
  expect(good.at(-1)).toMatchObject({ type: 'done' });
  expect(bad.at(-1)).toMatchObject({ type: 'failed' });
});
