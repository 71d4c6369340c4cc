// Texts of an ID3v2 tag (2.3 and 2.4), which MP3, AAC and some WAV files carry: its TXXX frames.
import { countPieces, damaged, decodeText, decodeWide, part, salvage, upTo, view, word, type Found } from './bytes.ts';

export function readId3Texts(bytes: Uint8Array, found: Found): void {
  const head = part(bytes, 0, 10, 'the ID3 tag');
  const version = head[3] ?? 0;
  const tag = upTo(bytes, 10, sevenBits(head, 6), 'the ID3 tag', found);
  if (version !== 3 && version !== 4) return;
  const count = countPieces('ID3 frames');
  const hasMore = ((head[5] ?? 0) & 0x40) !== 0; // an extended head before the frames; 2.3 does not count its own length
  const first = !hasMore
    ? 0
    : version === 4
      ? sevenBits(tag, 0)
      : 4 + view(part(tag, 0, 4, 'the ID3 tag')).getUint32(0);
  for (let at = first; at + 10 <= tag.length && tag[at] !== 0; ) {
    count();
    const length = version === 4 ? sevenBits(tag, at + 4) : view(tag).getUint32(at + 4);
    const data = upTo(tag, at + 10, length, 'a frame of the ID3 tag', found);
    if (word(tag, at) === 'TXXX') salvage(found, () => addText(data, found));
    at += 10 + length;
  }
}

/** Encoding, description, NUL, text. */
function addText(data: Uint8Array, { texts }: Found): void {
  const encoding = data[0] ?? 0;
  const wide = encoding === 1 || encoding === 2;
  const text = wide ? wideText(data.subarray(1), encoding === 2) : decodeText(data.subarray(1));
  const end = text.indexOf('\0');
  if (end === -1) throw damaged('a text of the ID3 tag has no description');
  texts.set(text.slice(0, end).toLowerCase(), text.slice(end + 1).replace(/^\ufeff/, ''));
}

function wideText(data: Uint8Array, isBig: boolean): string {
  const hasBigMark = data[0] === 0xfe && data[1] === 0xff;
  return decodeWide(data, isBig || hasBigMark);
}

function sevenBits(bytes: Uint8Array, at: number): number {
  return part(bytes, at, 4, 'the ID3 tag').reduce((size, byte) => size * 128 + (byte & 0x7f), 0);
}
