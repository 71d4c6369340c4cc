// Sizes said by ratio and area, from every place where options are set; sizes beyond a family's native area.
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { encodePng } from '../../src/media/png.ts';
import { ComfyUIClient } from '../../src/index.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const wide = encodePng({ width: 64, height: 32, rgb: new Uint8Array(64 * 32 * 3) });
const sizeOf = (out: string): unknown[] =>
  jsonLines(out).map(({ width, height }) => `${String(width)}x${String(height)}`);

test('--aspect, --mp, --size-from and --exact from a flag, a row, a sweep, the environment, a file and a program', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({
    'wide.png': wide,
    'rows.jsonl': '{"prompt":"a","aspect":"2:1","mp":0.125}\n{"prompt":"b","size":"64x64"}\n',
    'own/.comfyrc.json': '{"aspect":"1:2"}',
  });
  const at = ['--host', demo.url, '-s', '2', '--json'];
  const from = (args: readonly string[], env = {}): Promise<unknown[]> =>
    place.run([...args, ...at], { env }).then(({ out }) => sizeOf(out).sort());
  expect(await from(['a', '--aspect', '2:1', '--mp', '0.125'])).toEqual(['512x256']);
  expect(await from(['a', '--size-from', 'wide.png', '--mp', '0.125'])).toEqual(['512x256']);
  expect(await from(['batch', 'rows.jsonl', '--aspect', '1:1'])).toEqual(['512x256', '64x64']);
  expect(await from(['a', '--mp', '0.03125', '--sweep', 'aspect=2:1,1:2'])).toEqual(['128x256', '256x128']);
  expect(await from(['a', '--mp', '0.125'], { COMFY_GEN_ASPECT: '2:1' })).toEqual(['512x256']);
  expect(await from(['a', '--mp', '0.125', '--config', 'own/.comfyrc.json'])).toEqual(['256x512']);
  expect(await from(['a', '--size', '100x99', '--exact'])).toEqual(['100x99']);
  const client = new ComfyUIClient({ host: demo.url });
  const planned = await client.plan({ prompt: 'a', sizeFrom: wide, mp: 0.125 });
  expect([planned.width, planned.height]).toEqual([512, 256]);
  await client.close();
});

test('a file has exactly the size asked for', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const { out } = await place.run(['a', '--host', demo.url, '-s', '2', '--size', '101x99', '--exact', '--json']);
  expect(jsonLines(out)[0]?.['files']).toMatchObject([{ width: 101, height: 99 }]);
});

test('a size far beyond the native area is made in two passes, which is said; --no-two-pass makes one', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const at = ['a', '--host', demo.url, '--recipe', 'sd15', '--size', '3072x2048', '--dry-run'];
  const two = await place.run(at);
  expect(two.err).toContain('made at 768x512, then enlarged and drawn over (--no-two-pass)');
  expect(two.out).toContain('SplitImageToTileList');
  const one = await place.run([...at, '--no-two-pass']);
  expect(one.err).not.toContain('drawn over');
  expect(one.out).toContain('"width": 3072');
});

test.each([
  [['--aspect', '16:9', '--width', '512'], '--aspect and --width contradict'],
  [['--aspect', '16:9', '--size', '512x512'], '--aspect and --size contradict'],
  [['--size-from', 'wide.png', '--aspect', '1:1'], '--size-from and --aspect contradict'],
  [['--mp', '2', '--height', '512'], '--mp and --height contradict'],
  [['--aspect', '16/9'], 'a ratio like 16:9'],
  [['--size-from', 'absent.png'], 'absent.png'],
  [['--recipe', 'wan2.1-1.3b', '--size', '500x500', '--exact'], 'sides of even numbers'],
] as const)('%j is a usage error', async (args, said) => {
  await using place = await Workplace.create({ 'wide.png': wide });
  const { code, err } = await place.run(['a', ...args, '--dry-run', '--host', '127.0.0.1:9']);
  expect([code, err]).toEqual([2, expect.stringContaining(said)]);
});
