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
