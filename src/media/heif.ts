// Texts and size of an AVIF or HEIF: the item `Exif`, named in `meta/iinf`, found by `meta/iloc`; sizes in `meta/iprp/ipco`.
import { boxes } from './boxes.ts';
import { countPieces, damaged, latin1, part, view, type Texts } from './bytes.ts';
import { readExif } from './exif.ts';

const what = 'HEIF';

/** The format by its brands: the first letters behind `ftyp`. Undefined: another file of boxes, an MP4 mostly. */
export function heifBrand(head: Uint8Array): 'avif' | 'heif' | undefined {
  if (latin1(head.subarray(4, 8)) !== 'ftyp') return undefined;
  const brand = latin1(head.subarray(8, 12));
  if (brand === 'avif' || brand === 'avis') return 'avif';
  return /^(?:hei[cxms]|hev[cxms]|heif|mif[12]|msf1|miaf)$/.test(brand) ? 'heif' : undefined;
}

export function readHeifTexts(bytes: Uint8Array): Texts {
  const texts: Texts = new Map();
  let left = bytes.length; // items may not all stand for the same bytes
  for (const { data } of boxes(bytes, what, 'meta')) {
    const inside = data.subarray(4); // after version and flags
    const wanted = exifItems(inside);
    const idat = boxes(inside, what, 'idat')[0]?.data ?? new Uint8Array();
    const count = countPieces('places of HEIF items');
    for (const place of boxes(inside, what, 'iloc').flatMap((b) => placesIn(b.data, wanted, count))) {
      const from = place.method === 1 ? idat : bytes;
      const item = place.extents.map(({ at, length }) => {
        const piece = part(from, at, length === 0 ? from.length - at : length, 'the Exif item');
        left -= piece.length;
        if (left < 0) throw damaged('its Exif items overlap');
        return piece;
      });
      for (const [key, text] of readItem(Buffer.concat(item))) if (!texts.has(key)) texts.set(key, text);
    }
  }
  return texts;
}

/** Four bytes say how far behind them the EXIF block begins. */
function readItem(item: Uint8Array): Texts {
  const skip = 4 + view(part(item, 0, 4, 'the Exif item')).getUint32(0);
  return readExif(part(item, skip, item.length - skip, 'the Exif item'));
}

/** The ids of the items that are EXIF blocks; only entries of version 2 and 3 tell a type. */
function exifItems(meta: Uint8Array): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const { data } of boxes(meta, what, 'iinf')) {
    const entries = data.subarray(part(data, 0, 6, 'the list of items')[0] === 0 ? 6 : 8);
    for (const entry of boxes(entries, what, 'infe')) {
      const version = entry.data[0] ?? 0;
      if (version < 2) continue;
      const idLength = version === 2 ? 2 : 4;
      const fields = part(entry.data, 4, idLength + 6, 'an item'); // id, protection, type
      if (latin1(fields.subarray(idLength + 2)) === 'Exif') ids.add(numberAt(fields, 0, idLength));
    }
  }
  return ids;
}

type Place = { readonly method: number; readonly extents: { readonly at: number; readonly length: number }[] };

/** Where the wanted items stand; those in other files or inside other items are left out. */
function placesIn(data: Uint8Array, wanted: ReadonlySet<number>, count: () => void): Place[] {
  let at = 0;
  const next = (length: number): number => {
    const value = numberAt(part(data, at, length, 'the places of items'), 0, length);
    at += length;
    return value;
  };
  const version = next(4) >>> 24;
  if (version > 2) throw damaged(`it tells where its items are in an unknown way (version ${version})`);
  const sizes = next(2);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexSize = version === 0 ? 0 : sizes & 15;
  const wide = version === 2 ? 4 : 2;
  const found: Place[] = [];
  for (let items = next(wide); items > 0; items--) {
    count();
    const id = next(wide);
    const method = version === 0 ? 0 : next(2) & 15;
    const isHere = next(2) === 0;
    const base = next(baseSize);
    const extents: { at: number; length: number }[] = [];
    for (let left = next(2); left > 0; left--) {
      count();
      next(indexSize);
      const offset = next(offsetSize);
      extents.push({ at: base + offset, length: next(lengthSize) });
    }
    if (wanted.has(id) && isHere && method < 2) found.push({ method, extents });
  }
  return found;
}

/** A number of 0, 2, 4 or 8 bytes; no other length is allowed. */
function numberAt(bytes: Uint8Array, at: number, length: number): number {
  if (length === 0) return 0;
  if (length === 2) return view(bytes).getUint16(at);
  if (length === 4) return view(bytes).getUint32(at);
  if (length === 8) return Number(view(bytes).getBigUint64(at));
  throw damaged(`it counts in numbers of ${length} bytes`);
}

/** The largest of its pictures: the others are tiles of a grid, thumbnails and masks. */
export function heifSize(head: Uint8Array): { width: number; height: number } | undefined {
  let largest: { width: number; height: number } | undefined;
  for (const meta of boxes(head, what, 'meta')) {
    const parts = boxes(meta.data.subarray(4), what, 'iprp').flatMap((b) => boxes(b.data, what, 'ipco'));
    for (const { data } of parts.flatMap((b) => boxes(b.data, what, 'ispe'))) {
      const v = view(part(data, 0, 12, 'the size'));
      const size = { width: v.getUint32(4), height: v.getUint32(8) };
      if (largest === undefined || size.width * size.height > largest.width * largest.height) largest = size;
    }
  }
  return largest;
}
