// One HTTP request under limits of our own: of time, from the last byte that moved, and of the caller's signal.
//
// undici counts its limit for headers from the start of a request, which cuts a long upload off though bytes flow, and
// while a request waits for a connection it hears no signal at all: so both are kept here.
import type { Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';
import type { AnswerHeaders } from './answer.ts';
import type { StartedBody, UploadProgress } from './body.ts';
import { Silence } from './failures.ts';

export type Outgoing = {
  readonly method: 'GET' | 'POST' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly length: number; readonly pieces: StartedBody['pieces'] } | undefined;
  readonly signal: AbortSignal | undefined;
  /** No byte for so long, out or in, and it has failed; counts from the last byte that was sent. */
  readonly patienceMs: number;
  readonly progress?: UploadProgress | undefined;
};

export type Incoming = { readonly status: number; readonly headers: AnswerHeaders; readonly body: Readable };

/** Asks, and resolves with the head of the answer. The signal ends the body too. */
export async function exchange(dispatcher: Dispatcher, url: URL, out: Outgoing): Promise<Incoming> {
  out.signal?.throwIfAborted();
  const watch = new Watch(out.patienceMs, out.signal);
  const asked = request(url, {
    method: out.method,
    headers: out.headers,
    // undici takes what yields bytes, its types name streams only
    body: out.body === undefined ? null : (watched(out.body, watch, out) as unknown as Readable),
    dispatcher,
    signal: watch.signal,
    headersTimeout: 0,
  });
  try {
    const { statusCode, headers, body } = await Promise.race([asked, watch.over]);
    body.once('close', () => watch.end());
    return { status: statusCode, headers, body };
  } catch (failure) {
    watch.end();
    // the loser of the race may still come: nobody reads it
    asked.then(({ body }) => body.on('error', () => undefined).destroy()).catch(() => undefined);
    throw failure;
  } finally {
    watch.rest();
  }
}

/** What the buffers of both systems may hold of a body (Linux: 4 + 6 MB) after the last byte was given to them. */
const heldBytes = 10_000_000;
/** How much of that leaves within one `patienceMs` on the slowest line that we wait for (at 60 s: 50 kB a second). */
const slowestBytes = 3_000_000;

/** Each piece that went out restarts the watch; after the last one a slow line gets time for what is still under way. */
async function* watched(body: NonNullable<Outgoing['body']>, watch: Watch, out: Outgoing): AsyncGenerator<Uint8Array> {
  const began = performance.now();
  let sent = 0;
  for await (const piece of body.pieces) {
    yield piece;
    sent += piece.length;
    out.progress?.(sent, body.length);
    watch.restart();
  }
  const tookMs = performance.now() - began;
  const isMeasured = sent > 2 * heldBytes; // a smaller body says nothing of the line: the buffers took it all
  const heldMs = isMeasured
    ? (tookMs * heldBytes) / (sent - heldBytes)
    : (out.patienceMs * Math.min(sent, heldBytes)) / slowestBytes;
  watch.restart(out.patienceMs + heldMs);
}

/** The clock of one request, and its signal. */
class Watch {
  readonly #stop = new AbortController();
  readonly #patienceMs: number;
  readonly #given: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rests = false;
  readonly #abort = (): void => this.#stop.abort(this.#given?.reason);
  /** Rejects when the time is over or the caller's signal is aborted, whatever undici does. */
  readonly over: Promise<never>;

  constructor(patienceMs: number, given: AbortSignal | undefined) {
    this.#patienceMs = patienceMs;
    this.#given = given;
    this.over = new Promise((_resolve, reject) => {
      this.signal.addEventListener('abort', () => reject(this.signal.reason as Error), { once: true });
    });
    this.over.catch(() => undefined);
    given?.addEventListener('abort', this.#abort, { once: true });
    this.restart();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  restart(patienceMs = this.#patienceMs): void {
    clearTimeout(this.#timer);
    if (this.#rests) return;
    this.#timer = setTimeout(
      () => this.#stop.abort(new Silence(`nothing came for ${patienceMs / 1000} s`)),
      patienceMs,
    );
  }

  /** The head of the answer is there: undici watches the body, byte by byte. */
  rest(): void {
    this.#rests = true;
    clearTimeout(this.#timer);
  }

  end(): void {
    this.rest();
    this.#given?.removeEventListener('abort', this.#abort);
  }
}
