// Pixels as sixels, the picture format of many terminals since the VT340: bands of six rows, a colour at a time.
import type { Rgba } from '../../media/pixels.ts';
import { onGrey } from '../../media/transcode.ts';

/** Steps a channel; their cube is the palette, of which old terminals take 256 colours. */
const steps = 6;
/** Ordered dithering: what falls between two steps becomes a pattern of both. */
const pattern = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5] as const;

export function sixels(image: Rgba): string {
  const { width, height } = image;
  const colours = paletted(image);
  const bands: string[] = [];
  for (let top = 0; top < height; top += 6) bands.push(band(colours, width, top, Math.min(6, height - top)));
  const percent = (step: number): number => Math.round((step * 100) / (steps - 1));
  const used = [...new Set(colours)];
  const palette = used.map((colour) => {
    const [r, g, b] = [Math.floor(colour / 36), Math.floor(colour / 6) % 6, colour % 6].map(percent);
    return `#${colour};2;${r ?? 0};${g ?? 0};${b ?? 0}`;
  });
  return `\u001bP0;1q"1;1;${width};${height}${palette.join('')}${bands.join('-')}\u001b\\`;
}

/** A number of the cube for each pixel. */
function paletted({ width, rgba }: Rgba): Uint8Array {
  const rgb = onGrey(rgba);
  const colours = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < colours.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const nudge = ((pattern[(y % 4) * 4 + (x % 4)] ?? 0) + 0.5) / 16;
    const step = (c: number): number =>
      Math.min(steps - 1, Math.floor(((rgb[i * 3 + c] ?? 0) / 255) * (steps - 1) + nudge));
    colours[i] = step(0) * 36 + step(1) * 6 + step(2);
  }
  return colours;
}

/** Each colour of the band as a row of letters, each letter six pixels from the top, one bit each. */
function band(colours: Uint8Array, width: number, top: number, rows: number): string {
  const found = new Map<number, Uint8Array>();
  for (let row = 0; row < rows; row++) {
    for (let x = 0; x < width; x++) {
      const colour = colours[(top + row) * width + x] ?? 0;
      const bits = found.get(colour) ?? new Uint8Array(width);
      bits[x] = (bits[x] ?? 0) | (1 << row);
      found.set(colour, bits);
    }
  }
  return [...found].map(([colour, bits]) => `#${colour}${runs(bits)}`).join('$');
}

/** `!12~` for twelve alike. */
function runs(bits: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bits.length; ) {
    let end = at + 1;
    while (end < bits.length && bits[end] === bits[at]) end++;
    const letter = String.fromCharCode(63 + (bits[at] ?? 0));
    text += end - at > 3 ? `!${end - at}${letter}` : letter.repeat(end - at);
    at = end;
  }
  return text;
}
