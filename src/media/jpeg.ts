// Texts of a JPEG: EXIF and comments, which all stand before the picture.
import { countPieces, damaged, decodeText, latin1, part, view, type Texts } from './bytes.ts';
import { readExif } from './exif.ts';

const markers = { app1: 0xe1, comment: 0xfe, scan: 0xda, end: 0xd9 } as const;

export function readJpegTexts(bytes: Uint8Array): Texts {
  const texts: Texts = new Map();
  const count = countPieces('JPEG segments');
  for (let at = 2; ; ) {
    count();
    const head = part(bytes, at, 2, 'a JPEG segment');
    const marker = head[1] ?? 0;
    if (head[0] !== 0xff) throw damaged('a JPEG segment does not start where it should');
    if (marker === 0xff) {
      at++; // filling
      continue;
    }
    if (marker === markers.scan || marker === markers.end) return texts;
    const length = view(part(bytes, at + 2, 2, 'a JPEG segment')).getUint16(0);
    if (length < 2) throw damaged('a JPEG segment is shorter than its own length');
    const data = part(bytes, at + 4, length - 2, 'a JPEG segment');
    if (marker === markers.app1 && latin1(data.subarray(0, 6)) === 'Exif\0\0') {
      for (const [key, text] of readExif(data)) texts.set(key, text);
    }
    if (marker === markers.comment) texts.set('comment', decodeText(data));
    at += 2 + length;
  }
}
