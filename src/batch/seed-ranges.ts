// The seeds of many jobs, however many there are: consecutive ones are one range.

type Range = { first: bigint; last: bigint };

/** Of more ranges the lowest are kept: seeds that are all random would fill the memory. */
const keptAtMost = 256;
const shownAtMost = 5;

export class SeedRanges {
  /** In their order, none touching the next. */
  readonly #ranges: Range[] = [];
  #hasMore = false;

  /** Digits, in any order; what is no whole number is left out. */
  add(seed: string): void {
    if (!/^-?\d+$/.test(seed)) return;
    const n = BigInt(seed);
    const found = this.#ranges.findIndex(({ last }) => last >= n - 1n);
    const at = found < 0 ? this.#ranges.length : found;
    const here = this.#ranges[at];
    if (here === undefined || here.first > n + 1n) this.#ranges.splice(at, 0, { first: n, last: n });
    else this.#extend(here, at, n);
    if (this.#ranges.length <= keptAtMost) return;
    this.#ranges.pop();
    this.#hasMore = true;
  }

  #extend(here: Range, at: number, n: bigint): void {
    if (n < here.first) here.first = n;
    if (n <= here.last) return;
    here.last = n;
    const next = this.#ranges[at + 1];
    if (next === undefined || next.first > n + 1n) return;
    here.last = next.last;
    this.#ranges.splice(at + 1, 1);
  }

  /** `seed 7`, `seeds 7-9, 20`; of many the first five and `…`; empty where there is none. */
  text(): string {
    const [only] = this.#ranges;
    if (only === undefined) return '';
    const shown = this.#ranges
      .slice(0, shownAtMost)
      .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
    const isOne = this.#ranges.length === 1 && only.first === only.last && !this.#hasMore;
    if (this.#hasMore || this.#ranges.length > shownAtMost) shown.push('…');
    return `${isOne ? 'seed' : 'seeds'} ${shown.join(', ')}`;
  }
}
