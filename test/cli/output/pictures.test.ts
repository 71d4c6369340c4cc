// Pictures on terminals: which way each takes, and that the bytes of each way hold the picture.
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Canvas } from '../../../src/cli/output/canvas.ts';
import { drawPicture, pictureWay, type PictureWay } from '../../../src/cli/output/pictures.ts';
import type { Context } from '../../../src/cli/context.ts';
import { startPictures } from '../../../src/cli/output/show.ts';
import { previewPane } from '../../../src/cli/output/preview-pane.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { loadSharp } from '../../../src/media/transcode.ts';
import { encodePng } from '../../../src/media/png.ts';
import { Screen } from './screen.ts';

const [width, height] = [32, 24];
/** A red upper left, green upper right, blue lower left, white lower right quarter. */
const quarters = (x: number, y: number): readonly [number, number, number] =>
  y < height / 2 ? (x < width / 2 ? [255, 0, 0] : [0, 255, 0]) : x < width / 2 ? [0, 0, 255] : [255, 255, 255];
const rgb = new Uint8Array(width * height * 3);
for (let i = 0; i < width * height; i++) rgb.set(quarters(i % width, Math.floor(i / width)), i * 3);
const png = encodePng({ width, height, rgb });
const jpeg = Buffer.from('ffd8ffc00011080018002003012200021101031101ffd9', 'hex');

const room = { columns: 40, rows: 20 };
const draw = (
  way: PictureWay,
  bytes: Uint8Array = png,
  env: Terminal['env'] = { COLORTERM: 'truecolor' },
  size = room,
) => drawPicture(bytes, way, { room: size, env });

describe('which way', () => {
  const way = (env: Terminal['env'], more: Partial<Terminal> = {}) =>
    pictureWay({ env, errIsTTY: true, ...more } as Terminal);

  test.each([
    [{ TERM: 'xterm-kitty' }, 'kitty'],
    [{ TERM: 'xterm-256color', KITTY_WINDOW_ID: '1' }, 'kitty'],
    [{ TERM: 'xterm-ghostty' }, 'kitty'],
    [{ TERM: 'tmux-256color', TMUX: '/tmp/x', KITTY_WINDOW_ID: '1', TERM_PROGRAM: 'tmux' }, 'blocks'],
    [{ TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, 'iterm'],
    [{ TERM: 'xterm-256color', TERM_PROGRAM: 'WezTerm' }, 'iterm'],
    [{ TERM: 'foot' }, 'sixel'],
    [{ TERM: 'xterm-256color' }, 'blocks'],
    [{ TERM: 'dumb' }, undefined],
  ])('%j: %s', async (env, expected) => {
    expect(await way(env)).toBe(expected);
  });

  test('no terminal: none', async () => {
    expect(await way({ TERM: 'xterm-kitty' }, { errIsTTY: false })).toBeUndefined();
  });
});

test('kitty: the PNG itself, in pieces', async () => {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_none, i) => Math.imul(i + 1, 0x9e3779b9) >>> ((i % 5) + 17));
  const large = encodePng({ width: 64, height: 64, rgb: noise });
  const { text, rows, undo } = (await draw('kitty', large)) ?? { text: '', rows: 0, undo: '' };
  const pieces = [...text.matchAll(/\u001b_G([^;]*);([^\u001b]*)\u001b\\/g)];
  expect(pieces.map(([whole]) => whole).join('')).toBe(text);
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.map(([, head]) => /m=(\d)/.exec(head ?? '')?.[1])).toEqual([...pieces.slice(1).map(() => '1'), '0']);
  expect(pieces[0]?.[1]).toBe(`f=100,a=T,q=2,C=1,c=16,r=${rows},m=1`);
  expect(Buffer.from(pieces.map(([, , data]) => data).join(''), 'base64')).toEqual(Buffer.from(large));
  expect(undo).toBe(''); // it stays, whatever is shown below it

  const passing = await drawPicture(large, 'kitty', { room, env: {}, passes: true });
  expect(passing?.text).toContain('a=T,i=3107,');
  expect(passing?.undo).toContain('a=d,d=I,i=3107');
});

test('iTerm2: the file itself, whatever its format', async () => {
  const { text } = (await draw('iterm', jpeg)) ?? { text: '' };
  const [, base64 = ''] =
    /^\u001b\]1337;File=inline=1;width=16;height=6;preserveAspectRatio=1:(.*)\u0007$/.exec(text) ?? [];
  expect(Buffer.from(base64, 'base64')).toEqual(jpeg);
});

/** What a terminal makes of sixels: colours by pixel. */
function readSixels(text: string): { width: number; height: number; at: (x: number, y: number) => number[] } {
  const [, w = '', h = '', body = ''] = /^\u001bP0;1q"1;1;(\d+);(\d+)([^\u001b]*)\u001b\\$/.exec(text) ?? [];
  const palette = new Map<number, number[]>();
  const pixels = new Map<string, number>();
  let [x, top, colour] = [0, 0, 0];
  for (const [token, id, r, g, b, count, run] of body.matchAll(
    /#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|[$-]|[?-~]/g,
  )) {
    if (token === '$') x = 0;
    else if (token === '-') [x, top] = [0, top + 6];
    else if (id !== undefined) {
      colour = Number(id);
      if (r !== undefined)
        palette.set(
          colour,
          [Number(r), Number(g), Number(b)].map((part) => Math.round(part * 2.55)),
        );
    } else {
      for (let i = 0; i < Number(count ?? 1); i++, x++)
        for (let bit = 0; bit < 6; bit++)
          if ((((run ?? token).charCodeAt(0) - 63) >> bit) & 1) pixels.set(`${x} ${top + bit}`, colour);
    }
  }
  return { width: Number(w), height: Number(h), at: (px, py) => palette.get(pixels.get(`${px} ${py}`) ?? -1) ?? [] };
}

test('sixels: every pixel has its colour', async () => {
  const { text, rows } = (await draw('sixel')) ?? { text: '', rows: 0 };
  const shown = readSixels(text);
  expect([shown.width, shown.height, rows]).toEqual([width, height, 2]);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) expect([x, y, shown.at(x, y)]).toEqual([x, y, [...quarters(x, y)]]);
});

test('half-blocks: two pixels a letter, 24 bits where the terminal has them, else 256 colours', async () => {
  const { text, rows } = (await draw('blocks', png, { COLORTERM: 'truecolor' }, { columns: 8, rows: 4 })) ?? {
    text: '',
    rows: 0,
  };
  const red = '\u001b[38;2;255;0;0;48;2;255;0;0m▀';
  expect(rows).toBe(3);
  expect(text.split('\r\n')[0]).toMatch(/^[^▀]*▀▀▀▀[^▀]*▀▀▀▀\u001b\[0m$/);
  expect(text.startsWith(red)).toBe(true);
  const [first] = ((await draw('blocks', png, {}, { columns: 8, rows: 4 })) ?? { text: '' }).text.split('▀');
  expect(first).toBe('\u001b[38;5;196;48;5;196m');
});

test('a format that nothing here reads: said once, with what to type', async () => {
  const notes: string[] = [];
  const value = (of: unknown) => ({ value: of, layer: undefined });
  const settings = { show: value(true), previews: value(true), events: value(undefined) };
  const terminal = { errIsTTY: true, env: { TERM: 'foot' } };
  const pictures = await startPictures({ settings, terminal } as unknown as Context, (text) => notes.push(text));
  expect(pictures?.way).toBe('sixel');
  expect(await pictures?.draw(jpeg, room)).toBeUndefined();
  const hasSharp = await loadSharp().catch(() => undefined);
  expect(notes).toEqual(
    hasSharp === undefined ? [expect.stringContaining('npm install --include=optional sharp')] : [],
  ); // to sharp it is damaged
});

test('what needs another package, or is no image, draws nothing', async () => {
  expect(await draw('blocks', Buffer.from('hello'))).toBeUndefined();
  expect(await draw('iterm', Buffer.from('hello'))).toBeUndefined();
});

test('of many previews few are drawn, and the last one in the end', async () => {
  const canvas = new Canvas(new Screen() as unknown as NodeJS.WriteStream);
  const drawn: Uint8Array[] = [];
  const draw = (image: Uint8Array) => {
    drawn.push(image);
    return Promise.resolve({ text: 'PIC', rows: 1, undo: '' });
  };
  const pane = previewPane(canvas, { way: 'blocks', draw }, () => room);
  const images = Array.from({ length: 200 }, (_none, i) => Uint8Array.of(i));
  for (const image of images) {
    pane.show(image);
    await setImmediate(); // so that each could be drawn before the next one comes
  }
  while (drawn.at(-1) !== images.at(-1)) await setImmediate();
  expect(drawn[0]).toBe(images[0]);
  expect(drawn.length).toBeLessThan(50);
});

test('a preview hangs below the bars, is not sent with each frame, and goes with them', async () => {
  const screen = new Screen({ rows: 12 });
  const canvas = new Canvas(screen as unknown as NodeJS.WriteStream);
  const pictures = { way: 'blocks', draw: () => Promise.resolve({ text: 'PIC\r\nTURE', rows: 2, undo: '' }) } as const;
  const pane = previewPane(canvas, pictures, () => room);
  screen.type('$ comfy-gen x\n');
  canvas.draw(['bar 1']);
  pane.show(png);
  await Promise.resolve();
  expect(screen.text).toEqual(['$ comfy-gen x', 'bar 1', 'PIC', 'TURE']);
  const { written } = screen;
  canvas.draw(['bar 2']);
  expect(screen.written.slice(written.length)).not.toContain('PIC');
  expect(screen.text).toEqual(['$ comfy-gen x', 'bar 2', 'PIC', 'TURE']);
  await canvas.aside(() => screen.type('a line\n'));
  expect(screen.text).toEqual(['$ comfy-gen x', 'a line', 'bar 2', 'PIC', 'TURE']);
  pane.clear();
  canvas.clear();
  expect(screen.text).toEqual(['$ comfy-gen x', 'a line']);
});
