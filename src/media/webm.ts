// Texts of a WebM or Matroska file: Segment / Tags / Tag / SimpleTag, wherever in the file they stand.
import { countPieces, damaged, decodeText, part, salvage, upTo, type Found } from './bytes.ts';

const ids = {
  segment: 0x18538067,
  cluster: 0x1f43b675,
  tags: 0x1254c367,
  tag: 0x7373,
  simple: 0x67c8,
  name: 0x45a3,
  text: 0x4487,
} as const;

type Element = { readonly id: number; readonly data: Uint8Array; readonly next: number };

export function readWebmTexts(bytes: Uint8Array, found: Found): void {
  for (const segment of elements(bytes, ids.segment, found)) {
    for (const tags of elements(segment, ids.tags, found)) {
      for (const simple of elements(tags, ids.tag, found).flatMap((tag) => elements(tag, ids.simple, found)))
        salvage(found, () => addTag(simple, found));
    }
  }
}

function addTag(simple: Uint8Array, found: Found): void {
  const [name] = elements(simple, ids.name, found);
  const [text] = elements(simple, ids.text, found);
  if (name !== undefined && text !== undefined) found.texts.set(decodeText(name).toLowerCase(), decodeText(text));
}

/** The data of the elements of one kind, one after the other, up to the first that cannot be one. */
function elements(bytes: Uint8Array, wanted: number, found: Found): Uint8Array[] {
  const all: Uint8Array[] = [];
  const count = countPieces('WebM elements', 10_000_000); // the frames of a live stream are among them
  salvage(found, () => {
    for (let at = 0; at < bytes.length; ) {
      count();
      const element = readElement(bytes, at, found);
      if (element.id === wanted) all.push(element.data);
      at = element.next;
    }
  });
  return all;
}

function readElement(bytes: Uint8Array, at: number, found: Found): Element {
  const id = readNumber(bytes, at, true);
  const size = readNumber(bytes, at + id.width, false);
  const start = at + id.width + size.width;
  // Live streams do not know their lengths: a segment lasts to the end, a cluster's blocks count as its neighbours.
  // No other element may do so: tags in tags in tags that all last to the end would be read over and over.
  if (size.value === undefined) {
    if (id.value !== ids.segment && id.value !== ids.cluster) throw damaged('an element of the WebM has no length');
    return { id: id.value, data: bytes.subarray(start), next: id.value === ids.segment ? bytes.length : start };
  }
  const data = upTo(bytes, start, size.value, 'an element of the WebM', found);
  return { id: id.value ?? 0, data, next: start + size.value };
}

/** The count of leading zero bits tells the width; all ones is an unknown size. */
function readNumber(bytes: Uint8Array, at: number, keepMark: boolean): { value: number | undefined; width: number } {
  const first = part(bytes, at, 1, 'an element of the WebM')[0] ?? 0;
  const width = Math.clz32(first) - 23;
  if (width > (keepMark ? 4 : 8)) throw damaged('an element of the WebM has no readable head');
  const all = part(bytes, at, width, 'an element of the WebM');
  let value = keepMark ? first : first & (0xff >> width);
  for (const byte of all.subarray(1)) value = value * 256 + byte;
  return { value: !keepMark && value === 2 ** (7 * width) - 1 ? undefined : value, width };
}
