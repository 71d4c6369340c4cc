// Is a file what its name says: signature, end, announced length; and how large is the image.
import { latin1, view } from './bytes.ts';
import { isOnItsSide } from './exif.ts';
import { heifSize } from './heif.ts';
import { mediaFormat, isHtml, sniffedBytes, type MediaFormat } from './sniff.ts';
import { findEnd, type EndFinder } from './whole.ts';

export type Wrong = { readonly truncated: boolean; readonly message: string };

/** A check that goes along with a download. */
export type FileCheck = {
  readonly push: (chunk: Uint8Array) => void;
  /** What is wrong with all that came; undefined when nothing is. */
  readonly wrong: () => Wrong | undefined;
};

/** Endings of images and what may stand behind them; another image under such a name is no reason to throw it away. */
const images: Readonly<Record<string, MediaFormat>> = {
  png: 'png',
  jpg: 'jpeg',
  jpeg: 'jpeg',
  webp: 'webp',
  gif: 'gif',
};
/** What may hold a web page, or nothing at all, and be right. */
const mayBeHtml = /^(?:html?|xhtml|xht|mhtml|svg|xml|txt|text|md|rst|log|vue)$/;
const mayBeEmpty =
  /^(?:txt|text|md|rst|log|csv|tsv|json|jsonl|ya?ml|toml|ini|xml|html?|srt|vtt|lrc|ass|ssa|css|js|py)$/;

/** What is wrong with a whole file in memory. */
export function checkFile(filename: string, bytes: Uint8Array): Wrong | undefined {
  const check = startCheck(filename);
  check.push(bytes);
  return check.wrong();
}

export function startCheck(filename: string): FileCheck {
  const extension = /\.([a-z0-9]+)$/i.exec(filename)?.[1]?.toLowerCase() ?? '';
  let head = Buffer.alloc(0);
  let size = 0;
  let end: EndFinder | undefined;
  const startEnd = (): EndFinder => {
    const finder = findEnd(mediaFormat(head));
    finder.push(head);
    return finder;
  };
  const push = (chunk: Uint8Array): void => {
    const wanted = Math.max(0, sniffedBytes - size);
    size += chunk.length;
    if (end !== undefined) return end.push(chunk);
    head = Buffer.concat([head, chunk.subarray(0, wanted)]);
    if (size < sniffedBytes) return;
    end = startEnd();
    end.push(chunk.subarray(wanted));
  };
  return { push, wrong: () => wrongOf(extension, head, size, (end ?? startEnd()).sawEnd()) };
}

function wrongOf(extension: string, head: Uint8Array, size: number, sawEnd: boolean | undefined): Wrong | undefined {
  if (size === 0) return mayBeEmpty.test(extension) ? undefined : { truncated: true, message: 'is empty' };
  if (isHtml(head) && !mayBeHtml.test(extension)) {
    const what = Object.hasOwn(images, extension)
      ? `is no ${extension.toUpperCase()} picture but a web page`
      : undefined;
    return { truncated: false, message: what ?? 'is a web page, not the file' };
  }
  if (Object.hasOwn(images, extension) && mediaFormat(head) === undefined)
    return { truncated: false, message: `is no ${extension.toUpperCase()} picture` };
  return sawEnd === false ? { truncated: true, message: `is cut off (${size} bytes, no end)` } : undefined;
}

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

/** Width and height as programs show it: a photo may lie on its side and say so. */
export function shownSize(bytes: Uint8Array): Size | undefined {
  const size = imageSize(bytes);
  if (size === undefined || mediaFormat(bytes) !== 'jpeg' || !isOnItsSide(bytes)) return size;
  return { width: size.height, height: size.width };
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
