// Texts of FLAC and Ogg (Opus, Vorbis) files: Vorbis comments, `KEY=text`.
import { countPieces, damaged, decodeText, latin1, maxText, part, view, word, type Texts } from './bytes.ts';

const maxComments = 100_000;

export function readFlacTexts(bytes: Uint8Array): Texts {
  const count = countPieces('FLAC blocks');
  for (let at = 4; ; ) {
    count();
    const head = view(part(bytes, at, 4, 'a block of the FLAC')).getUint32(0);
    const length = head & 0xffffff;
    const data = part(bytes, at + 4, length, 'a block of the FLAC');
    if (((head >>> 24) & 0x7f) === 4) return readComments(data);
    if (head >>> 31 === 1) return new Map(); // the last block before the sound
    at += 4 + length;
  }
}

export function readOggTexts(bytes: Uint8Array): Texts {
  for (const packet of packets(bytes)) {
    const start = latin1(packet.subarray(0, 8));
    if (start === 'OpusTags') return readComments(packet.subarray(8));
    if (start.startsWith('\u0003vorbis')) return readComments(packet.subarray(7));
    if (packet[0] === 4 && start.length > 4) return readComments(packet.subarray(4)); // FLAC in Ogg
  }
  return new Map();
}

/** The first packets, put together from the pages' segments; comments come second. */
function packets(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  let open: Uint8Array[] = [];
  const count = countPieces('Ogg pages');
  for (let at = 0; at < bytes.length && found.length < 3; ) {
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
      found.push(Buffer.concat(open));
      open = [];
    }
  }
  return found;
}

/** Vendor, count, then each comment behind its length; little-endian. */
function readComments(data: Uint8Array): Texts {
  const texts: Texts = new Map();
  let at = 0;
  const number = (): number => {
    const value = view(part(data, at, 4, 'a comment')).getUint32(0, true);
    at += 4;
    return value;
  };
  const vendor = number();
  part(data, at, vendor, 'a comment');
  at += vendor;
  const count = number();
  if (count > maxComments) throw damaged(`it announces ${count} comments`);
  for (let i = 0; i < count; i++) {
    const length = number();
    const text = decodeText(part(data, at, length, 'a comment'));
    at += length;
    const equals = text.indexOf('=');
    if (equals > 0) texts.set(text.slice(0, equals).toLowerCase(), text.slice(equals + 1));
  }
  return texts;
}
