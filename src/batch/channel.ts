// Many writers, one reader, nothing kept: a writer waits until the reader has dealt with what it wrote.

type Written<T> = { readonly item: T; readonly taken: () => void };

export class Channel<T> {
  readonly #waiting: Written<T>[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;

  /** Resolves when the reader asks for the next item, which says that it is done with this one; at once when closed. */
  put(item: T): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((taken) => {
      this.#waiting.push({ item, taken });
      this.#wake();
    });
  }

  /** What was written before still comes; nobody waits for a reader any more. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** Ends once the channel is closed and empty. */
  async *read(): AsyncGenerator<T, void> {
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          try {
            yield next.item;
          } finally {
            next.taken(); // also when the reader leaves in the middle of it
          }
        } else if (this.#isClosed) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.close();
      for (const { taken } of this.#waiting.splice(0)) taken();
    }
  }
}
