// Pending jobs as the binary heap that `/queue` shows: only its first element is sure to be the next.
import type { Job } from './job.ts';

export class JobHeap {
  #items: Job[] = [];

  get items(): readonly Job[] {
    return this.#items;
  }

  push(job: Job): void {
    this.#items.push(job);
    this.#rise(this.#items.length - 1);
  }

  pop(): Job | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (first === undefined || last === undefined || this.#items.length === 0) return first;
    this.#items[0] = last;
    this.#sink(0);
    return first;
  }

  remove(matches: (job: Job) => boolean): boolean {
    const kept = this.#items.filter((job) => !matches(job));
    const removed = kept.length < this.#items.length;
    if (!removed) return false;
    this.#items = kept;
    for (let at = Math.floor(kept.length / 2) - 1; at >= 0; at--) this.#sink(at);
    return true;
  }

  #rise(start: number): void {
    for (let at = start; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfSmaller(at, parent)) return;
      at = parent;
    }
  }

  #sink(start: number): void {
    for (let at = start; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = right < this.#items.length && this.#isSmaller(right, left) ? right : left;
      if (child >= this.#items.length || !this.#swapIfSmaller(child, at)) return;
      at = child;
    }
  }

  #swapIfSmaller(a: number, b: number): boolean {
    const [x, y] = [this.#items[a], this.#items[b]];
    if (x === undefined || y === undefined || !this.#isSmaller(a, b)) return false;
    this.#items[a] = y;
    this.#items[b] = x;
    return true;
  }

  /** By number, then by the text of the id. */
  #isSmaller(a: number, b: number): boolean {
    const [x, y] = [this.#items[a], this.#items[b]];
    if (x === undefined || y === undefined) return false;
    return x.number < y.number || (x.number === y.number && x.id < y.id);
  }
}
