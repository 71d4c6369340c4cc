// previewFile: the newest preview of a program's jobs, as a file.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient, ComfyUIPool } from '../../src/index.ts';
import { imageSize } from '../../src/media/check.ts';
import { Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const small = { width: 64, height: 64, steps: 6, seed: 7 };
const drawn = { width: 160, height: 160 };

test('a job keeps the newest preview in the file, whole, and tells of none without `previews`', async () => {
  await using demo = await startDemo({ previews: true, stepMs: 5 });
  await using place = await Workplace.create();
  const client = new ComfyUIClient({ host: demo.url });
  const job = await client.generate({ prompt: 'a fox', ...small, previewFile: join(place.folder, 'live', 'now.png') });
  const types = new Set<string>();
  for await (const event of job) types.add(event.type);
  expect(types).not.toContain('preview');
  expect(imageSize(await readFile(join(place.folder, 'live', 'now.png')))).toEqual(drawn);
  expect(await readdir(join(place.folder, 'live'))).toEqual(['now.png']);
});

test('so does a batch, and with `previews` they are events too', async () => {
  await using demo = await startDemo({ previews: true, stepMs: 5 });
  await using place = await Workplace.create();
  const previewFile = join(place.folder, 'now.png');
  const types = new Set<string>();
  const pool = new ComfyUIPool([demo.url]);
  for await (const event of pool.batch([{ prompt: 'a fox', ...small }], { previewFile, previews: true }))
    types.add(event.type);
  expect(types).toContain('preview');
  expect(imageSize(await readFile(previewFile))).toEqual(drawn);
});

test('a folder that cannot be written is found before anything is sent', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ file: 'x' });
  const client = new ComfyUIClient({ host: demo.url });
  const sent = client.generate({ prompt: 'a fox', ...small, previewFile: join(place.folder, 'file', 'now.png') });
  await expect(sent).rejects.toMatchObject({ code: 'save' });
  expect(await client.history()).toEqual([]);
});
