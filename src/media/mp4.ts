// Texts of an MP4 or MOV: `moov/udta/meta` and `moov/meta`, keys by number or by four letters.
import { boxes } from './boxes.ts';
import { damaged, decodeText, note, salvage, view, word, type Found } from './bytes.ts';

/** What some four-letter keys mean. */
const letters: Readonly<Record<string, string>> = { '\u00a9cmt': 'comment', '\u00a9nam': 'title', desc: 'description' };

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
