// batch of a folder of pictures, or of several picture files: a row each.
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { makePng } from '../helpers/png.ts';
import { refused } from './refused.ts';

const picture = (factor: number): Buffer =>
  makePng({ width: 64, height: 64, depth: 8, color: 2 }, (x, y) => (x * y * factor) % 256);
/** Uploads are named by what they hold. */
const imagesIn = (graphs: string): (string | undefined)[] =>
  [...graphs.matchAll(/"image": ?"([^"]+)"/g)].map((found) => found[1]);

const small = ['-s', '2', '--denoise', '0.5', '-p', 'in snow'];

test('a folder: a row a picture in natural order, what is no picture is skipped, nothing is made twice', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({
    'shots/10.png': picture(1),
    'shots/2.PNG': picture(2),
    'shots/notes.txt': 'a cat',
    'shots/.hidden.png': picture(3),
    'shots/below/3.png': picture(3),
  });
  const args = ['batch', 'shots', ...small, '--seed', '7', '--host', demo.url];
  const dry = await place.run([...args, '--dry-run']);
  expect(dry.code, dry.err).toBe(0);
  const alone = await place.run(['batch', 'shots/2.PNG', ...small, '--dry-run', '--host', demo.url]);
  expect(imagesIn(dry.out)).toHaveLength(2);
  expect(imagesIn(dry.out)[0]).toBe(imagesIn(alone.out)[0]);
  const { code, out, err } = await place.run([...args, '--json']);
  expect(code, err).toBe(0);
  const rows = jsonLines(out).toSorted((a, b) => Number(a['row']) - Number(b['row']));
  expect(rows.map(({ row, denoise, prompt, ok }) => [row, denoise, prompt, ok])).toEqual([
    [1, 0.5, 'in snow', true],
    [2, 0.5, 'in snow', true],
  ]);
  const again = await place.run(args);
  expect([again.code, again.out]).toEqual([0, '']);
  expect(again.err).toContain('2 done before');
});

test('several files in the given order; one alone too; with --sweep', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ 'b.png': picture(3), 'a.png': picture(1) });
  const images = async (...words: string[]): Promise<(string | undefined)[]> => {
    const { code, out, err } = await place.run(['batch', ...words, ...small, '--dry-run', '--host', demo.url]);
    expect(code, err).toBe(0);
    return imagesIn(out);
  };
  const [b, a] = [await images('b.png'), await images('a.png')];
  expect([b.length, b[0] === a[0]]).toEqual([1, false]);
  expect(await images('b.png', 'a.png')).toEqual([...b, ...a]);
  expect(await images('b.png', 'a.png', '--sweep', 'cfg=2,3')).toHaveLength(4);
});

test('refused before anything is sent', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ 'empty/notes.txt': '', 'a.png': picture(3), 'b.txt': 'a cat' });
  const said = async (...words: string[]): Promise<string> => {
    const finished = await place.run(['batch', ...words, '--host', demo.url]);
    refused(finished, 2);
    return finished.err;
  };
  expect(await said('empty', ...small)).toContain('there is no picture in this folder');
  expect(await said('a.png', 'b.txt', ...small)).toContain('b.txt: several files are several pictures');
  expect(await said('absent.png', 'a.png', ...small)).toContain('absent.png');
  expect(await said('a.png', '--denoise', '0.5')).toMatch(/neither a prompt nor a workflow\nhint: --prompt gives rows/);
  expect(demo.log.filter(({ method }) => method === 'POST')).toEqual([]);
});
