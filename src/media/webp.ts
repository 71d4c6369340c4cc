// Texts of a WebP: its EXIF chunk.
import { countPieces, damaged, part, view, word, type Texts } from './bytes.ts';
import { readExif } from './exif.ts';

export function readWebpTexts(bytes: Uint8Array): Texts {
  const end = view(part(bytes, 0, 12, 'the head of the WebP')).getUint32(4, true) + 8;
  if (end > bytes.length) throw damaged('it announces more bytes than it has');
  const count = countPieces('WebP chunks');
  for (let at = 12; at + 8 <= end; ) {
    count();
    const length = view(bytes).getUint32(at + 4, true);
    const data = part(bytes, at + 8, length, 'a WebP chunk');
    if (word(bytes, at) === 'EXIF') return readExif(data);
    at += 8 + length + (length % 2); // chunks start at even places
  }
  return new Map();
}
