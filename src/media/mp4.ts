// Texts of an MP4 or MOV: `moov/udta/meta` and `moov/meta`, keys by number or by four letters.
import { boxes } from './boxes.ts';
import { damaged, decodeText, part, view, word, type Texts } from './bytes.ts';

/** What some four-letter keys mean. */
const letters: Readonly<Record<string, string>> = { '\u00a9cmt': 'comment', '\u00a9nam': 'title', desc: 'description' };

export function readMp4Texts(bytes: Uint8Array): Texts {
  const texts: Texts = new Map();
  for (const moov of boxes(bytes, 'MP4', 'moov')) {
    const user = boxes(moov.data, 'MP4', 'udta').flatMap((b) => boxes(b.data, 'MP4', 'meta'));
    for (const meta of [...boxes(moov.data, 'MP4', 'meta'), ...user]) readMeta(meta.data, texts);
  }
  return texts;
}

/** QuickTime writes `meta` without the four bytes of version and flags. */
function readMeta(data: Uint8Array, texts: Texts): void {
  const inside = word(data, 4) === 'hdlr' ? data : data.subarray(4);
  const keys = boxes(inside, 'MP4', 'keys').flatMap((b) => readKeys(b.data));
  for (const item of boxes(inside, 'MP4', 'ilst').flatMap((b) => boxes(b.data, 'MP4'))) {
    const number = view(Buffer.from(item.type, 'latin1')).getUint32(0);
    const key = keys[number - 1] ?? letters[item.type] ?? item.type;
    const [value] = boxes(item.data, 'MP4', 'data');
    if (value === undefined || value.data.length < 8) continue;
    texts.set(key.toLowerCase(), decodeText(value.data.subarray(8))); // after type and locale
  }
}

function readKeys(data: Uint8Array): string[] {
  const count = view(part(data, 0, 8, 'the keys of the MP4')).getUint32(4);
  const keys = boxes(data.subarray(8), 'MP4').map((b) => decodeText(b.data));
  if (keys.length < count) throw damaged(`the MP4 announces ${count} keys and has ${keys.length}`);
  return keys;
}
