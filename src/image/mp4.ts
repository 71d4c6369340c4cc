// Texts of an MP4 or MOV: `moov/udta/meta` and `moov/meta`, keys by number or by four letters.
import { damaged, decodeText, latin1, part, view, word, type Texts } from './bytes.ts';

type Box = { readonly type: string; readonly data: Uint8Array };

/** What some four-letter keys mean. */
const letters: Readonly<Record<string, string>> = { '\u00a9cmt': 'comment', '\u00a9nam': 'title', desc: 'description' };

export function readMp4Texts(bytes: Uint8Array): Texts {
  const texts: Texts = new Map();
  for (const moov of boxes(bytes).filter((b) => b.type === 'moov')) {
    const inside = boxes(moov.data);
    const user = inside.filter((b) => b.type === 'udta').flatMap((b) => boxes(b.data));
    for (const meta of [...inside, ...user].filter((b) => b.type === 'meta')) readMeta(meta.data, texts);
  }
  return texts;
}

/** Boxes one after the other: length, four letters, data. */
function boxes(bytes: Uint8Array): Box[] {
  const found: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const v = view(bytes);
    const short = v.getUint32(at);
    const head = short === 1 ? 16 : 8;
    if (short === 1) part(bytes, at, 16, 'a box of the MP4');
    const length = short === 1 ? Number(v.getBigUint64(at + 8)) : short === 0 ? bytes.length - at : short;
    if (length < head) {
      if (short === 0 || latin1(bytes.subarray(at, at + 4)) === '\0\0\0\0') break; // udta may end with four zeros
      throw damaged('a box of the MP4 is shorter than its own head');
    }
    const type = word(bytes, at + 4);
    found.push({ type, data: part(bytes, at + head, length - head, `the box ${JSON.stringify(type)} of the MP4`) });
    at += length;
  }
  return found;
}

/** QuickTime writes `meta` without the four bytes of version and flags. */
function readMeta(data: Uint8Array, texts: Texts): void {
  const inside = boxes(word(data, 4) === 'hdlr' ? data : data.subarray(4));
  const keys = inside.filter((b) => b.type === 'keys').flatMap((b) => readKeys(b.data));
  for (const item of inside.filter((b) => b.type === 'ilst').flatMap((b) => boxes(b.data))) {
    const number = view(Buffer.from(item.type, 'latin1')).getUint32(0);
    const key = keys[number - 1] ?? letters[item.type] ?? item.type;
    const value = boxes(item.data).find((b) => b.type === 'data')?.data;
    if (value !== undefined && value.length >= 8) texts.set(key.toLowerCase(), decodeText(value.subarray(8))); // after type and locale
  }
}

function readKeys(data: Uint8Array): string[] {
  const count = view(part(data, 0, 8, 'the keys of the MP4')).getUint32(4);
  const keys = boxes(data.subarray(8)).map((b) => decodeText(b.data));
  if (keys.length < count) throw damaged(`the MP4 announces ${count} keys and has ${keys.length}`);
  return keys;
}
