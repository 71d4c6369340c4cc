// A PNG's pixels, row by row and scaled down while they are read: what a grid, a gallery and a terminal show.
import { createInflate } from 'node:zlib';
import { Readable } from 'node:stream';
import { ComfyGenError } from '../errors.ts';
import { damaged, view } from './bytes.ts';
import { isPng, readChunks } from './png.ts';
import { passesOf, toRgba, unfilter, type Header, type Pass } from './png-rows.ts';

/** The largest image to read (the contract's largest side, squared), and to give back: as it is, and scaled down. */
const most = { source: 16_384 * 16_384, whole: 64 * 1024 ** 2, scaled: 16 * 1024 ** 2 } as const;

/** The image is scaled down, never up, until it fits. */
export type Limits = { readonly maxWidth?: number | undefined; readonly maxHeight?: number | undefined };

/**
 * 8-bit RGBA of a PNG of any colour type, depth and interlacing; undefined for what is no PNG. Memory is bounded by the
 * size that is asked for, not by the file. Throws `bad_input_file` for a damaged or cut one, and for one of more than
 * 268 million pixels, 67 million that are not scaled down, or 16 million when it is.
 */
export async function readPixels(bytes: Uint8Array, limits: Limits = {}): Promise<Rgba | undefined> {
  if (!isPng(bytes)) return undefined;
  const header = readHeader(bytes);
  const canvas = startCanvas(header, limits);
  const isWhole = canvas.width === header.width && canvas.height === header.height;
  if (canvas.width * canvas.height > (isWhole ? most.whole : most.scaled)) throw tooLarge(header);
  const rows = readRows(header, canvas);
  let left = rows.next().value ?? 0;
  let row: Buffer[] = [];
  for await (const chunk of inflated(bytes)) {
    for (let at = 0; at < chunk.length && left > 0; ) {
      const piece = chunk.subarray(at, at + left);
      row.push(piece);
      at += piece.length;
      left -= piece.length;
      if (left > 0) break;
      left = rows.next(row.length === 1 ? piece : Buffer.concat(row)).value ?? 0;
      row = [];
    }
    if (left === 0) break; // more is filling
  }
  if (left > 0) throw damaged('its image data ends too early');
  return canvas.finish();
}

/** Asks for one row after the other: filter type and bytes. Ends behind the last. */
function* readRows(header: Header, canvas: Canvas): Generator<number, undefined, Buffer> {
  for (const pass of passesOf(header)) {
    let above = new Uint8Array(pass.bytes);
    for (let y = 0; y < pass.height; y++) {
      const line = yield pass.bytes + 1;
      const row = new Uint8Array(line.subarray(1)); // a copy: the next row is told as a difference to it
      unfilter(line[0] ?? 0, row, above, pass.step);
      putRow(header, pass, y, row, canvas);
      above = row;
    }
  }
  return undefined;
}

function putRow(header: Header, pass: Pass, y: number, row: Uint8Array, canvas: Canvas): void {
  const rgba = toRgba(header, row, pass.width);
  for (let x = 0; x < pass.width; x++) canvas.put(pass.left + x * pass.right, pass.top + y * pass.down, rgba, x * 4);
}

async function* inflated(bytes: Uint8Array): AsyncGenerator<Buffer> {
  const data = Readable.from(pieces(bytes));
  const inflate = createInflate();
  data.on('error', (error) => inflate.destroy(error));
  try {
    for await (const chunk of data.pipe(inflate)) yield chunk as Buffer; // what a zlib stream gives
  } catch (cause) {
    if (cause instanceof ComfyGenError) throw cause;
    throw damaged('its image data is cut off, or no zlib stream', cause);
  } finally {
    data.destroy();
    inflate.destroy();
  }
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (const { type, data } of readChunks(bytes)) if (type === 'IDAT' && data.length > 0) yield data;
}

function readHeader(bytes: Uint8Array): Header {
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  let head: Uint8Array | undefined;
  for (const { type, data } of readChunks(bytes)) {
    if (type === 'IHDR') head ??= data;
    if (type === 'PLTE') palette ??= data;
    if (type === 'tRNS') transparency ??= data;
  }
  if (head === undefined || head.length < 13) throw damaged('it has no head');
  const v = view(head);
  const header = {
    width: v.getUint32(0),
    height: v.getUint32(4),
    depth: v.getUint8(8),
    color: v.getUint8(9),
    isInterlaced: v.getUint8(12) === 1,
    palette,
    transparency,
  };
  checkHeader(header);
  return header;
}

const depths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

function checkHeader(header: Header): void {
  const { width, height, depth, color } = header;
  if (width === 0 || height === 0) throw damaged('it has no pixels');
  if (depths[color]?.includes(depth) !== true) throw damaged(`it has no colours that there are (${color}, ${depth})`);
  if (color === 3 && header.palette === undefined) throw damaged('it has no palette');
  if (width * height > most.source) throw tooLarge(header);
}

function tooLarge({ width, height }: Header): ComfyGenError {
  return new ComfyGenError('bad_input_file', `the image is too large to be read (${width}x${height})`);
}

/** 8 bits a channel, red, green, blue, alpha, row by row from the top. */
export type Rgba = { readonly width: number; readonly height: number; readonly rgba: Uint8Array };

type Canvas = {
  readonly width: number;
  readonly height: number;
  /** The pixel at x, y of the large image: four bytes of `rgba` from `at`. */
  readonly put: (x: number, y: number, rgba: Uint8Array, at: number) => void;
  readonly finish: () => Rgba;
};

/** Pixels that come in any order, averaged into a smaller image. */
function startCanvas(
  from: { readonly width: number; readonly height: number },
  limits: { readonly maxWidth?: number | undefined; readonly maxHeight?: number | undefined },
): Canvas {
  const { maxWidth = Infinity, maxHeight = Infinity } = limits;
  const scale = Math.min(1, maxWidth / from.width, maxHeight / from.height);
  const side = (length: number): number => Math.min(length, Math.max(1, Math.round(length * scale)));
  const [width, height] = [side(from.width), side(from.height)];
  return width === from.width && height === from.height
    ? plainCanvas(width, height)
    : averagingCanvas(from, width, height);
}

function plainCanvas(width: number, height: number): Canvas {
  let rgba: Uint8Array | undefined; // not before the first pixel: who asks for too much is refused first
  const put: Canvas['put'] = (x, y, pixel, at) => {
    rgba ??= new Uint8Array(width * height * 4);
    const to = (y * width + x) * 4;
    for (let c = 0; c < 4; c++) rgba[to + c] = pixel[at + c] ?? 0;
  };
  return { width, height, put, finish: () => ({ width, height, rgba: rgba ?? new Uint8Array(width * height * 4) }) };
}

/** Each pixel counts for the one that it falls into; colours by their alpha, for what is transparent has none. */
function averagingCanvas(from: { width: number; height: number }, width: number, height: number): Canvas {
  const each = Math.ceil(from.width / width) * Math.ceil(from.height / height);
  const isSmall = each * 255 * 255 < 2 ** 32; // half the memory
  let sums: Float64Array | Uint32Array | undefined;
  const put: Canvas['put'] = (x, y, pixel, at) => {
    sums ??= isSmall ? new Uint32Array(width * height * 5) : new Float64Array(width * height * 5);
    const across = Math.floor((x * width) / from.width);
    const to = (Math.floor((y * height) / from.height) * width + across) * 5;
    const alpha = pixel[at + 3] ?? 0;
    for (let c = 0; c < 3; c++) sums[to + c] = (sums[to + c] ?? 0) + (pixel[at + c] ?? 0) * alpha;
    sums[to + 3] = (sums[to + 3] ?? 0) + alpha;
    sums[to + 4] = (sums[to + 4] ?? 0) + 1;
  };
  const finish = (): Rgba => {
    const rgba = new Uint8Array(width * height * 4);
    for (let i = 0; i < width * height; i++) {
      const alpha = sums?.[i * 5 + 3] ?? 0;
      for (let c = 0; c < 3; c++) rgba[i * 4 + c] = alpha === 0 ? 0 : Math.round((sums?.[i * 5 + c] ?? 0) / alpha);
      rgba[i * 4 + 3] = Math.round(alpha / Math.max(1, sums?.[i * 5 + 4] ?? 0));
    }
    return { width, height, rgba };
  };
  return { width, height, put, finish };
}
