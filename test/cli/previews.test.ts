// --previews, --preview-file and --show where no terminal is: the file alone is written.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { imageSize } from '../../src/media/check.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const small = ['--size', '64x64', '-s', '6', '--seed', '7', 'a fox'];

test('the newest preview is a whole picture in its file, and nothing else is left', async () => {
  await using server = await startDemo({ previews: true, stepMs: 5 });
  await using place = await Workplace.create();
  const { code, out } = await place.run(['--host', server.url, ...small, '--preview-file', 'live/now.png', '--events']);
  expect(code).toBe(0);
  expect(imageSize(await readFile(join(place.folder, 'live/now.png')))).toEqual({ width: 160, height: 160 });
  expect(await readdir(join(place.folder, 'live'))).toEqual(['now.png']);
  expect(out).not.toContain('"preview"'); // those are for --previews
});

test('the file holds the last preview, however quickly they came', async () => {
  await using server = await startDemo({ previews: true, stepMs: 20 });
  await using place = await Workplace.create();
  const wanted = ['--previews', '--events', '--preview-file', 'now.png'];
  const { code, out } = await place.run(['--host', server.url, '--size', '64x64', '-s', '12', ...wanted, 'a fox']);
  expect(code).toBe(0);
  const previews = jsonLines(out).filter(({ type }) => type === 'preview');
  expect(new Set(previews.map(({ bytes }) => bytes)).size).toBeGreaterThan(1);
  expect((await readFile(join(place.folder, 'now.png'))).length).toBe(previews.at(-1)?.['bytes']);
});

test('--show and --previews off a terminal show nothing', async () => {
  await using server = await startDemo({ previews: true });
  await using place = await Workplace.create();
  const { code, out, err } = await place.run(['--host', server.url, ...small, '--show', '--previews']);
  expect(code).toBe(0);
  expect(out).toMatch(/^images[/\\]output[/\\]\S+\.png\n$/);
  expect(err).not.toMatch(/\u001b/);
});

test('a preview file that cannot be written is found before anything is sent', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create({ file: 'x' });
  const { code, err } = await place.run(['--host', server.url, ...small, '--preview-file', 'file/now.png']);
  expect(code).toBe(6);
  expect(err).toContain('file');
  expect(await (await fetch(`${server.url}/history`)).json()).toEqual({});
});
