// Texts of a PNG: tEXt, zTXt, iTXt, the `comf` chunk of animated ones, and EXIF (section 10).
import { inflateSync } from 'node:zlib';
import { countPieces, damaged, decodeText, latin1, maxText, part, view, word, type Texts } from './bytes.ts';
import { readExif } from './exif.ts';

const signatureLength = 8;
type Budget = { left: number };

export function readPngTexts(bytes: Uint8Array): Texts {
  const texts: Texts = new Map();
  const budget: Budget = { left: maxText };
  const count = countPieces('PNG chunks');
  for (let at = signatureLength; ; ) {
    count();
    const head = part(bytes, at, 8, 'a PNG chunk');
    const type = word(head, 4);
    const length = view(head).getUint32(0);
    const data = part(bytes, at + 8, length, `the PNG chunk ${JSON.stringify(type)}`);
    part(bytes, at + 8 + length, 4, 'the checksum of a PNG chunk');
    if (type === 'IEND') return texts;
    if (type === 'eXIf') for (const [key, text] of readExif(data)) texts.set(key, text);
    const entry = readChunk(type, data, budget);
    if (entry !== undefined) texts.set(...entry);
    at += 12 + length;
  }
}

function readChunk(type: string, data: Uint8Array, budget: Budget): [string, string] | undefined {
  const end = data.indexOf(0);
  if (end < 1 || !['tEXt', 'zTXt', 'iTXt', 'comf'].includes(type)) return undefined;
  const key = latin1(data.subarray(0, end)).toLowerCase();
  const rest = data.subarray(end + 1);
  if (type === 'zTXt') return [key, decodeText(inflate(rest.subarray(1), budget))]; // after the method, always 0
  return [key, type === 'iTXt' ? international(rest, budget) : decodeText(rest)];
}

/** Flag, method, language, translated keyword, text. */
function international(data: Uint8Array, budget: Budget): string {
  const language = data.indexOf(0, 2);
  const keyword = language === -1 ? -1 : data.indexOf(0, language + 1);
  if (keyword === -1) throw damaged('a PNG text has no end of its keyword');
  const text = data.subarray(keyword + 1);
  return decodeText(data[0] === 1 ? inflate(text, budget) : text);
}

/** All texts of a file share one limit: many small bombs are a bomb. */
function inflate(data: Uint8Array, budget: Budget): Uint8Array {
  try {
    const text = inflateSync(data, { maxOutputLength: Math.max(1, budget.left) });
    budget.left -= text.length;
    return text;
  } catch (cause) {
    throw damaged('a compressed text is no zlib stream, or larger than any text should be', cause);
  }
}
