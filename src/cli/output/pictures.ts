// How this terminal shows pictures, by kitty's or iTerm2's protocol, sixels or half-blocks of colour, and a picture in that way.
import { readFileSync } from 'node:fs';
import { imageSize } from '../../media/check.ts';
import { encodePng, isPng } from '../../media/png.ts';
import { onGrey, toPixels } from '../../media/transcode.ts';
import type { Terminal } from '../terminal.ts';
import { halfBlocks } from './half-blocks.ts';
import { sixels } from './sixel.ts';

export type PictureWay = 'kitty' | 'iterm' | 'sixel' | 'blocks';

/** In letters. */
export type Room = { readonly columns: number; readonly rows: number };

export type DrawnPicture = {
  /** Draws it with its upper left corner at the cursor, which may be anywhere afterwards. */
  readonly text: string;
  /** Lines that it covers. */
  readonly rows: number;
  /** Takes away what clearing the lines leaves. */
  readonly undo: string;
};

/** A letter in pixels, as most terminals have it. */
const letter = { width: 8, height: 16 } as const;
/** Primary device attributes, and the answer: `4` is sixel. */
const attributes = { question: '\u001b[c', answer: /\u001b\[\?([\d;]*)c/ } as const;

/** Undefined where no picture can be shown: no terminal, or one that knows no codes. */
export async function pictureWay(terminal: Terminal): Promise<PictureWay | undefined> {
  const { env, errIsTTY } = terminal;
  const [term = '', program = ''] = [env['TERM'], env['TERM_PROGRAM']];
  if (!errIsTTY || term === 'dumb') return undefined;
  const isInside = (env['TMUX'] ?? '') !== '' || (env['STY'] ?? '') !== ''; // what is told of the terminal around it
  if (!isInside && (/kitty|ghostty/.test(term) || (env['KITTY_WINDOW_ID'] ?? '') !== '' || program === 'ghostty'))
    return 'kitty';
  if (!isInside && (['iTerm.app', 'WezTerm'].includes(program) || env['LC_TERMINAL'] === 'iTerm2')) return 'iterm';
  if (/sixel|^(?:foot|mlterm|yaft|contour)/.test(term) || (!isInside && program === 'mintty')) return 'sixel';
  const answer = isInForeground() ? await terminal.ask?.(attributes.question, attributes.answer) : undefined;
  const told = attributes.answer.exec(answer ?? '')?.[1]?.split(';') ?? [];
  return told.includes('4') ? 'sixel' : 'blocks';
}

/** The terminal stops who asks it from the background. Known on Linux only; elsewhere nothing is asked. */
function isInForeground(): boolean {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[2] === fields[5]; // our process group, and the terminal's
  } catch {
    return false;
  }
}

/** `passes`: another takes its place. Undefined for what cannot be shown: a format that needs `sharp`, which is not there, or no image. Throws for a damaged one. */
export async function drawPicture(
  bytes: Uint8Array,
  way: PictureWay,
  { room, env, passes = false }: { readonly room: Room; readonly env: Terminal['env']; readonly passes?: boolean },
): Promise<DrawnPicture | undefined> {
  const size = imageSize(bytes);
  if (size === undefined || size.width === 0 || size.height === 0) return undefined;
  const { columns, rows } = fit(size, room);
  if (way === 'iterm') {
    const image = Buffer.from(bytes).toString('base64');
    const how = `inline=1;width=${columns};height=${rows};preserveAspectRatio=1`;
    return { text: `\u001b]1337;File=${how}:${image}\u0007`, rows, undo: '' };
  }
  if (way === 'kitty' && isPng(bytes)) return kitty(bytes, { columns, rows }, passes);
  const scale = way === 'blocks' ? { width: 1, height: 2 } : letter;
  const limits = { maxWidth: columns * scale.width, maxHeight: rows * scale.height };
  const pixels = await toPixels(bytes, limits);
  if (pixels === undefined) return undefined;
  if (way === 'kitty') return kitty(encodePng({ ...pixels, rgb: onGrey(pixels.rgba) }), { columns, rows }, passes);
  if (way === 'sixel') return { text: sixels(pixels), rows: Math.ceil(pixels.height / (letter.height - 2)), undo: '' };
  const lines = halfBlocks(pixels, hasTrueColour(env));
  return { text: lines.join('\r\n'), rows: lines.length, undo: '' };
}

/** As large as it is, and no larger than the room. */
function fit(size: { readonly width: number; readonly height: number }, room: Room): Room {
  const natural = { columns: Math.max(size.width / letter.width, 16), rows: Math.max(size.height / letter.height, 4) };
  const scale = Math.min(1, room.columns / natural.columns, room.rows / natural.rows);
  const columns = Math.max(Math.floor(natural.columns * scale), 1);
  return { columns, rows: Math.max(Math.round((columns * size.height) / size.width / 2), 1) };
}

/** The number under which the terminal keeps one that passes: the next one takes its place. */
const kittyImage = 3107;

function kitty(png: Uint8Array, { columns, rows }: Room, passes: boolean): DrawnPicture {
  const image = Buffer.from(png).toString('base64');
  let text = '';
  for (let at = 0; at < image.length; at += 4096) {
    const more = at + 4096 < image.length ? 1 : 0;
    const head = at === 0 ? `f=100,a=T,${passes ? `i=${kittyImage},` : ''}q=2,C=1,c=${columns},r=${rows},` : '';
    text += `\u001b_G${head}m=${more};${image.slice(at, at + 4096)}\u001b\\`;
  }
  return { text, rows, undo: passes ? `\u001b_Ga=d,d=I,i=${kittyImage},q=2\u001b\\` : '' };
}

const hasTrueColour = (env: Terminal['env']): boolean =>
  /truecolor|24bit/i.test(env['COLORTERM'] ?? '') || /-direct$/.test(env['TERM'] ?? '');
