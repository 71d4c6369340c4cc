// How many jobs of ours a server has at once: first come, first served; fewer while other people's jobs wait there.

type Waiting = { readonly take: () => void };

export class Slots {
  readonly #changed: () => void;
  readonly #queue: Waiting[] = [];
  #limit: number;
  #used = 0;

  constructor(limit: number, changed: () => void) {
    this.#limit = limit;
    this.#changed = changed;
  }

  get used(): number {
    return this.#used;
  }

  get free(): number {
    return Math.max(this.#limit - this.#used, 0);
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#give();
  }

  /** Resolves with what gives the slot back; rejects with the signal's reason when it is aborted first. */
  take(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(signal.reason as Error);
      };
      const waiting: Waiting = {
        take: () => {
          signal.removeEventListener('abort', stop);
          this.#used++;
          resolve(() => this.#back());
        },
      };
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      this.#queue.push(waiting);
      this.#give();
    });
  }

  #back(): void {
    this.#used--;
    this.#give();
  }

  #give(): void {
    while (this.free > 0 && this.#queue.length > 0) this.#queue.shift()?.take();
    this.#changed();
  }
}
