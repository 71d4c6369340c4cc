// Texts of a JPEG: EXIF, XMP and comments, which all stand before the image.
import { countPieces, damaged, decodeText, latin1, note, salvage, upTo, view, type Found } from './bytes.ts';
import { readExif, readXmp } from './exif.ts';

const markers = { app1: 0xe1, comment: 0xfe, scan: 0xda, end: 0xd9 } as const;
const xmpName = 'http://ns.adobe.com/xap/1.0/\0';

export function readJpegTexts(bytes: Uint8Array, found: Found): void {
  const count = countPieces('JPEG segments');
  for (let at = 2; at + 4 <= bytes.length; ) {
    count();
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff) {
      note(found, damaged('a JPEG segment does not start where it should'));
      at = bytes.indexOf(0xff, at);
      if (at === -1) return;
      continue;
    }
    if (marker === 0xff) {
      at++; // filling
      continue;
    }
    if (marker === markers.scan || marker === markers.end) return;
    const length = view(bytes).getUint16(at + 2);
    const data = upTo(bytes, at + 4, Math.max(0, length - 2), 'a JPEG segment', found);
    salvage(found, () => readSegment(marker, data, found));
    at += 2 + Math.max(2, length);
  }
  note(found, damaged('it ends before its image'));
}

function readSegment(marker: number, data: Uint8Array, found: Found): void {
  if (marker === markers.comment) found.texts.set('comment', decodeText(data));
  if (marker !== markers.app1) return;
  if (latin1(data.subarray(0, 6)) === 'Exif\0\0') readExif(data, found);
  if (latin1(data.subarray(0, xmpName.length)) === xmpName) readXmp(decodeText(data.subarray(xmpName.length)), found);
}
