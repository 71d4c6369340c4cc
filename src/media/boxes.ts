// Boxes of the ISO base media format, which MP4, MOV, AVIF, HEIF and JPEG XL are made of: length, four letters, data.
import { countPieces, damaged, note, upTo, view, word, type Found } from './bytes.ts';

export type Box = { readonly type: string; readonly data: Uint8Array };

const maxBoxes = 100_000;

/** Boxes one after the other, up to the first that cannot be one; keeps those of one type, or all of them. */
export function boxes(bytes: Uint8Array, found: Found, wanted?: string): Box[] {
  const all: Box[] = [];
  const v = view(bytes);
  const count = countPieces('boxes');
  for (let at = 0; at + 8 <= bytes.length; ) {
    count();
    const short = v.getUint32(at);
    const type = word(bytes, at + 4);
    if (short === 0 && type === '\0\0\0\0') break; // zeros may end a list
    const head = short === 1 ? 16 : 8;
    const isCut = at + head > bytes.length;
    const length = isCut ? 0 : short === 1 ? Number(v.getBigUint64(at + 8)) : short === 0 ? bytes.length - at : short;
    if (length < head) {
      note(found, damaged(`the box ${JSON.stringify(type)} is shorter than its own head`));
      break;
    }
    const data = upTo(bytes, at + head, length - head, `the box ${JSON.stringify(type)}`, found);
    if (wanted === undefined || wanted === type) all.push({ type, data });
    if (all.length > maxBoxes) throw damaged('it has more boxes than any file needs');
    at += length;
  }
  return all;
}
