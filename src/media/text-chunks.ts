// Texts of a PNG: tEXt, zTXt, iTXt, the `comf` chunk of animated ones, EXIF and XMP.
import { inflateSync } from 'node:zlib';
import {
  countPieces,
  damaged,
  decodeText,
  latin1,
  maxText,
  note,
  salvage,
  upTo,
  view,
  word,
  type Found,
} from './bytes.ts';
import { readExif, readXmp } from './exif.ts';

const signatureLength = 8;
/** One compressed text, and what all of a file may take together: many small bombs are a bomb. */
const most = { inflated: 16 * 1024 * 1024, together: maxText } as const;
type Budget = { left: number };

export function readPngTexts(bytes: Uint8Array, found: Found): void {
  const budget: Budget = { left: most.together };
  const count = countPieces('PNG chunks');
  for (let at = signatureLength; at + 12 <= bytes.length; ) {
    count();
    const type = word(bytes, at + 4);
    const length = view(bytes).getUint32(at);
    if (type === 'IEND') return;
    const data = upTo(bytes, at + 8, length, `the PNG chunk ${JSON.stringify(type)}`, found);
    salvage(found, () => readChunk(type, data, budget, found));
    at += 12 + length;
  }
  note(found, damaged('it has no end'));
}

function readChunk(type: string, data: Uint8Array, budget: Budget, found: Found): void {
  if (type === 'eXIf') return readExif(data, found);
  const end = data.indexOf(0);
  if (end < 1 || !['tEXt', 'zTXt', 'iTXt', 'comf'].includes(type)) return;
  const key = latin1(data.subarray(0, end)).toLowerCase();
  const rest = data.subarray(end + 1);
  const text =
    type === 'zTXt'
      ? decodeText(inflate(rest.subarray(1), budget)) // after the method, always 0
      : type === 'iTXt'
        ? international(rest, budget)
        : decodeText(rest);
  if (key === 'xml:com.adobe.xmp') readXmp(text, found);
  else found.texts.set(key, text);
}

/** Flag, method, language, translated keyword, text. */
function international(data: Uint8Array, budget: Budget): string {
  const language = data.indexOf(0, 2);
  const keyword = language === -1 ? -1 : data.indexOf(0, language + 1);
  if (keyword === -1) throw damaged('a PNG text has no end of its keyword');
  const text = data.subarray(keyword + 1);
  return decodeText(data[0] === 1 ? inflate(text, budget) : text);
}

function inflate(data: Uint8Array, budget: Budget): Uint8Array {
  const max = Math.max(1, Math.min(most.inflated, budget.left));
  try {
    const text = inflateSync(data, { maxOutputLength: max });
    budget.left -= text.length;
    return text;
  } catch (cause) {
    if (cause instanceof RangeError) budget.left -= max; // what was inflated in vain counts
    throw damaged('a compressed text is no zlib stream, or larger than any text should be', cause);
  }
}
