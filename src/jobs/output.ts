// One file that the server produced: read it as a stream, as bytes, or save it; every way is checked.
import type { Connection } from '../connection/connection.ts';
import { abortError, ComfyGenError } from '../errors.ts';
import { defaultTemplate, parseTemplate } from '../files/name.ts';
import type { OutputRef } from '../protocol/http.ts';
import { fetchInto } from './download.ts';
import type { Output, ReadOptions } from './handle.ts';
import { aboutNothing } from './job.ts';
import { linkedSignal } from './linked-signal.ts';
import { fetchOutput } from './save.ts';

const maxBytes = 2 ** 31;
const maxStreamBytes = 2 ** 40;

/** Gives an output reference its three ways to the bytes. */
export function makeOutput(server: Connection, ref: OutputRef, promptId: string): Output {
  return {
    ...ref,
    bytes: (options) => read(options, (signal) => wholeBytes(server, ref, signal)),
    stream: (options) => stream(server, ref, options),
    save: (folder, options) =>
      read(options, async (signal) => {
        const target = { kind: 'folder', folder, template: parseTemplate(defaultTemplate) } as const;
        const order = { target, about: aboutNothing, row: 1, index: 1, promptId, at: new Date(), signal };
        await using fetched = await fetchOutput(server, ref, order);
        return (await fetched.commit()).file;
      }),
  };
}

/** An aborted signal is `cancelled`, whatever it was that noticed it. */
async function read<T>({ signal }: ReadOptions = {}, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using linked = linkedSignal(signal);
  try {
    linked.signal.throwIfAborted();
    return await work(linked.signal);
  } catch (error) {
    throw linked.signal.aborted ? abortError(linked.signal) : error;
  }
}

async function wholeBytes(server: Connection, ref: OutputRef, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const write = (chunk: Uint8Array): void => void chunks.push(chunk);
  await fetchInto(server, ref, { signal, maxBytes, write, reset: () => void chunks.splice(0) });
  return Buffer.concat(chunks);
}

/** The download waits for its reader, piece by piece; a reader who leaves ends it. */
async function* stream(server: Connection, ref: OutputRef, { signal }: ReadOptions = {}): AsyncGenerator<Uint8Array> {
  using linked = linkedSignal(signal);
  const handed = new HandOver();
  let sent = false;
  const reset = (): void => {
    // what was given out cannot be taken back
    if (sent) throw new ComfyGenError('truncated_download', `${ref.filename}: the download broke off and cannot go on`);
  };
  const sink = { signal: linked.signal, maxBytes: maxStreamBytes, write: handed.give, reset };
  const loaded = fetchInto(server, ref, sink).finally(handed.close);
  loaded.catch(() => undefined); // thrown below, where it is awaited
  try {
    linked.signal.throwIfAborted();
    for (let chunk = await handed.take(); chunk !== undefined; chunk = await handed.take()) {
      sent = true;
      yield chunk;
    }
    await loaded;
  } catch (error) {
    throw linked.signal.aborted ? abortError(linked.signal) : error;
  } finally {
    linked.abort(new ComfyGenError('cancelled', 'the reader left'));
    handed.close();
  }
}

/** One piece from hand to hand: the giver waits until the taker asks for the next. */
class HandOver {
  #piece: Uint8Array | undefined;
  #isClosed = false;
  #taken: () => void = () => undefined;
  #came: () => void = () => undefined;

  /** Resolves when the piece was dealt with. */
  readonly give = async (piece: Uint8Array): Promise<void> => {
    if (this.#isClosed) return;
    this.#piece = piece;
    this.#came();
    await new Promise<void>((resolve) => (this.#taken = resolve));
  };

  /** Undefined at the end. Asking says that the piece before was dealt with. */
  async take(): Promise<Uint8Array | undefined> {
    if (this.#piece === undefined) this.#taken();
    if (this.#piece === undefined && !this.#isClosed) await new Promise<void>((resolve) => (this.#came = resolve));
    const piece = this.#piece;
    this.#piece = undefined;
    return piece;
  }

  readonly close = (): void => {
    this.#isClosed = true;
    this.#came();
    this.#taken();
  };
}
