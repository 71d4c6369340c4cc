// Texts of an MP4 or MOV: `moov/udta/meta` and `moov/meta`, keys by number or by four letters.
import { countPieces, damaged, decodeText, part, view, word, type Texts } from './bytes.ts';

type Box = { readonly type: string; readonly data: Uint8Array };

/** What some four-letter keys mean. */
const letters: Readonly<Record<string, string>> = { '\u00a9cmt': 'comment', '\u00a9nam': 'title', desc: 'description' };

export function readMp4Texts(bytes: Uint8Array): Texts {
  const texts: Texts = new Map();
  for (const moov of boxes(bytes, 'moov')) {
    const user = boxes(moov.data, 'udta').flatMap((b) => boxes(b.data, 'meta'));
    for (const meta of [...boxes(moov.data, 'meta'), ...user]) readMeta(meta.data, texts);
  }
  return texts;
}

const maxBoxes = 100_000;

/** Boxes one after the other: length, four letters, data. Keeps those of one type, or all of them. */
function boxes(bytes: Uint8Array, wanted?: string): Box[] {
  const found: Box[] = [];
  const v = view(bytes);
  const count = countPieces('MP4 boxes');
  for (let at = 0; at + 8 <= bytes.length; ) {
    count();
    const short = v.getUint32(at);
    const type = word(bytes, at + 4);
    if (short === 0 && type === '\0\0\0\0') break; // zeros may end a list
    const head = short === 1 ? 16 : 8;
    if (short === 1) part(bytes, at, 16, 'a box of the MP4');
    const length = short === 1 ? Number(v.getBigUint64(at + 8)) : short === 0 ? bytes.length - at : short;
    if (length < head) throw damaged('a box of the MP4 is shorter than its own head');
    const data = part(bytes, at + head, length - head, `the box ${JSON.stringify(type)} of the MP4`);
    if (wanted === undefined || wanted === type) found.push({ type, data });
    if (found.length > maxBoxes) throw damaged('the MP4 has more boxes than any film needs');
    at += length;
  }
  return found;
}

/** QuickTime writes `meta` without the four bytes of version and flags. */
function readMeta(data: Uint8Array, texts: Texts): void {
  const inside = word(data, 4) === 'hdlr' ? data : data.subarray(4);
  const keys = boxes(inside, 'keys').flatMap((b) => readKeys(b.data));
  for (const item of boxes(inside, 'ilst').flatMap((b) => boxes(b.data))) {
    const number = view(Buffer.from(item.type, 'latin1')).getUint32(0);
    const key = keys[number - 1] ?? letters[item.type] ?? item.type;
    const [value] = boxes(item.data, 'data');
    if (value === undefined || value.data.length < 8) continue;
    texts.set(key.toLowerCase(), decodeText(value.data.subarray(8))); // after type and locale
  }
}

function readKeys(data: Uint8Array): string[] {
  const count = view(part(data, 0, 8, 'the keys of the MP4')).getUint32(4);
  const keys = boxes(data.subarray(8)).map((b) => decodeText(b.data));
  if (keys.length < count) throw damaged(`the MP4 announces ${count} keys and has ${keys.length}`);
  return keys;
}
