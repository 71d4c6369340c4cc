// Does an image reach its own end? Followed piece by piece while it comes, by its structure: bytes behind the end are allowed.
import { latin1, view } from './bytes.ts';
import type { MediaFormat } from './sniff.ts';

/** What a format's walk wants next: so many bytes to look at, or to pass over, or everything up to a byte of this value. */
type Want = { readonly read: number } | { readonly skip: number } | { readonly until: number };
type Walk = Generator<Want, void, Uint8Array>;

/** A walk returns at the end of its image. Formats without one here are not followed. */
const walks: Readonly<Partial<Record<MediaFormat, () => Walk>>> = {
  png: walkPng,
  jpeg: walkJpeg,
  gif: walkGif,
  webp: walkWebp,
};

export type EndFinder = {
  /** The next bytes of the file. */
  readonly push: (chunk: Uint8Array) => void;
  /** Undefined for a format that is not followed. */
  readonly sawEnd: () => boolean | undefined;
};

export function findEnd(format: MediaFormat | undefined): EndFinder {
  const walk = format === undefined ? undefined : walks[format]?.();
  if (walk === undefined) return { push: () => undefined, sawEnd: () => undefined };
  let step = walk.next();
  let held = Buffer.alloc(0); // of what a walk wants to look at, the part that came
  let left = amountOf(step); // of what it wants, the part that has not come
  const go = (seen: Uint8Array): void => {
    step = walk.next(seen);
    held = Buffer.alloc(0);
    left = amountOf(step);
  };
  const push = (chunk: Uint8Array): void => {
    let rest = chunk;
    while (step.done !== true) {
      const want = step.value;
      if ('until' in want) {
        const at = rest.indexOf(want.until);
        if (at === -1) return;
        rest = rest.subarray(at);
        go(rest.subarray(0, 0));
        continue;
      }
      const taken = rest.subarray(0, left);
      if ('read' in want) held = Buffer.concat([held, taken]);
      left -= taken.length;
      rest = rest.subarray(taken.length);
      if (left > 0) return;
      go(held);
    }
  };
  return { push, sawEnd: () => step.done === true };
}

function amountOf(step: IteratorResult<Want, void>): number {
  if (step.done === true || 'until' in step.value) return 0;
  return 'read' in step.value ? step.value.read : step.value.skip;
}

function* walkPng(): Walk {
  yield { skip: 8 };
  for (;;) {
    const head = yield { read: 8 };
    yield { skip: view(head).getUint32(0) + 4 }; // and the checksum
    if (latin1(head.subarray(4)) === 'IEND') return;
  }
}

/** The announced length counts what stands behind it. */
function* walkWebp(): Walk {
  const head = yield { read: 8 };
  yield { skip: view(head).getUint32(4, true) };
}

/** Segments up to each scan, then the scan's own bytes, in which a marker is 0xFF and neither 0 nor a restart. */
function* walkJpeg(): Walk {
  yield { skip: 2 };
  for (;;) {
    yield { until: 0xff };
    yield { skip: 1 };
    let [marker = 0] = yield { read: 1 };
    while (marker === 0xff) [marker = 0] = yield { read: 1 };
    if (marker === 0xd9) return;
    if (marker <= 1 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    const length = view(yield { read: 2 }).getUint16(0);
    yield { skip: Math.max(0, length - 2) };
  }
}

function* walkGif(): Walk {
  const head = yield { read: 13 };
  yield { skip: paletteBytes(head[10]) };
  for (;;) {
    const [kind] = yield { read: 1 };
    if (kind === 0x3b) return;
    if (kind === 0x21) yield { skip: 1 };
    else if (kind === 0x2c) {
      const image = yield { read: 9 };
      yield { skip: paletteBytes(image[8]) + 1 };
    } else continue; // filling
    for (let length = (yield { read: 1 })[0]; length !== undefined && length > 0; length = (yield { read: 1 })[0])
      yield { skip: length };
  }
}

function paletteBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}
