// Texts of EXIF blocks, either byte order: ComfyUI's `key:{json}` in ASCII tags, A1111's UserComment; and the one of XMP packets.
import { damaged, decodeText, decodeWide, latin1, note, part, salvage, view, type Found } from './bytes.ts';

const tags = {
  orientation: 0x0112,
  description: 0x010e,
  software: 0x0131,
  userComment: 0x9286,
  makerNote: 0x927c,
  exifIfd: 0x8769,
} as const;
/** Size of one value by its type; texts are 1 (bytes), 2 (ASCII) or 7 (undefined). */
const sizes: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const maxEntries = 2000;
const maxDirectories = 10;

type Block = { readonly bytes: Uint8Array; readonly isLittle: boolean; readonly found: Found; left: number };

/** Adds every text that can be read; an entry or a directory that lies is passed over. */
export function readExif(given: Uint8Array, found: Found): void {
  const bytes = latin1(given.subarray(0, 6)) === 'Exif\0\0' ? given.subarray(6) : given;
  const order = latin1(bytes.subarray(0, 2));
  if (bytes.length < 8 || (order !== 'II' && order !== 'MM')) throw damaged('its EXIF block has no byte order');
  const isLittle = order === 'II';
  const block: Block = { bytes, isLittle, found, left: bytes.length }; // entries may not all stand for one large text
  const seen = new Set<number>();
  const open = [view(bytes).getUint32(4, isLittle)];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) note(found, damaged('its EXIF directories go round in a circle'));
    else if (seen.size >= maxDirectories) throw damaged(`its EXIF block has more than ${maxDirectories} directories`);
    else open.push(...readDirectory(block, at));
    seen.add(at);
  }
}

/** Adds the texts of one directory; returns where the directories below it stand. */
function readDirectory(block: Block, at: number): number[] {
  const { bytes, isLittle, found } = block;
  const below: number[] = [];
  salvage(found, () => {
    const claimed = view(part(bytes, at, 2, 'an EXIF directory')).getUint16(0, isLittle);
    const count = Math.min(claimed, maxEntries, Math.floor((bytes.length - at - 2) / 12));
    if (count < claimed) note(found, damaged(`its EXIF directory claims ${claimed} entries`));
    for (let i = 0; i < count; i++) salvage(found, () => readEntry(block, at + 2 + i * 12, below));
  });
  return below;
}

function readEntry(block: Block, at: number, below: number[]): void {
  const { bytes, isLittle, found } = block;
  const entry = view(part(bytes, at, 12, 'an EXIF entry'));
  const tag = entry.getUint16(0, isLittle);
  const type = entry.getUint16(2, isLittle);
  const length = entry.getUint32(4, isLittle) * (sizes[type] ?? 0);
  if (tag === tags.exifIfd) below.push(entry.getUint32(8, isLittle));
  if (![1, 2, 7].includes(type)) return;
  const value = part(bytes, length > 4 ? entry.getUint32(8, isLittle) : at + 8, length, 'an EXIF value');
  if (length > block.left) throw damaged('its EXIF values overlap');
  block.left -= length;
  addText(found, tag, value, isLittle);
}

function addText({ texts }: Found, tag: number, value: Uint8Array, isLittle: boolean): void {
  if (tag === tags.userComment) {
    const text = userComment(value, isLittle);
    texts.set(/^\s*\{/.test(text) ? 'comment' : 'parameters', text);
    return;
  }
  const text = decodeText(value);
  const [, key, rest] = /^([A-Za-z][\w -]{0,60}):(.*)$/s.exec(text) ?? [];
  if (key !== undefined && rest !== undefined) texts.set(key.toLowerCase(), rest);
  else if (tag === tags.description) texts.set('description', text);
  else if (tag === tags.software) texts.set('software', text);
  else if (tag === tags.makerNote && /^(?:fooocus|a1111)$/.test(text)) texts.set('fooocus_scheme', text);
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

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The one text of an XMP packet that programs put their parameters into: `exif:UserComment`, as Draw Things does. */
export function readXmp(xml: string, { texts }: Found): void {
  const text = xml.includes('<exif:UserComment>') ? inElement(xml) : inAttribute(xml);
  if (text === undefined || !/^\s*\{/.test(text) || texts.has('comment')) return;
  texts.set('comment', text);
}

function inElement(xml: string): string | undefined {
  const start = xml.indexOf('<exif:UserComment>') + '<exif:UserComment>'.length;
  const end = xml.indexOf('</exif:UserComment>', start);
  if (end === -1) return undefined;
  return plain(xml.slice(start, end).replaceAll(/<[^<>]{0,200}>/g, '')); // rdf:Alt and rdf:li around it
}

function inAttribute(xml: string): string | undefined {
  const start = xml.indexOf('exif:UserComment="');
  if (start === -1) return undefined;
  const from = start + 'exif:UserComment="'.length;
  const end = xml.indexOf('"', from);
  return end === -1 ? undefined : plain(xml.slice(from, end));
}

function plain(text: string): string {
  return text.replaceAll(/&(#\d{1,7}|#x[\da-f]{1,6}|lt|gt|amp|quot|apos);/gi, (all: string, name: string) => {
    if (!name.startsWith('#')) return entities[name.toLowerCase()] ?? all;
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}

/** Does the EXIF block of a JPEG say that the picture is to be turned by a quarter? */
export function isOnItsSide(jpeg: Uint8Array): boolean {
  const at = Buffer.from(jpeg.buffer, jpeg.byteOffset, Math.min(jpeg.byteLength, 65_536)).indexOf('Exif\0\0');
  const exif = at < 0 ? new Uint8Array() : jpeg.subarray(at + 6);
  if (exif.length < 10) return false;
  const v = view(exif);
  const isLittle = exif[0] === 0x49;
  const directory = v.getUint32(4, isLittle);
  if (directory + 2 > exif.length) return false;
  const entries = Math.min(v.getUint16(directory, isLittle), maxEntries);
  for (let entry = directory + 2; entry < directory + 2 + entries * 12 && entry + 12 <= exif.length; entry += 12) {
    if (v.getUint16(entry, isLittle) === tags.orientation) return v.getUint16(entry + 8, isLittle) >= 5;
  }
  return false;
}
