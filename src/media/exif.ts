// Texts of an EXIF block, either byte order: ComfyUI's `key:{json}` in ASCII tags, A1111's UserComment (section 10).
import { damaged, decodeText, decodeWide, latin1, part, view, type Texts } from './bytes.ts';

const tags = { description: 0x010e, userComment: 0x9286, exifIfd: 0x8769 } as const;
/** Size of one value by its type; texts are 1 (bytes), 2 (ASCII) or 7 (undefined). */
const sizes: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const maxEntries = 2000;
const maxDirectories = 10;

export function readExif(block: Uint8Array): Texts {
  const bytes = latin1(block.subarray(0, 6)) === 'Exif\0\0' ? block.subarray(6) : block;
  const order = latin1(bytes.subarray(0, 2));
  if (bytes.length < 8 || (order !== 'II' && order !== 'MM')) throw damaged('its EXIF block has no byte order');
  const isLittle = order === 'II';
  const texts: Texts = new Map();
  const seen = new Set<number>();
  const open = [view(bytes).getUint32(4, isLittle)];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) throw damaged('its EXIF directories go round in a circle');
    if (seen.size >= maxDirectories) throw damaged(`its EXIF block has more than ${maxDirectories} directories`);
    seen.add(at);
    open.push(...readDirectory(bytes, at, isLittle, texts));
  }
  return texts;
}

/** Adds the texts of one directory; returns where the directories below it stand. */
function readDirectory(bytes: Uint8Array, at: number, isLittle: boolean, texts: Texts): number[] {
  const count = view(part(bytes, at, 2, 'an EXIF directory')).getUint16(0, isLittle);
  if (count > maxEntries) throw damaged(`its EXIF directory claims ${count} entries`);
  const entries = view(part(bytes, at + 2, count * 12, 'an EXIF directory'));
  const below: number[] = [];
  let left = bytes.length; // entries may not all stand for the same large text
  for (let i = 0; i < count; i++) {
    const tag = entries.getUint16(i * 12, isLittle);
    const type = entries.getUint16(i * 12 + 2, isLittle);
    const length = entries.getUint32(i * 12 + 4, isLittle) * (sizes[type] ?? 0);
    const where = length > 4 ? entries.getUint32(i * 12 + 8, isLittle) : at + 2 + i * 12 + 8;
    if (tag === tags.exifIfd) below.push(entries.getUint32(i * 12 + 8, isLittle));
    if (![1, 2, 7].includes(type)) continue;
    left -= length;
    if (left < 0) throw damaged('its EXIF values overlap');
    addText(texts, tag, part(bytes, where, length, 'an EXIF value'), isLittle);
  }
  return below;
}

function addText(texts: Texts, tag: number, value: Uint8Array, isLittle: boolean): void {
  const text = tag === tags.userComment ? userComment(value, isLittle) : decodeText(value);
  const [, key, rest] = /^([A-Za-z][\w -]{0,60}):(.*)$/s.exec(text) ?? [];
  if (key !== undefined && rest !== undefined && tag !== tags.userComment) texts.set(key.toLowerCase(), rest);
  else if (tag === tags.userComment) texts.set(/^\s*\{/.test(text) ? 'comment' : 'parameters', text);
  else if (tag === tags.description) texts.set('description', text);
}

/** Eight letters name the encoding; UTF-16 is written in either order, whatever the block's own. */
function userComment(value: Uint8Array, isLittle: boolean): string {
  const encoding = latin1(value.subarray(0, 8));
  const text = value.subarray(8);
  if (!encoding.startsWith('UNICODE')) return decodeText(/^(ASCII|JIS|\0)/.test(encoding) ? text : value);
  const zeros = [0, 1].map((odd) => text.subarray(0, 200).filter((b, i) => b === 0 && i % 2 === odd).length);
  const [even = 0, odd = 0] = zeros; // ASCII letters have a zero as their high byte
  const isBig = even === odd ? !isLittle : even > odd;
  return decodeWide(text, isBig);
}
