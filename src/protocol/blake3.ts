// BLAKE3, by which Comfy API v2 knows a file. As its specification says: chunks of 1024 bytes under a binary tree.
const iv = Uint32Array.of(
  ...[0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
);
const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const flag = { chunkStart: 1, chunkEnd: 2, parent: 4, root: 8 } as const;
const chunkBytes = 1024;
const blockBytes = 64;
const rounds = 7;

/** Which word of a message each of the sixteen places of a round takes, round after round. */
const schedule: readonly Uint8Array[] = Array.from({ length: rounds }).reduce<Uint8Array[]>((all) => {
  const before = all.at(-1);
  all.push(Uint8Array.from(permutation, (p, i) => (before === undefined ? i : (before[p] ?? 0))));
  return all;
}, []);
/** The words of the state that each of the eight steps of a round mixes: four columns, then four diagonals. */
const lanes = Uint8Array.of(
  ...[0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
  ...[0, 5, 10, 15, 1, 6, 11, 12, 2, 7, 8, 13, 3, 4, 9, 14],
);

/** The hash of everything that comes, as 64 hexadecimal digits. */
export async function blake3(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const tree = new Tree();
  const chunk = new Uint8Array(chunkBytes);
  let held = 0;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; ) {
      if (held === chunkBytes) {
        tree.add(chunk); // more follows, so it is not the last one
        held = 0;
      }
      const taken = Math.min(chunkBytes - held, bytes.length - at);
      chunk.set(bytes.subarray(at, at + taken), held);
      held += taken;
      at += taken;
    }
  }
  return hex(tree.end(chunk.subarray(0, held)));
}

class Tree {
  /** Values of whole subtrees, the largest first. */
  readonly #whole: Uint32Array[] = [];
  #chunks = 0;

  add(chunk: Uint8Array): void {
    let value = chunkValue(chunk, this.#chunks, 0);
    this.#chunks++;
    for (let count = this.#chunks; count % 2 === 0; count /= 2) value = parentValue(this.#left(), value, 0);
    this.#whole.push(value);
  }

  end(chunk: Uint8Array): Uint32Array {
    const isOnly = this.#whole.length === 0;
    let value = chunkValue(chunk, this.#chunks, isOnly ? flag.root : 0);
    while (this.#whole.length > 0) value = parentValue(this.#left(), value, this.#whole.length === 0 ? flag.root : 0);
    return value;
  }

  #left(): Uint32Array {
    return this.#whole.pop() ?? iv;
  }
}

function chunkValue(chunk: Uint8Array, counter: number, rootFlag: number): Uint32Array {
  const blocks = Math.max(Math.ceil(chunk.length / blockBytes), 1);
  let value: Uint32Array = iv;
  for (let i = 0; i < blocks; i++) {
    const block = chunk.subarray(i * blockBytes, (i + 1) * blockBytes);
    const flags = (i === 0 ? flag.chunkStart : 0) | (i === blocks - 1 ? flag.chunkEnd | rootFlag : 0);
    value = compress(value, words(block), { counter, length: block.length, flags });
  }
  return value;
}

function parentValue(left: Uint32Array, right: Uint32Array, rootFlag: number): Uint32Array {
  const block = new Uint32Array(16);
  block.set(left);
  block.set(right, 8);
  return compress(iv, block, { counter: 0, length: blockBytes, flags: flag.parent | rootFlag });
}

type About = { readonly counter: number; readonly length: number; readonly flags: number };

function compress(value: Uint32Array, block: Uint32Array, { counter, length, flags }: About): Uint32Array {
  const s = new Uint32Array(16);
  s.set(value);
  s.set(iv.subarray(0, 4), 8);
  s.set([counter, Math.floor(counter / 2 ** 32), length, flags], 12);
  for (const order of schedule) for (let step = 0; step < 8; step++) mix(s, step, { block, order });
  const out = new Uint32Array(8);
  for (let i = 0; i < 8; i++) out[i] = (s[i] ?? 0) ^ (s[i + 8] ?? 0);
  return out;
}

type Words = { readonly block: Uint32Array; readonly order: Uint8Array };

/* Indexes are all within: `?? 0` is for the compiler. */
function mix(s: Uint32Array, step: number, { block, order }: Words): void {
  const [ia = 0, ib = 0, ic = 0, id = 0] = [
    lanes[4 * step],
    lanes[4 * step + 1],
    lanes[4 * step + 2],
    lanes[4 * step + 3],
  ];
  let [a, b, c, d] = [s[ia] ?? 0, s[ib] ?? 0, s[ic] ?? 0, s[id] ?? 0];
  a = (a + b + (block[order[2 * step] ?? 0] ?? 0)) | 0;
  d = turned(d ^ a, 16);
  c = (c + d) | 0;
  b = turned(b ^ c, 12);
  a = (a + b + (block[order[2 * step + 1] ?? 0] ?? 0)) | 0;
  d = turned(d ^ a, 8);
  c = (c + d) | 0;
  b = turned(b ^ c, 7);
  s[ia] = a;
  s[ib] = b;
  s[ic] = c;
  s[id] = d;
}

const turned = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** Sixteen little-endian words; what is missing is zero. */
function words(block: Uint8Array): Uint32Array {
  const out = new Uint32Array(16);
  for (let i = 0; i < block.length; i++) out[i >> 2] = (out[i >> 2] ?? 0) | ((block[i] ?? 0) << (8 * (i & 3)));
  return out;
}

function hex(value: Uint32Array): string {
  const bytes = Buffer.alloc(32);
  for (const [i, word] of value.entries()) bytes.writeUInt32LE(word, 4 * i);
  return bytes.toString('hex');
}
