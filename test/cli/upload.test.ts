// upload: files go to the server, their names come back.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';

test('upload prints server names: by content, or as the file is called', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'a.wav'), 'RIFFxxxxWAVE');
  const { code, out, err } = await place.run(['upload', 'a.wav', 'a.wav', '--host', server.url]);
  expect(code, err).toBe(0);
  const [first, second] = out.trim().split('\n');
  expect(first).toMatch(/^[0-9a-f]{32}\.wav$/);
  expect(second).toBe(first);
  expect((await place.run(['upload', 'a.wav', '--keep-name', '--host', server.url])).out).toBe('a.wav\n');
  expect((await place.run(['upload', 'nothing.png', '--host', server.url])).code).toBe(2);
});

test('of several servers the first that answers is asked', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const hosts = ['--host', '127.0.0.1:1', '--host', server.url];
  await writeFile(join(place.folder, 'w.txt'), 'a text');
  expect((await place.run(['upload', 'w.txt', ...hosts])).code).toBe(0);
  expect((await place.run(['list', 'samplers', ...hosts])).out).toContain('euler\n');
  const ui = { nodes: [], links: [], version: 0.4 };
  await writeFile(join(place.folder, 'ui.json'), JSON.stringify(ui));
  expect((await place.run(['convert', 'ui.json', ...hosts])).err).not.toContain('refused the connection');
  expect((await place.run(['list', 'samplers', '--host', '127.0.0.1:1'])).code).toBe(3);
});
