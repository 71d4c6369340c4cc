// The rows of a PNG: where interlacing puts them, what their filters mean, and any colour type as 8-bit RGBA.

export type Header = {
  readonly width: number;
  readonly height: number;
  /** Bits of one sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly color: number;
  readonly isInterlaced: boolean;
  readonly palette: Uint8Array | undefined;
  /** Alphas of the palette, or the one colour that is transparent. */
  readonly transparency: Uint8Array | undefined;
};

/** One image of rows: all of it, or one of the seven that an interlaced image comes in. */
export type Pass = {
  readonly left: number;
  readonly top: number;
  /** From one pixel, and one row, of the pass to the next. */
  readonly right: number;
  readonly down: number;
  readonly width: number;
  readonly height: number;
  /** Of a row, without its filter type. */
  readonly bytes: number;
  /** From a byte to the one of the pixel before. */
  readonly step: number;
};

const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** left, top, right, down of the seven passes. */
const adam7 = [
  [0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2],
] as const; // prettier-ignore

export function passesOf({ width, height, depth, color, isInterlaced }: Header): readonly Pass[] {
  const bits = depth * (channels[color] ?? 1);
  return (isInterlaced ? adam7 : ([[0, 0, 1, 1]] as const)).flatMap(([left, top, right, down]) => {
    const [across, rows] = [Math.ceil((width - left) / right), Math.ceil((height - top) / down)];
    if (across <= 0 || rows <= 0) return [];
    const bytes = Math.ceil((across * bits) / 8);
    return [{ left, top, right, down, width: across, height: rows, bytes, step: Math.max(1, bits >> 3) }];
  });
}

/** Undoes a row's filter in place; an unknown type leaves the row as it is. */
export function unfilter(type: number, row: Uint8Array, above: Uint8Array, step: number): void {
  for (let i = 0; i < row.length; i++) {
    const left = i < step ? 0 : (row[i - step] ?? 0);
    const up = above[i] ?? 0;
    const corner = i < step ? 0 : (above[i - step] ?? 0);
    const guess =
      type === 1 ? left : type === 2 ? up : type === 3 ? (left + up) >> 1 : type === 4 ? paeth(left, up, corner) : 0;
    row[i] = (row[i] ?? 0) + guess;
  }
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** The pixels of a row. Of 16-bit samples the high byte counts. */
export function toRgba(header: Header, row: Uint8Array, width: number): Uint8Array {
  const { depth, color, palette, transparency } = header;
  const out = new Uint8Array(width * 4);
  const perPixel = channels[color] ?? 1;
  const scale = depth < 8 && color !== 3 ? 255 / (2 ** depth - 1) : 1;
  const sample = (i: number): number => {
    if (depth === 8) return row[i] ?? 0;
    if (depth === 16) return row[i * 2] ?? 0;
    const at = i * depth;
    return ((row[at >> 3] ?? 0) >> (8 - depth - (at & 7))) & (2 ** depth - 1);
  };
  const isClear = color === 3 ? undefined : clearTest(header, row);
  for (let x = 0; x < width; x++) {
    const at = x * perPixel;
    const first = sample(at);
    const to = x * 4;
    if (color === 3) {
      for (let c = 0; c < 3; c++) out[to + c] = palette?.[first * 3 + c] ?? 0;
      out[to + 3] = transparency?.[first] ?? 255;
      continue;
    }
    const isGrey = perPixel < 3;
    for (let c = 0; c < 3; c++) out[to + c] = isGrey ? Math.round(first * scale) : sample(at + c);
    out[to + 3] = perPixel === 2 || perPixel === 4 ? sample(at + perPixel - 1) : isClear?.(x) === true ? 0 : 255;
  }
  return out;
}

/** Of images without alpha, one colour may be transparent: it is compared in all its bits. */
function clearTest({ depth, color, transparency }: Header, row: Uint8Array): ((x: number) => boolean) | undefined {
  const count = channels[color] ?? 1;
  if ((color !== 0 && color !== 2) || transparency === undefined || transparency.length < count * 2) return undefined;
  const wanted = Array.from(
    { length: count },
    (_, c) => ((transparency[c * 2] ?? 0) << 8) | (transparency[c * 2 + 1] ?? 0),
  );
  const full = (i: number): number => {
    if (depth === 16) return ((row[i * 2] ?? 0) << 8) | (row[i * 2 + 1] ?? 0);
    if (depth === 8) return row[i] ?? 0;
    const at = i * depth;
    return ((row[at >> 3] ?? 0) >> (8 - depth - (at & 7))) & (2 ** depth - 1);
  };
  return (x) => wanted.every((value, c) => full(x * count + c) === value);
}
