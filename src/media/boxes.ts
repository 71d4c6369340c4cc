// Boxes of the ISO base media format, which MP4, MOV, AVIF and HEIF are made of: length, four letters, data.
import { countPieces, damaged, part, view, word } from './bytes.ts';

export type Box = { readonly type: string; readonly data: Uint8Array };

const maxBoxes = 100_000;

/** Boxes one after the other; keeps those of one type, or all of them. `what` names the file in a refusal. */
export function boxes(bytes: Uint8Array, what: string, wanted?: string): Box[] {
  const found: Box[] = [];
  const v = view(bytes);
  const count = countPieces(`${what} boxes`);
  for (let at = 0; at + 8 <= bytes.length; ) {
    count();
    const short = v.getUint32(at);
    const type = word(bytes, at + 4);
    if (short === 0 && type === '\0\0\0\0') break; // zeros may end a list
    const head = short === 1 ? 16 : 8;
    if (short === 1) part(bytes, at, 16, `a box of the ${what}`);
    const length = short === 1 ? Number(v.getBigUint64(at + 8)) : short === 0 ? bytes.length - at : short;
    if (length < head) throw damaged(`a box of the ${what} is shorter than its own head`);
    const data = part(bytes, at + head, length - head, `the box ${JSON.stringify(type)} of the ${what}`);
    if (wanted === undefined || wanted === type) found.push({ type, data });
    if (found.length > maxBoxes) throw damaged(`the ${what} has more boxes than any file needs`);
    at += length;
  }
  return found;
}
