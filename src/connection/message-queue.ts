// Between a socket that must always be read and a reader who may be slow: a queue that merges what may be merged.

export class MessageQueue<T> {
  #items: { key: string | undefined; item: T }[] = [];
  #wake: (() => void) | undefined;

  /** Adds an item; the newest of a key replaces the unread one behind which only others with keys came. */
  push(item: T, key?: string): void {
    const unread = key === undefined ? undefined : this.#mergeable(key);
    if (unread === undefined) this.#items.push({ key, item });
    else unread.item = item;
    this.#wake?.();
  }

  #mergeable(key: string): { item: T } | undefined {
    for (let at = this.#items.length - 1; at >= 0; at--) {
      const one = this.#items[at];
      if (one?.key === key) return one;
      if (one?.key === undefined) return undefined;
    }
    return undefined;
  }

  /** The next item, or undefined after `waitMs` or when the signal is aborted. */
  async next(waitMs: number, signal?: AbortSignal): Promise<T | undefined> {
    if (this.#items.length === 0 && waitMs > 0 && signal?.aborted !== true) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          this.#wake = undefined;
          resolve();
        };
        const timer = setTimeout(done, waitMs);
        signal?.addEventListener('abort', done, { once: true });
        this.#wake = done;
      });
    }
    return this.#items.shift()?.item;
  }
}
