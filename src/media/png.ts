// PNG on the level of chunks: read, write, check the end, and encode the pictures that we draw ourselves.
import { crc32, deflateSync } from 'node:zlib';
import { countPieces } from './bytes.ts';

export type PngChunk = { readonly type: string; readonly data: Uint8Array };

/** 8-bit RGB, row by row from the top. */
export type Pixels = { readonly width: number; readonly height: number; readonly rgb: Uint8Array };
type WithAlpha = { readonly width: number; readonly height: number; readonly rgba: Uint8Array };

const signature = Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1');
const end = Buffer.from('\u0000\u0000\u0000\u0000IEND\u00ae\u0042\u0060\u0082', 'latin1');

export function isPng(bytes: Uint8Array): boolean {
  return signature.equals(bytes.subarray(0, signature.length));
}

/** Does `tail`, the last bytes of a file, close a PNG? Bytes behind the end are allowed. */
export function hasPngEnd(tail: Uint8Array): boolean {
  return asBuffer(tail).includes(end);
}

/** The chunks up to IEND, or up to where the file is cut off. Empty for what is no PNG. Throws `bad_input_file` at a million. */
export function readChunks(bytes: Uint8Array): readonly PngChunk[] {
  if (!isPng(bytes)) return [];
  const buffer = asBuffer(bytes);
  const chunks: PngChunk[] = [];
  const count = countPieces('PNG chunks');
  for (let at = signature.length; at + 12 <= buffer.length; ) {
    count();
    const length = buffer.readUInt32BE(at);
    if (at + 12 + length > buffer.length) break;
    const type = buffer.toString('latin1', at + 4, at + 8);
    chunks.push({ type, data: buffer.subarray(at + 8, at + 8 + length) });
    if (type === 'IEND') break;
    at += 12 + length;
  }
  return chunks;
}

/** A whole file of these chunks. */
export function writeChunks(chunks: readonly PngChunk[]): Uint8Array {
  return Buffer.concat([signature, ...chunks.map(encodeChunk)]);
}

export function encodeChunk({ type, data }: PngChunk): Uint8Array {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** A `tEXt` chunk: Latin-1 only; who has more escapes it first, as ComfyUI does. */
export function textChunk(keyword: string, text: string): PngChunk {
  return { type: 'tEXt', data: Buffer.from(`${keyword}\u0000${text}`, 'latin1') };
}

/** Pixels as a PNG file. The level is low: speed counts for a picture that is drawn on the fly. */
export function encodePng(pixels: Pixels | WithAlpha, text: Readonly<Record<string, string>> = {}): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(pixels.width, 0);
  header.writeUInt32BE(pixels.height, 4);
  header.set([8, 'rgba' in pixels ? 6 : 2, 0, 0, 0], 8); // 8 bits a channel
  return writeChunks([
    { type: 'IHDR', data: header },
    ...Object.entries(text).map(([keyword, value]) => textChunk(keyword, value)),
    { type: 'IDAT', data: deflateSync(filtered(pixels), { level: 2 }) },
    { type: 'IEND', data: new Uint8Array() },
  ]);
}

/** Each row as its difference to the row above (filter 2): smooth pictures shrink to a fraction. */
function filtered(pixels: Pixels | WithAlpha): Uint8Array {
  const { width, height } = pixels;
  const [bytes, stride] = 'rgba' in pixels ? [pixels.rgba, width * 4] : [pixels.rgb, width * 3];
  const out = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const to = y * (stride + 1);
    const from = y * stride;
    out[to] = y === 0 ? 0 : 2;
    if (y === 0) out.set(bytes.subarray(0, stride), 1);
    else for (let x = 0; x < stride; x++) out[to + 1 + x] = (bytes[from + x] ?? 0) - (bytes[from - stride + x] ?? 0);
  }
  return out;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
