// Is a file what its name says: signature, end, announced length.
import { mediaFormat, isHtml, sniffedBytes, type MediaFormat } from './sniff.ts';
import { findEnd, type EndFinder } from './whole.ts';

export { imageSize } from './size.ts';

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
