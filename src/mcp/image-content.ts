// A saved image as an agent sees it: scaled down where sharp is installed, as it is where it is small, else its path alone.
import { readFile, stat } from 'node:fs/promises';
import { shrink } from '../media/transcode.ts';
import { mediaFormat } from '../media/sniff.ts';

export type ImageContent = { readonly type: 'image'; readonly data: string; readonly mimeType: string };

const longestSide = 1024;
/** Base64 of more is a burden on who reads it. */
const largestBytes = 750_000;
const largestRead = 256 * 1024 ** 2;

/** Undefined for what is no image, and for one that is large and cannot be scaled down. */
export async function imageContent(path: string): Promise<ImageContent | undefined> {
  const { size } = await stat(path);
  if (size > largestRead) return undefined;
  const bytes = await readFile(path);
  const format = mediaFormat(bytes);
  if (format === undefined || !['png', 'jpeg', 'webp', 'avif', 'gif'].includes(format)) return undefined;
  const small = await shrink(bytes, longestSide).catch(() => undefined);
  if (small !== undefined)
    return { type: 'image', data: Buffer.from(small.bytes).toString('base64'), mimeType: small.mime };
  if (size > largestBytes) return undefined;
  return { type: 'image', data: bytes.toString('base64'), mimeType: `image/${format}` };
}
