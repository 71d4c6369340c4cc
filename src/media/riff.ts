// Texts of RIFF files: the EXIF and XMP chunks of a WebP, the INFO list and the ID3 tag of a WAV.
import { countPieces, damaged, decodeText, note, salvage, upTo, view, word, type Found } from './bytes.ts';
import { readExif, readXmp } from './exif.ts';
import { readId3Texts } from './sound-tags.ts';

/** What the letters of an INFO list mean. */
const info: Readonly<Record<string, string>> = { ICMT: 'comment', INAM: 'title', ISFT: 'software' };

export function readRiffTexts(bytes: Uint8Array, found: Found): void {
  if (bytes.length < 12) return note(found, damaged('it ends in its own head'));
  const announced = view(bytes).getUint32(4, true) + 8;
  if (word(bytes, 8) === 'WEBP' && announced > bytes.length)
    note(found, damaged('it announces more bytes than it has'));
  // to the end of the file, as web UIs do: tools that add a chunk forget to count it
  eachChunk(bytes.subarray(12), found, (type, data) => {
    if (type === 'EXIF') readExif(data, found);
    if (type === 'XMP ') readXmp(decodeText(data), found);
    if (type === 'id3 ' || type === 'ID3 ') readId3Texts(data, found);
    if (type === 'LIST' && word(data, 0) === 'INFO') readInfo(data.subarray(4), found);
  });
}

function readInfo(data: Uint8Array, found: Found): void {
  eachChunk(data, found, (type, text) => {
    const key = Object.hasOwn(info, type) ? info[type] : undefined;
    if (key !== undefined) found.texts.set(key, decodeText(text));
  });
}

function eachChunk(bytes: Uint8Array, found: Found, read: (type: string, data: Uint8Array) => void): void {
  const count = countPieces('RIFF chunks');
  for (let at = 0; at + 8 <= bytes.length; ) {
    count();
    const length = view(bytes).getUint32(at + 4, true);
    const data = upTo(bytes, at + 8, length, 'a RIFF chunk', found);
    salvage(found, () => read(word(bytes, at), data));
    at += 8 + length + (length % 2); // chunks start at even places
  }
}
