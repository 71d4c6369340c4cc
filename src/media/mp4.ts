// Boxes of the ISO base media format, which MP4, MOV, AVIF, HEIF and JPEG XL are made of; and the texts of an MP4 or MOV.
import { countPieces, damaged, decodeText, note, salvage, upTo, view, word, type Found } from './bytes.ts';

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

/** What some four-letter keys mean. */
const letters: Readonly<Record<string, string>> = { '\u00a9cmt': 'comment', '\u00a9nam': 'title', desc: 'description' };

/** `moov/udta/meta` and `moov/meta`, keys by number or by four letters. */
export function readMp4Texts(bytes: Uint8Array, found: Found): void {
  for (const moov of boxes(bytes, found, 'moov')) {
    const user = boxes(moov.data, found, 'udta').flatMap((b) => boxes(b.data, found, 'meta'));
    for (const meta of [...boxes(moov.data, found, 'meta'), ...user]) readMeta(meta.data, found);
  }
}

/** QuickTime writes `meta` without the four bytes of version and flags. */
function readMeta(data: Uint8Array, found: Found): void {
  const inside = word(data, 4) === 'hdlr' ? data : data.subarray(4);
  const keys = boxes(inside, found, 'keys').flatMap((b) => readKeys(b.data, found));
  for (const item of boxes(inside, found, 'ilst').flatMap((b) => boxes(b.data, found))) {
    const number = view(Buffer.from(item.type, 'latin1')).getUint32(0);
    const key = keys[number - 1] ?? letters[item.type] ?? item.type;
    const [value] = boxes(item.data, found, 'data');
    if (value === undefined || value.data.length < 8) continue;
    salvage(found, () => found.texts.set(key.toLowerCase(), decodeText(value.data.subarray(8)))); // after type and locale
  }
}

function readKeys(data: Uint8Array, found: Found): string[] {
  const count = data.length < 8 ? 0 : view(data).getUint32(4);
  const keys = boxes(data.subarray(8), found).map((b) => decodeText(b.data));
  if (keys.length < count) note(found, damaged(`the MP4 announces ${count} keys and has ${keys.length}`));
  return keys;
}
