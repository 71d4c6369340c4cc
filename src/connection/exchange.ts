// One HTTP request under limits of our own: of time, from the last byte that moved, and of the caller's signal. Node's own
// hear nothing while a request waits for its connection.
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { ConnectionPool } from './agent.ts';
import type { AnswerHeaders } from './answer.ts';
import type { StartedBody, UploadProgress } from './body.ts';
import { targetOf } from './connector.ts';
import { Silence } from './failures.ts';
import { DivertibleSocket } from './large-body.ts';

export type Outgoing = {
  readonly method: 'GET' | 'POST' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly length: number; readonly pieces: StartedBody['pieces'] } | undefined;
  readonly signal: AbortSignal | undefined;
  /** No byte for so long, and it has failed; counts from the last byte that was sent. */
  readonly patienceMs: number;
  /** The same for the body of the answer. */
  readonly silenceMs: number;
  readonly progress?: UploadProgress | undefined;
};

export type Incoming = { readonly status: number; readonly headers: AnswerHeaders; readonly body: IncomingMessage };

/** Asks, and resolves with the head of the answer. The signal ends the body too. */
export async function exchange(pool: ConnectionPool, url: URL, out: Outgoing): Promise<Incoming> {
  out.signal?.throwIfAborted();
  const asked = requestTo(pool, url, out);
  return new Promise((resolve, reject) => {
    let body: IncomingMessage | undefined;
    const stop = (reason: Error): void => {
      end();
      (body ?? asked).destroy(reason);
      reject(reason);
    };
    const abort = (): void => stop(out.signal?.reason as Error);
    const watch = new Watch(out.patienceMs, stop);
    const end = (): void => {
      watch.end();
      out.signal?.removeEventListener('abort', abort);
    };
    out.signal?.addEventListener('abort', abort, { once: true });
    asked.once('response', (message) => {
      body = message;
      watch.end();
      endOnSilence(message, out.silenceMs);
      message.once('close', () => {
        end();
        const isRefused = (message.statusCode ?? 0) >= 300;
        if (isRefused && !asked.writableEnded) asked.destroy(); // before all was sent (413): the rest is not
      });
      resolve({ status: message.statusCode ?? 0, headers: message.headers, body: message });
    });
    asked.on('error', (failure) => {
      if (body === undefined) stop(failure); // of the body it hears itself
    });
    asked.once('close', () => {
      if (body === undefined) stop(new Error('the connection was closed')); // as after a 101 that nobody asked for
    });
    send(asked, out, watch).catch(stop);
  });
}

/** Of an answer, in bytes, as curl takes it: proxies put much into cookies and policies. */
const maxHeaderSize = 300 * 1024;

function requestTo(agent: ConnectionPool, url: URL, { method, headers }: Outgoing): ClientRequest {
  const { protocol, hostname, port } = targetOf(url);
  const defaultPort = protocol === 'https:' ? 443 : 80;
  const path = url.pathname + url.search;
  const to = { hostname, port, defaultPort, path, maxHeaderSize };
  return request({ agent, method, ...to, headers: { host: url.host, ...headers } });
}

async function send(asked: ClientRequest, out: Outgoing, watch: Watch): Promise<void> {
  if (out.body !== undefined)
    for await (const piece of watched(out.body, watch, out)) {
      if (asked.destroyed) return; // whose 'close' may be over: nobody would wake us
      if (!asked.write(piece)) await drained(asked);
    }
  asked.end();
}

async function drained(asked: ClientRequest): Promise<void> {
  await new Promise<void>((resolve) => {
    const go = (): void => {
      asked.off('drain', go).off('close', go);
      resolve();
    };
    asked.on('drain', go).on('close', go);
  });
}

/** While the reader has bytes to read the server is not the one who is silent. */
function endOnSilence(body: IncomingMessage, silenceMs: number): void {
  const { socket } = body;
  const silent = (): void => {
    const isHeldUp = body.readableLength > 0 || (socket instanceof DivertibleSocket && socket.isHeldUp);
    if (isHeldUp) socket.setTimeout(silenceMs);
    else body.destroy(new Silence(silenceMs));
  };
  socket.setTimeout(silenceMs).on('timeout', silent);
  body.once('close', () => socket.off('timeout', silent));
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

/** The clock of one request: `onSilence` hears of it when nothing moved for so long. */
class Watch {
  readonly #patienceMs: number;
  readonly #onSilence: (silence: Silence) => void;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(patienceMs: number, onSilence: (silence: Silence) => void) {
    this.#patienceMs = patienceMs;
    this.#onSilence = onSilence;
    this.restart();
  }

  restart(patienceMs = this.#patienceMs): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    this.#timer = setTimeout(() => this.#onSilence(new Silence(patienceMs)), patienceMs);
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
