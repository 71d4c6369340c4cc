// `inspect` through the built command: what a picture of the demo server carries, and files that carry nothing.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { encodePng } from '../../src/image/png.ts';
import { Workplace } from '../helpers/cli.ts';

test('parameters as text, as JSON, and the workflow', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const seed = '18446744073709551615';
  await place.run([
    '--host',
    demo.url,
    '--seed',
    seed,
    '-n',
    'blurry',
    '--size',
    '64x64',
    '-o',
    'a.png',
    'a lighthouse',
  ]);
  const shown = await place.run(['inspect', 'a.png']);
  expect(shown.code).toBe(0);
  expect(shown.out).toMatch(/^prompt +a lighthouse$/m);
  expect(shown.out).toMatch(new RegExp(`^seed +${seed}$`, 'm'));
  const json = await place.run(['inspect', 'a.png', '--json']);
  expect(json.out).toContain(`"seed":${seed}`);
  expect(JSON.parse(json.out)).toMatchObject({ format: 'png', width: 64, negative: 'blurry', sampler: 'euler' });
  const workflow = await place.run(['inspect', 'a.png', '--workflow']);
  expect(JSON.parse(workflow.out)).toHaveProperty('nodes');
});

test('a picture that carries nothing, a file that is none, a path that is wrong: usage', async () => {
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'bare.png'), encodePng({ width: 1, height: 1, rgb: new Uint8Array(3) }));
  await writeFile(join(place.folder, 'note.txt'), 'hello');
  for (const file of ['bare.png', 'note.txt', 'absent.png']) expect((await place.run(['inspect', file])).code).toBe(2);
});
