// Texts of FLAC and Ogg (Opus, Vorbis) files: Vorbis comments, `KEY=text`.
import {
  countPieces,
  damaged,
  decodeText,
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
