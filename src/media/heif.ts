// Texts and size of an AVIF or HEIF: the item `Exif`, named in `meta/iinf`, found by `meta/iloc`; sizes in `meta/iprp/ipco`.
import { boxes } from './mp4.ts';
import { countPieces, damaged, latin1, nothingFound, part, salvage, view, type Found } from './bytes.ts';
import { readExif } from './exif.ts';

/** The format by its brands: the first letters behind `ftyp`. Undefined: another file of boxes, an MP4 mostly. */
export function heifBrand(head: Uint8Array): 'avif' | 'heif' | undefined {
  if (latin1(head.subarray(4, 8)) !== 'ftyp') return undefined;
  const brand = latin1(head.subarray(8, 12));
  if (brand === 'avif' || brand === 'avis') return 'avif';
  return /^(?:hei[cxms]|hev[cxms]|heif|mif[12]|msf1|miaf)$/.test(brand) ? 'heif' : undefined;
}

export function readHeifTexts(bytes: Uint8Array, found: Found): void {
  const count = countPieces('places of HEIF items');
  const own = { left: bytes.length }; // items may not all stand for the same bytes
  for (const { data } of boxes(bytes, found, 'meta')) {
    const inside = data.subarray(4); // after version and flags
    const wanted = exifItems(inside, found);
    const idat = boxes(inside, found, 'idat')[0]?.data ?? new Uint8Array();
    const places: Place[] = [];
    for (const { data: list } of boxes(inside, found, 'iloc')) {
      salvage(found, () => readPlaces(list, wanted, count, places));
    }
    for (const place of places)
      salvage(found, () => readItem(pieceOf(place, place.method === 1 ? idat : bytes, own), found));
  }
}

function pieceOf({ extents }: Place, from: Uint8Array, own: { left: number }): Uint8Array {
  const pieces = extents.map(({ at, length }) => {
    const piece = part(from, at, length === 0 ? from.length - at : length, 'the Exif item');
    own.left -= piece.length;
    if (own.left < 0) throw damaged('its Exif items overlap');
    return piece;
  });
  return Buffer.concat(pieces);
}

/** Four bytes say how far behind them the EXIF block begins. */
function readItem(item: Uint8Array, found: Found): void {
  const skip = 4 + view(part(item, 0, 4, 'the Exif item')).getUint32(0);
  readExif(part(item, skip, item.length - skip, 'the Exif item'), found);
}

/** The ids of the items that are EXIF blocks; only entries of version 2 and 3 tell a type. */
function exifItems(meta: Uint8Array, found: Found): ReadonlySet<number> {
  const ids = new Set<number>();
  const addId = (entry: Uint8Array): void => {
    const version = entry[0] ?? 0;
    if (version < 2) return;
    const idLength = version === 2 ? 2 : 4;
    const fields = part(entry, 4, idLength + 6, 'an item'); // id, protection, type
    if (latin1(fields.subarray(idLength + 2)) === 'Exif') ids.add(numberAt(fields, 0, idLength));
  };
  for (const { data } of boxes(meta, found, 'iinf')) {
    const entries = data.subarray(data[0] === 0 ? 6 : 8);
    for (const entry of boxes(entries, found, 'infe')) salvage(found, () => addId(entry.data));
  }
  return ids;
}

type Place = { readonly method: number; readonly extents: { readonly at: number; readonly length: number }[] };

/** Adds where the wanted items stand; those in other files or inside other items are left out. */
function readPlaces(data: Uint8Array, wanted: ReadonlySet<number>, count: () => void, places: Place[]): void {
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
    if (wanted.has(id) && isHere && method < 2) places.push({ method, extents });
  }
}

/** A number of 0, 2, 4 or 8 bytes; no other length is allowed. */
function numberAt(bytes: Uint8Array, at: number, length: number): number {
  if (length === 0) return 0;
  if (length === 2) return view(bytes).getUint16(at);
  if (length === 4) return view(bytes).getUint32(at);
  if (length === 8) return Number(view(bytes).getBigUint64(at));
  throw damaged(`it counts in numbers of ${length} bytes`);
}

/** The largest of its images: the others are tiles of a grid, thumbnails and masks. */
export function heifSize(head: Uint8Array): { width: number; height: number } | undefined {
  let largest: { width: number; height: number } | undefined;
  const found = nothingFound(); // boxes that the head does not hold whole are no damage here
  for (const meta of boxes(head, found, 'meta')) {
    const parts = boxes(meta.data.subarray(4), found, 'iprp').flatMap((b) => boxes(b.data, found, 'ipco'));
    for (const { data } of parts.flatMap((b) => boxes(b.data, found, 'ispe'))) {
      if (data.length < 12) continue;
      const size = { width: view(data).getUint32(4), height: view(data).getUint32(8) };
      if (largest === undefined || size.width * size.height > largest.width * largest.height) largest = size;
    }
  }
  return largest;
}
