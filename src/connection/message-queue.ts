// Between a socket that must always be read and a reader who may be slow: a queue that merges what may be merged.

export class MessageQueue<T> {
  #items: { key: string | undefined; item: T }[] = [];
  #wake: (() => void) | undefined;

  /** Adds an item; the newest item of the same key replaces an unread one at the end of the queue. */
  push(item: T, key?: string): void {
    const last = this.#items.at(-1);
    if (key !== undefined && last?.key === key) last.item = item;
    else this.#items.push({ key, item });
    this.#wake?.();
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
