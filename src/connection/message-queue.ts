// Between a socket that must always be read and a reader who may be slow: a queue that merges what may be merged.

/** For so long what is merged does not wake a reader who has read all: of a flood he reads 60 a second. */
const restMs = 17;

export class MessageQueue<T> {
  #items: { key: string | undefined; item: T }[] = [];
  /** Wakes the reader who waits: at once, or when his rest is over. */
  #wake: ((atOnce: boolean) => void) | undefined;

  /** Adds an item; the newest of a key replaces the unread one behind which only others with keys came. */
  push(item: T, key?: string): void {
    const unread = key === undefined ? undefined : this.#mergeable(key);
    if (unread === undefined) this.#items.push({ key, item });
    else unread.item = item;
    this.#wake?.(key === undefined);
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
    if (this.#items.length === 0 && waitMs > 0 && signal?.aborted !== true) await this.#news(waitMs, signal);
    return this.#items.shift()?.item;
  }

  async #news(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const restsUntil = performance.now() + restMs;
    let rest: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        clearTimeout(rest);
        signal?.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal?.addEventListener('abort', done, { once: true });
      this.#wake = (atOnce) => {
        const early = restsUntil - performance.now();
        if (atOnce || early <= 0) done();
        else rest ??= setTimeout(done, early);
      };
    });
  }
}
