// How large an image is, in pixels, from its head.
import { latin1, view } from './bytes.ts';
import { heifSize } from './heif.ts';
import { mediaFormat } from './sniff.ts';

export type Size = { readonly width: number; readonly height: number };

/** Width and height of a PNG, JPEG, WebP, GIF, BMP, AVIF or HEIF; undefined for others, and where the head is too short. */
export function imageSize(head: Uint8Array): Size | undefined {
  try {
    switch (mediaFormat(head)) {
      case 'png':
        return { width: view(head).getUint32(16), height: view(head).getUint32(20) };
      case 'gif':
        return { width: view(head).getUint16(6, true), height: view(head).getUint16(8, true) };
      case 'bmp':
        return bmpSize(head);
      case 'webp':
        return webpSize(head);
      case 'jpeg':
        return jpegSize(head);
      case 'avif':
      case 'heif':
        return heifSize(head);
      default:
        return undefined;
    }
  } catch {
    return undefined; // a head too short for its own header
  }
}

function webpSize(head: Uint8Array): Size | undefined {
  const v = view(head);
  const form = latin1(head.subarray(12, 16));
  if (form === 'VP8X')
    return { width: 1 + (v.getUint32(24, true) & 0xffffff), height: 1 + (v.getUint32(26, true) >>> 8) };
  if (form === 'VP8 ') return { width: v.getUint16(26, true) & 0x3fff, height: v.getUint16(28, true) & 0x3fff };
  if (form !== 'VP8L') return undefined;
  const bits = v.getUint32(21, true);
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
}

function jpegSize(head: Uint8Array): Size | undefined {
  const v = view(head);
  for (let at = 2; at + 9 < head.length; ) {
    if (head[at] !== 0xff) return undefined;
    const marker = head[at + 1] ?? 0;
    if (marker === 0xff) {
      at++; // filling
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: v.getUint16(at + 7), height: v.getUint16(at + 5) };
    at += 2 + v.getUint16(at + 2);
  }
  return undefined;
}

/** Rows that run downwards have a negative height. The oldest heads count in two bytes. */
function bmpSize(head: Uint8Array): Size {
  const v = view(head);
  if (v.getUint32(14, true) === 12) return { width: v.getUint16(18, true), height: v.getUint16(20, true) };
  return { width: v.getInt32(18, true), height: Math.abs(v.getInt32(22, true)) };
}
