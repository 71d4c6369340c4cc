// Texts of sounds: Vorbis comments (`KEY=text`) of FLAC and Ogg files, ID3v2 tags (2.3 and 2.4) of MP3, AAC and some WAV files.
import {
  countPieces,
  damaged,
  decodeText,
  decodeWide,
  latin1,
  maxText,
  note,
  part,
  salvage,
  upTo,
  view,
  word,
  type Found,
} from './bytes.ts';

const maxComments = 100_000;

export function readFlacTexts(bytes: Uint8Array, found: Found): void {
  const count = countPieces('FLAC blocks');
  for (let at = 4; ; ) {
    count();
    const head = view(part(bytes, at, 4, 'a block of the FLAC')).getUint32(0);
    const length = head & 0xffffff;
    const data = upTo(bytes, at + 4, length, 'a block of the FLAC', found);
    if (((head >>> 24) & 0x7f) === 4) salvage(found, () => readComments(data, found));
    if (head >>> 31 === 1) return; // the last block before the sound
    at += 4 + length;
  }
}

export function readOggTexts(bytes: Uint8Array, found: Found): void {
  for (const packet of packets(bytes)) {
    const start = latin1(packet.subarray(0, 8));
    const skip =
      start === 'OpusTags' ? 8 : start.startsWith('\u0003vorbis') ? 7 : packet[0] === 4 && start.length > 4 ? 4 : 0; // 4: FLAC in Ogg
    if (skip > 0) return salvage(found, () => readComments(packet.subarray(skip), found));
  }
}

/** The first packets, put together from the pages' segments; comments come second. */
function* packets(bytes: Uint8Array): Generator<Uint8Array> {
  let open: Uint8Array[] = [];
  const count = countPieces('Ogg pages');
  for (let at = 0, found = 0; at < bytes.length && found < 3; ) {
    count();
    const head = part(bytes, at, 27, 'a page of the Ogg file');
    if (word(head, 0) !== 'OggS') throw damaged('a page of the Ogg file does not start where it should');
    const table = part(bytes, at + 27, head[26] ?? 0, 'a page of the Ogg file');
    at += 27 + table.length;
    for (const length of table) {
      if (open.length * 255 > maxText) throw damaged('a packet of the Ogg file is larger than any text should be');
      open.push(part(bytes, at, length, 'a page of the Ogg file'));
      at += length;
      if (length === 255) continue; // goes on
      yield Buffer.concat(open);
      found++;
      open = [];
    }
  }
}

/** Vendor, count, then each comment behind its length; little-endian. */
function readComments(data: Uint8Array, found: Found): void {
  let at = 0;
  const number = (): number => {
    const value = view(part(data, at, 4, 'a comment')).getUint32(0, true);
    at += 4;
    return value;
  };
  const vendor = number();
  part(data, at, vendor, 'a comment');
  at += vendor;
  const announced = number();
  const count = Math.min(announced, maxComments);
  if (count < announced) note(found, damaged(`it announces ${announced} comments`));
  for (let i = 0; i < count; i++) {
    const length = number();
    const text = decodeText(part(data, at, length, 'a comment'));
    at += length;
    const equals = text.indexOf('=');
    if (equals > 0) found.texts.set(text.slice(0, equals).toLowerCase(), text.slice(equals + 1));
  }
}

/** The TXXX frames. */
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
    if (word(tag, at) === 'TXXX') salvage(found, () => addFrame(data, found));
    at += 10 + length;
  }
}

/** Encoding, description, NUL, text. */
function addFrame(data: Uint8Array, { texts }: Found): void {
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
