// A file being written: begun again it holds only what came afterwards, and the command saves what the server has.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { PartFile } from '../../src/files/write.ts';
import { Workplace } from '../helpers/cli.ts';

test('what was written before a reset leaves no trace', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'comfy-gen-write-'));
  try {
    await using part = await PartFile.create(folder);
    await part.write(Buffer.from('a web page, say'));
    await part.reset();
    await part.write(Buffer.from('the '));
    await part.write(Buffer.from('file'));
    const path = await part.commit(join(folder, 'x'), '.txt');
    expect(await readFile(path, 'utf8')).toBe('the file');
    expect(await readdir(folder)).toEqual(['x.txt']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.each(['view-html', 'view-not-png', 'view-cut', 'view-truncated', 'view-long', 'view-broken-off'])(
  'after %s the file on disk is the one whose sum is told, and a picture',
  async (fault) => {
    await using demo = await startDemo({ faults: [parseFault(fault)] });
    await using place = await Workplace.create();
    const { code, out } = await place.run(['--host', demo.url, '--json', '--size', '64x64', '-s', '1', 'x']);
    expect(code).toBe(0);
    const { files } = JSON.parse(out) as { files: [{ path: string; sha256: string; bytes: number }] };
    const bytes = await readFile(join(place.folder, files[0].path));
    expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect([createHash('sha256').update(bytes).digest('hex'), bytes.length]).toEqual([files[0].sha256, files[0].bytes]);
  },
);

test.runIf(process.platform === 'linux')('where no folder can be made the command says so and ends', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const { code, err } = await place.run(['--host', demo.url, '-o', '/proc/pictures/today', 'x']);
  expect(code).toBe(6);
  expect(err).toMatch(/^error: .*\/proc\/pictures/m);
});

test('a file where the name template wants a folder ends the command', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'taken'), '');
  const { code, err } = await place.run([
    '--host',
    demo.url,
    '-o',
    '.',
    '--name',
    'taken/{name}',
    '--size',
    '64x64',
    'x',
  ]);
  expect(code).toBe(6);
  expect(err).toMatch(/^error: .*taken/m);
});

test('what was written before a new beginning is gone, what came in many sizes is whole', async () => {
  await using place = await Workplace.create();
  const { folder } = place;
  await using part = await PartFile.create(folder);
  for (let n = 0; n < 9; n++) await part.write(Buffer.alloc(100_000, 'old'));
  await part.reset();
  const pieces = [1, 700_000, 3, 0, 400_000, 200_000, 65_536, 5].map((size, n) => Buffer.alloc(size, `${n} `));
  for (const piece of pieces) await part.write(piece);
  await part.flush();
  expect((await readFile(part.path)).equals(Buffer.concat(pieces))).toBe(true);
  await part.write(Buffer.from('the end'));
  const path = await part.commit(join(folder, 'a'), '.bin');
  expect((await readFile(path)).equals(Buffer.concat([...pieces, Buffer.from('the end')]))).toBe(true);
});
