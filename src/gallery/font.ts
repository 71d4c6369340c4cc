// Letters of five columns by seven rows, drawn on pictures of our own: a digit of base 32 a row, the left column its highest bit.
import type { Pixels } from '../media/png.ts';

const glyphs: Readonly<Record<string, string>> = {
  A: 'ehhvhhh', B: 'uhhuhhu', C: 'ehggghe', D: 'uhhhhhu', E: 'vgguggv', F: 'vgguggg', G: 'ehgnhhe', H: 'hhhvhhh',
  I: 'e44444e', J: '72222ic', K: 'hikokih', L: 'ggggggv', M: 'hrllhhh', N: 'hhpljhh', O: 'ehhhhhe', P: 'uhhuggg',
  Q: 'ehhhlid', R: 'uhhukih', S: 'fgge11u', T: 'v444444', U: 'hhhhhhe', V: 'hhhhha4', W: 'hhhllla', X: 'hha4ahh',
  Y: 'hha4444', Z: 'v1248gv', a: '00e1fhf', b: 'ggmphhu', c: '00egghe', d: '11djhhf', e: '00ehvge', f: '698s888',
  g: '0fhhf1e', h: 'ggmphhh', i: '40c444e', j: '20622ic', k: 'ggikoki', l: 'c44444e', m: '00qllhh', n: '00mphhh',
  o: '00ehhhe', p: '00uhugg', q: '00djf11', r: '00mpggg', s: '00ege1u', t: '88s8896', u: '00hhhjd', v: '00hhha4',
  w: '00hhlla', x: '00ha4ah', y: '00hhf1e', z: '00v248v', 0: 'ehjlphe', 1: '4c4444e', 2: 'eh1248v', 3: 'v2421he',
  4: '26aiv22', 5: 'vgu11he', 6: '68guhhe', 7: 'v124888', 8: 'ehhehhe', 9: 'ehhf12c', '!': '4444004', '"': 'aaa0000',
  '#': 'aavavaa', $: '4fke5u4', '%': 'op248j3', '&': 'cik8lid', "'": '4480000', '(': '2488842', ')': '8422248',
  '*': '04lel40', '+': '044v440', ',': '0000c48', '-': '000v000', '.': '00000cc', '/': '01248g0', ':': '0cc0cc0',
  ';': '0cc0c48', '<': '248g842', '=': '00v0v00', '>': '8421248', '?': 'eh12404', '@': 'eh1dlle', '[': 'e88888e',
  '\\': '0g84210', ']': 'e22222e', '^': '4ah0000', _: '000000v', '`': '8420000', '{': '2448442', '|': '4444444',
  '}': '8442448', '~': '008l200', ' ': '0000000',
}; // prettier-ignore

/** From one letter to the next, and a line's height, in pixels at scale 1. */
export const letter = { width: 6, height: 9 } as const;

/** Letters that can be drawn: accents fall off, what is in no table here is `?`. */
function drawable(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}+/gu, '');
  return Array.from(plain, (char) => (Object.hasOwn(glyphs, char) ? char : /\s/.test(char) ? ' ' : '?')).join('');
}

/** The text cut to so many pixels, with `..` where something is missing. */
export function fitted(text: string, width: number, scale: number): string {
  const room = Math.max(1, Math.floor(width / (letter.width * scale)));
  const plain = drawable(text);
  return plain.length <= room ? plain : `${plain.slice(0, Math.max(room - 2, 0))}..`.slice(0, room);
}

type At = { readonly left: number; readonly top: number; readonly scale: number; readonly grey: number };

/** Writes one line; what lies beyond the picture's edge is left out. */
export function drawText({ width, height, rgb }: Pixels, text: string, { left, top, scale, grey }: At): void {
  for (const [i, char] of Array.from(text).entries()) {
    for (let row = 0; row < 7 * scale; row++) {
      const bits = parseInt((glyphs[char] ?? '0000000').charAt(Math.floor(row / scale)), 32);
      for (let column = 0; column < 5 * scale; column++) {
        const [x, y] = [left + i * letter.width * scale + column, top + row];
        if (((bits >> (4 - Math.floor(column / scale))) & 1) === 0 || x < 0 || x >= width || y < 0 || y >= height)
          continue;
        rgb.fill(grey, (y * width + x) * 3, (y * width + x) * 3 + 3);
      }
    }
  }
}
