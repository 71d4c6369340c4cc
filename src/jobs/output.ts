// One file that the server produced: read it as a stream, as bytes, or save it; every way is checked.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { defaultTemplate, parseTemplate } from '../files/name.ts';
import type { OutputRef } from '../protocol/http.ts';
import { fetchInto } from './download.ts';
import { aboutNothing, type JobResult, type SavedFile } from './job.ts';
import { fetchOutput } from './save.ts';

export type Output = OutputRef & {
  /**
   * The bytes as they come, never more than a few pieces in memory. Throws ComfyGenError of kind `save`, at the end too:
   * only when the loop ends by itself is the file whole and what it says.
   */
  stream: () => AsyncIterable<Uint8Array>;
  /** The verified bytes in one piece, up to 2 GiB. */
  bytes: () => Promise<Uint8Array>;
  /** Saves into `folder` under the default name; never replaces a file. */
  save: (folder: string) => Promise<SavedFile>;
};

/** What `Job.result()` gives: the result and access to every output on the server. */
export type JobOutcome = JobResult & { readonly outputs: readonly Output[] };

const maxBytes = 2 ** 31;
const maxStreamBytes = 2 ** 40;

/** Gives an output reference its three ways to the bytes. */
export function makeOutput(server: Connection, ref: OutputRef, promptId: string): Output {
  return {
    ...ref,
    bytes: async () => {
      const chunks: Uint8Array[] = [];
      const write = (chunk: Uint8Array): void => void chunks.push(chunk);
      await fetchInto(server, ref, { maxBytes, write, reset: () => void chunks.splice(0) });
      return Buffer.concat(chunks);
    },
    stream: () => stream(server, ref),
    save: async (folder) => {
      const target = { kind: 'folder', folder, template: parseTemplate(defaultTemplate) } as const;
      const order = { target, about: aboutNothing, row: 1, index: 1, promptId, at: new Date() };
      await using fetched = await fetchOutput(server, ref, order);
      return (await fetched.commit()).file;
    },
  };
}

/** The download waits for its reader, piece by piece; a reader who leaves ends it. */
async function* stream(server: Connection, ref: OutputRef): AsyncGenerator<Uint8Array> {
  const left = new AbortController();
  const pieces = new Pieces();
  const reset = (): void => {
    // what was given out cannot be taken back
    if (pieces.hasBegun)
      throw new ComfyGenError('truncated_download', `${ref.filename}: the download broke off and cannot go on`);
  };
  const write = (piece: Uint8Array): Promise<void> => pieces.put(piece);
  const loaded = fetchInto(server, ref, { signal: left.signal, maxBytes: maxStreamBytes, write, reset });
  loaded.then(pieces.end, pieces.end); // what failed is thrown below
  try {
    yield* pieces.read();
    await loaded;
  } finally {
    left.abort(new ComfyGenError('cancelled', 'the reader left'));
  }
}

/** One piece at a time from a writer to a reader, each waiting for the other. */
class Pieces {
  hasBegun = false;
  #piece: Uint8Array | undefined;
  #isOver = false;
  #taken: () => void = () => undefined;
  #came: () => void = () => undefined;

  /** Resolves when the reader wants the next one, or is gone. */
  put(piece: Uint8Array): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    this.#piece = piece;
    this.#came();
    return new Promise((resolve) => (this.#taken = resolve));
  }

  readonly end = (): void => {
    this.#isOver = true;
    this.#came();
  };

  async *read(): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        const arrival = new Promise<void>((resolve) => (this.#came = resolve));
        if (this.#piece === undefined && !this.#isOver) await arrival;
        const piece = this.#piece;
        if (piece === undefined) return;
        this.#piece = undefined;
        this.hasBegun = true;
        yield piece;
        this.#taken();
      }
    } finally {
      this.#isOver = true;
      this.#taken();
    }
  }
}
