// What a server tells of a job that runs: what a node is busy with; and how little is asked meanwhile.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';

const small = ['--size', '64x64', '-s', '3', 'a lighthouse'];

test('a model that loads is told, as an event and as a line', async () => {
  await using first = await startDemo({ loadMs: 5 });
  await using second = await startDemo({ loadMs: 5 });
  await using place = await Workplace.create();
  const events = await place.run(['--events', '--host', first.url, ...small]);
  const told = jsonLines(events.out).filter(({ type }) => type === 'activity');
  expect(told).toMatchObject([{ node: '1', title: 'CheckpointLoaderSimple', text: 'loading' }]);
  const lines = await place.run(['--host', second.url, ...small]);
  expect(lines.err).toContain('\nCheckpointLoaderSimple: loading\n');
});

test('a job that is polled is asked for by a list without graphs, and by its record once', async () => {
  await using demo = await startDemo({ stepMs: 60, faults: [parseFault('ws-status=403')] });
  await using place = await Workplace.create();
  const { code } = await place.run(['--host', demo.url, '--log-file', 'log', ...small]);
  expect(code).toBe(0);
  const asked = (await readFile(join(place.folder, 'log'), 'utf8')).match(/GET \S+\/api\/jobs\S*/g) ?? [];
  expect(asked.filter((line) => line.endsWith('/api/jobs')).length).toBeGreaterThan(1);
  expect(asked.filter((line) => !line.endsWith('/api/jobs'))).toHaveLength(1);
});
