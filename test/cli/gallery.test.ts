// `gallery`, and `--gallery` and `--grid` of a run: what is written, what is left alone, what is refused.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { readPixels } from '../../src/media/pixels.ts';
import { encodePng } from '../../src/media/png.ts';
import { Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

type Data = {
  readonly title: string;
  readonly axes: readonly string[];
  readonly pictures: readonly {
    readonly link: string;
    readonly name: string;
    readonly values: Readonly<Record<string, string>>;
    readonly sweep?: Readonly<Record<string, string>>;
    readonly command?: string;
    readonly thumbnail?: string;
  }[];
};

const plain = (value: number, size = 8): Uint8Array => new Uint8Array(size * size * 3).fill(value);
const picture = (value: number, texts: Readonly<Record<string, string>> = {}): Uint8Array =>
  encodePng({ width: 8, height: 8, rgb: plain(value) }, texts);

async function dataOf(place: Workplace, page: string): Promise<Data> {
  const html = await readFile(join(place.folder, page), 'utf8');
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  const [, json = ''] = /<script type="application\/json" id="gallery">(.*)<\/script>/.exec(html) ?? [];
  return JSON.parse(json) as Data;
}

const sweep = ['--size', '64x64', '--seed', '7', '--sweep', 'cfg=4,10', '--sweep', 'steps=1,2', 'a fox', '-o', 'out'];

test('a swept run as a page and as a sheet; a later one replaces them', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const shown = ['--gallery', '--grid', 'sheet.png'];
  const { code, out, err } = await place.run(['--host', server.url, ...sweep, ...shown]);
  expect(code).toBe(0);
  expect(out.trim().split('\n')).toHaveLength(4); // files of the jobs, and nothing else
  expect(err).toMatch(/^gallery: out[/\\]index\.html \(4 pictures\)$/m);
  expect(err).toMatch(/^grid: sheet\.png \(4 pictures\)$/m);
  const { axes, pictures } = await dataOf(place, 'out/index.html');
  expect(axes).toEqual(['cfg', 'steps']);
  expect(pictures.map((one) => one.sweep)).toEqual([
    { cfg: '4', steps: '1' },
    { cfg: '4', steps: '2' },
    { cfg: '10', steps: '1' },
    { cfg: '10', steps: '2' },
  ]);
  const sheet = await readPixels(await readFile(join(place.folder, 'sheet.png')));
  expect(sheet?.width).toBeGreaterThan(128);
  await place.run(['gallery', 'out', '--grid', 'sheet.png']);
  expect((await dataOf(place, 'out/index.html')).axes).toEqual(axes); // the journal knows the sweep
  expect((await place.files('.')).filter((name) => /html|sheet/.test(name))).toEqual(['out/index.html', 'sheet.png']);

  const [first] = pictures;
  const again = await place.run([...wordsOf(first?.command), '--host', server.url, '-o', 'again.png']);
  expect(again.code).toBe(0);
  expect(await readFile(join(place.folder, 'again.png'))).toEqual(
    await readFile(join(place.folder, 'out', first?.name ?? '')),
  );
});

/** The words of the command as a shell reads them. */
function wordsOf(command = ''): string[] {
  return [...command.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)]
    .map(([, quoted, bare]) => quoted?.replaceAll("'\\''", "'") ?? bare ?? '')
    .slice(1);
}

test('any folder: what other programs wrote, what carries nothing, folders below, videos', async () => {
  await using place = await Workplace.create({
    'in/plain.png': picture(1),
    'in/a1111.png': picture(2, {
      parameters:
        'a <b>fox</b>\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 6.5, Seed: 3, Size: 8x8, Model: m',
    }),
    'in/deep/er/two words #1.png': picture(3),
    'in/film.mp4': Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isomiso2', 'latin1'),
    'in/.hidden/a.png': picture(4),
    'in/no-picture.png': 'hello',
    'in/empty.png': '',
    'in/notes.txt': 'hello',
  });
  const { code, out } = await place.run(['gallery', 'in']);
  expect({ code, out: out.replaceAll('\\', '/') }).toEqual({ code: 0, out: 'in/index.html\n' });
  const { pictures, axes, title } = await dataOf(place, 'in/index.html');
  expect({ axes, title }).toEqual({ axes: [], title: 'in' });
  expect(pictures.map((one) => one.link).sort()).toEqual([
    'a1111.png',
    'deep/er/two%20words%20%231.png',
    'film.mp4',
    'plain.png',
  ]);
  const a1111 = pictures.find((one) => one.name === 'a1111.png');
  expect(a1111?.values).toMatchObject({
    prompt: 'a <b>fox</b>',
    negative: 'dog',
    seed: '3',
    cfg: '6.5',
    source: 'A1111',
  });
  expect(a1111?.command?.replaceAll('\\', '/')).toBe('comfy-gen run in/a1111.png');
  expect(pictures.find((one) => one.name === 'plain.png')?.command).toBeUndefined();
});

test('a page of somebody else stays as it is, as does a picture where the sheet was to go', async () => {
  await using place = await Workplace.create({
    'in/a.png': picture(1),
    'in/index.html': '<h1>mine</h1>',
    'sheet.png': picture(9),
  });
  for (const time of ['first', 'second']) {
    const { out } = await place.run(['gallery', 'in', '--grid', 'sheet.png']);
    expect([time, out.replaceAll('\\', '/')]).toEqual([time, 'in/index-2.html\nsheet-2.png\n']);
  }
  expect(await readFile(join(place.folder, 'in/index.html'), 'utf8')).toBe('<h1>mine</h1>');
  expect(await readFile(join(place.folder, 'sheet.png'))).toEqual(Buffer.from(picture(9)));
});

test('a sheet is labelled, and no picture of a later gallery', async () => {
  await using place = await Workplace.create();
  for (const seed of [1, 2])
    await writeFile(
      join(place.folder, `${seed}.png`),
      encodePng({ width: 64, height: 64, rgb: plain(200, 64) }, { parameters: `x\nSteps: 1, Seed: ${seed}` }),
    );
  await place.run(['gallery', '.', '--grid', 'sheet.png']);
  const sheet = await readPixels(await readFile(join(place.folder, 'sheet.png')));
  const greys = new Set(sheet?.rgba.filter((_value, i) => i % 4 === 0));
  expect([...greys].sort((a, b) => a - b)).toEqual([24, 170, 200, 230]); // ground, labels, pictures, title
  await place.run(['gallery', '.']);
  expect((await dataOf(place, 'index.html')).pictures.map((one) => one.name)).toEqual(['1.png', '2.png']);
});

test('small pictures stand in the page', async () => {
  await using place = await Workplace.create({
    'in/big.png': encodePng({ width: 400, height: 400, rgb: plain(90, 400) }),
  });
  await place.run(['gallery', 'in/big.png', '-o', 'page.html']);
  const [one] = (await dataOf(place, 'page.html')).pictures;
  expect(one).toMatchObject({ link: 'in/big.png' });
  const [, base64 = ''] = /^data:image\/(?:png|webp);base64,(.*)$/.exec(one?.thumbnail ?? '') ?? [];
  expect(Buffer.from(base64, 'base64').length).toBeGreaterThan(50);
});

test('what cannot be is refused', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create({ 'in/a.txt': 'x', 'a/1.png': picture(1), 'b/2.png': picture(2) });
  const refused: [string[], RegExp][] = [
    [['gallery', 'absent'], /cannot read .*absent/],
    [['gallery', 'in'], /in: no pictures/],
    [['gallery', 'in/a.txt'], /a\.txt is no picture/],
    [['gallery', 'a', '-o', 'page.txt'], /page\.txt: a page's name ends with \.html/],
    [['gallery', 'a', '--grid', 'sheet.txt'], /sheet\.txt: a sheet is a picture/],
    [['gallery', 'a/1.png', 'b/2.png'], /several folders.*\n.*-o gallery\.html/],
    [['x', '--grid', 'sheet.gif', '--host', server.url], /sheet\.gif: a sheet is a picture/],
    [['x', '--gallery', '-o', '-', '--host', server.url], /--gallery shows saved files: not with -o -/],
    [['x', '--grid', 'a.png', '--no-wait', '--host', server.url], /--grid shows saved files: not with --no-wait/],
  ];
  for (const [args, message] of refused) {
    const { code, out, err } = await place.run(args);
    expect([args, code, out]).toEqual([args, 2, '']);
    expect(err).toMatch(message);
  }
  expect(await (await fetch(`${server.url}/history`)).json()).toEqual({});
});
