// A small number for each of millions of digests, in flat arrays: some 20 bytes each, where a Map takes 100.

const firstSlots = 1024;

/** Keys are digests, known by 64 bits: of ten million, two are taken for one with a chance of 1 in 300,000. */
export class KeyTable {
  /** Two words a slot. */
  #hashes = new Uint32Array(2 * firstSlots);
  /** 0: nothing is there. */
  #values = new Uint32Array(firstSlots);
  #size = 0;

  /** 0 for a key that was never set. */
  get(key: string): number {
    const { low, high } = hashOf(key);
    return this.#values[this.#slotOf(low, high)] ?? 0;
  }

  /** `value` is a whole number above 0. */
  set(key: string, value: number): void {
    if (this.#size * 4 >= this.#values.length * 3) this.#grow();
    const { low, high } = hashOf(key);
    this.#put(low, high, value);
  }

  #put(low: number, high: number, value: number): void {
    const slot = this.#slotOf(low, high);
    if (this.#values[slot] === 0) this.#size++;
    this.#hashes[2 * slot] = low;
    this.#hashes[2 * slot + 1] = high;
    this.#values[slot] = value;
  }

  /** Where it is, or the free slot where it belongs. */
  #slotOf(low: number, high: number): number {
    const mask = this.#values.length - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const isFree = this.#values[slot] === 0;
      if (isFree || (this.#hashes[2 * slot] === low && this.#hashes[2 * slot + 1] === high)) return slot;
    }
  }

  #grow(): void {
    const [hashes, values] = [this.#hashes, this.#values];
    this.#hashes = new Uint32Array(2 * hashes.length);
    this.#values = new Uint32Array(2 * values.length);
    this.#size = 0;
    for (const [slot, value] of values.entries())
      if (value > 0) this.#put(hashes[2 * slot] ?? 0, hashes[2 * slot + 1] ?? 0, value);
  }
}

/** Every other letter goes into one word, the rest into the other, as in FNV-1a. */
function hashOf(key: string): { readonly low: number; readonly high: number } {
  let [low, high] = [2166136261, 2166136261];
  for (let i = 0; i < key.length; i++) {
    if (i % 2 === 0) low = Math.imul(low ^ key.charCodeAt(i), 16777619);
    else high = Math.imul(high ^ key.charCodeAt(i), 16777619);
  }
  return { low: low >>> 0, high: high >>> 0 };
}
