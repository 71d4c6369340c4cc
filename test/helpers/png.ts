// PNG files of every colour type, depth, filter and interlacing, made from samples: what our own writer does not write.
import { deflateSync } from 'node:zlib';
import { writeChunks, type PngChunk } from '../../src/media/png.ts';

export type Form = {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly color: number;
  readonly interlaced?: boolean;
  readonly chunks?: readonly PngChunk[];
};

const perPixel: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const passes: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** `sample(x, y, channel)` in the depth's own range. Rows take the five filters in turn. */
export function makePng(form: Form, sample: (x: number, y: number, channel: number) => number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(form.width, 0);
  head.writeUInt32BE(form.height, 4);
  head.set([form.depth, form.color, 0, 0, form.interlaced === true ? 1 : 0], 8);
  const rows = (form.interlaced === true ? passes : ([[0, 0, 1, 1]] as const)).map((pass) =>
    passRows(form, pass, sample),
  );
  const data = deflateSync(Buffer.concat(rows));
  const cut = Math.floor(data.length / 2); // in two chunks, as long ones come
  return Buffer.from(
    writeChunks([
      { type: 'IHDR', data: head },
      ...(form.chunks ?? []),
      { type: 'IDAT', data: data.subarray(0, cut) },
      { type: 'IDAT', data: data.subarray(cut) },
      { type: 'IEND', data: new Uint8Array() },
    ]),
  );
}

function passRows(
  { width, height, depth, color }: Form,
  [left, top, right, down]: readonly [number, number, number, number],
  sample: (x: number, y: number, channel: number) => number,
): Buffer {
  const channels = perPixel[color] ?? 1;
  const rows: Buffer[] = [];
  const xs = Array.from({ length: width }, (_, x) => x).filter((x) => x >= left && (x - left) % right === 0);
  let above: Buffer | undefined;
  for (let y = top; y < height && xs.length > 0; y += down) {
    const bits = xs.flatMap((x) =>
      Array.from({ length: channels }, (_, c) => sample(x, y, c).toString(2).padStart(depth, '0')),
    );
    const bytes = bits.join('').match(/.{1,8}/g) ?? [];
    const row = Buffer.from(bytes.map((b) => parseInt(b.padEnd(8, '0'), 2)));
    const filter = rows.length % 5;
    rows.push(
      Buffer.from([
        filter,
        ...filtered(filter, row, above ?? Buffer.alloc(row.length), Math.max(1, (depth * channels) >> 3)),
      ]),
    );
    above = row;
  }
  return Buffer.concat(rows);
}

function filtered(type: number, row: Buffer, above: Buffer, step: number): number[] {
  return [...row].map((value, i) => {
    const [a, b, c] = [row[i - step] ?? 0, above[i] ?? 0, above[i - step] ?? 0];
    const p = a + b - c;
    const near = [a, b, c].reduce((best, v) => (Math.abs(p - v) < Math.abs(p - best) ? v : best), a);
    return (value - ([0, a, b, Math.floor((a + b) / 2), near][type] ?? 0)) & 255;
  });
}
