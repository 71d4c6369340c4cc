// The WebSocket of one server: feature flags, first status, ping, reconnect with back-off. A hint, never the truth (protocol.md 3).
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { bringsImage, type Frame } from '../protocol/frames.ts';
import { parseMessage, type ServerMessage } from '../protocol/messages.ts';
import { glanceAtProgress, UnreadFrame, UnreadMessage } from '../protocol/unread.ts';
import type { AnswerHeaders } from './answer.ts';
import { targetOf, type Connector } from './connector.ts';
import { messageOf } from './failures.ts';
import type { MessageQueue } from './message-queue.ts';
import { backoffMs } from './patience.ts';

export type SocketState = 'connecting' | 'open' | 'lost' | 'closed' | 'unavailable';

/** What a job's message queue holds: a text message, a binary frame, or news of the connection itself. */
export type SocketMessage =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'frame'; readonly frame: Frame; readonly running: string | undefined }
  | { readonly kind: 'connection'; readonly state: 'lost' | 'restored' | 'polling' };

/** Which of the images that come are of use: previews, of which the newest is enough, or results. Others are not looked at. */
export type WantedImages = 'none' | 'newest' | 'every';

export type SocketOptions = {
  readonly url: (clientId: string) => URL;
  readonly headers: (url: URL) => Readonly<Record<string, string>>;
  /** Told the headers of the answer that opened it: cookies. */
  readonly took: (url: URL, headers: AnswerHeaders) => void;
  readonly connect: Connector;
  readonly previews: boolean;
  /** For the connection, and again for the handshake on it. */
  readonly connectTimeoutMs: number;
  /** A ping without a pong for so long ends the connection. */
  readonly pingMs: number;
  readonly trace?: ((line: string) => void) | undefined;
};

const maxFrameBytes = 128 * 1024 * 1024;
/** How often a socket that never opened is tried before we only poll. */
const attemptsBeforePolling = 3;

/** Nothing in here keeps the process alive: whoever waits for news has a timer of its own running. */
export class ServerSocket {
  /** Ours alone, kept through reconnects (events go to the submitting id); the old socket is closed before a new one opens (protocol.md 3.1.5). */
  readonly clientId: string = crypto.randomUUID();
  state: SocketState = 'connecting';
  /** Jobs of everybody, from the newest `status` message. */
  queueRemaining: number | undefined;
  /** Why the last attempt failed, in the words of whoever refused it. */
  lastError: string | undefined;

  readonly #options: SocketOptions;
  readonly #subscribers = new Map<MessageQueue<SocketMessage>, WantedImages>();
  #socket: WebSocket | undefined;
  #ping: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #tried = 0;
  #everOpen = false;
  #running: string | undefined;
  readonly #firstStatus: Promise<void>;
  #sawStatus: () => void = () => undefined;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#firstStatus = new Promise((resolve) => (this.#sawStatus = resolve));
    void this.#open();
  }

  /** Waits for the first `status` frame, `waitMs` at most; true when the socket is of use. */
  async ready(waitMs: number, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    let stop = (): void => undefined;
    const patience = new Promise<void>((resolve) => (stop = resolve));
    const timer = setTimeout(stop, Math.max(waitMs, 0));
    signal?.addEventListener('abort', stop, { once: true });
    await Promise.race([this.#firstStatus, patience]);
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    signal?.throwIfAborted();
    return this.state === 'open';
  }

  subscribe(messages: MessageQueue<SocketMessage>, images: WantedImages): () => void {
    this.#subscribers.set(messages, images);
    return () => this.#subscribers.delete(messages);
  }

  close(): void {
    this.state = 'closed';
    clearInterval(this.#ping);
    clearTimeout(this.#retry);
    this.#sawStatus();
    this.#socket?.terminate();
  }

  async #open(): Promise<void> {
    const url = this.#options.url(this.clientId);
    let connection: Socket;
    try {
      connection = await this.#options.connect(targetOf(url));
    } catch (error) {
      this.#failed(error);
      this.#down();
      return;
    }
    connection.unref();
    if (this.#isClosed()) connection.destroy();
    else this.#upgrade(url, connection);
  }

  /** `close()` may have come while something was awaited. */
  #isClosed(): boolean {
    return this.state === 'closed';
  }

  /** Speaks WebSocket on a connection that stands. */
  #upgrade(url: URL, connection: Socket): void {
    const socket = new WebSocket(url, {
      headers: this.#options.headers(url),
      perMessageDeflate: false,
      maxPayload: maxFrameBytes,
      createConnection: () => connection,
    });
    this.#socket = socket;
    // the limit of ws does not hold on a connection that it did not make itself
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      socket.terminate();
    }, this.#options.connectTimeoutMs).unref();
    socket.on('upgrade', ({ headers }) => this.#options.took(url, headers));
    socket.on('open', () => {
      clearTimeout(late);
      socket.send(
        JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: this.#options.previews } }),
      );
      this.#keepAlive(socket);
    });
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer; // ws gives nothing else unless it is asked to, and keeps none
      if (isBinary) this.#frame(bytes);
      else this.#text(bytes);
    });
    socket.on('error', (error) => this.#failed(isLate ? 'the handshake was not answered in time' : error));
    socket.on('close', () => {
      clearTimeout(late);
      if (socket === this.#socket) this.#down();
    });
  }

  #failed(error: unknown): void {
    this.lastError = messageOf(error);
    this.#options.trace?.(`WebSocket: ${this.lastError}`);
  }

  #text(bytes: Buffer): void {
    const progress = glanceAtProgress(bytes);
    if (progress === undefined) this.#message(parseMessage(bytes.toString('utf8')));
    else this.#deliver(new UnreadMessage(bytes), progress);
  }

  #message(message: ServerMessage): void {
    if (message.type === 'status') {
      this.queueRemaining = message.queue_remaining;
      this.#up();
    }
    if (message.type === 'executing')
      this.#running = message.node === null ? undefined : (message.prompt_id ?? this.#running);
    const key =
      message.type === 'progress' || message.type === 'progress_state' || message.type === 'status'
        ? `${message.type}:${'prompt_id' in message ? message.prompt_id : ''}`
        : undefined;
    this.#deliver({ kind: 'message', message }, key);
  }

  #frame(bytes: Uint8Array): void {
    const received = new UnreadFrame(bytes, this.#running);
    if (!bringsImage(bytes)) {
      if (received.frame.kind === 'text') this.#deliver(received, 'text');
      return;
    }
    for (const [messages, images] of this.#subscribers) {
      if (images === 'none') continue;
      // PNG is what nodes send that save nothing: none of them may be dropped for the next
      const isResult = images === 'every' && received.frame.kind === 'preview' && received.frame.mime === 'image/png';
      messages.push(received, isResult ? undefined : 'preview');
    }
  }

  #deliver(received: SocketMessage, key?: string): void {
    for (const messages of this.#subscribers.keys()) messages.push(received, key);
  }

  #up(): void {
    if (this.state === 'open' || this.state === 'closed') return;
    const restored = this.#everOpen;
    this.state = 'open';
    this.#everOpen = true;
    this.#tried = 0;
    this.#sawStatus();
    if (restored) this.#deliver({ kind: 'connection', state: 'restored' });
  }

  #down(): void {
    clearInterval(this.#ping);
    if (this.state === 'closed') return;
    if (this.state === 'open') this.#deliver({ kind: 'connection', state: 'lost' });
    this.#tried++;
    if (this.#tried >= attemptsBeforePolling && this.state !== 'unavailable') {
      this.#deliver({ kind: 'connection', state: 'polling' });
      this.state = 'unavailable';
    } else if (this.state !== 'unavailable') this.state = 'lost';
    if (!this.#everOpen) this.#sawStatus();
    this.#retry = setTimeout(() => void this.#open(), backoffMs(this.#tried));
    this.#retry.unref();
  }

  /** The server sends no heartbeat (protocol.md 3.1.6): ours finds half-open connections. */
  #keepAlive(socket: WebSocket): void {
    let answered = true;
    socket.on('pong', () => (answered = true));
    this.#ping = setInterval(() => {
      if (!answered) socket.terminate();
      answered = false;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, this.#options.pingMs);
    this.#ping.unref();
  }
}

type SharedOptions = Omit<SocketOptions, 'url' | 'previews'> & {
  /** A path of the server. */
  readonly address: (path: string) => URL;
};

/** The socket of all jobs of a connection. */
export class SharedSocket {
  readonly #options: SharedOptions;
  #socket: ServerSocket | undefined;
  #tries = 0;

  constructor(options: SharedOptions) {
    this.#options = options;
  }

  /** Opened at the first call, whose word on previews holds. */
  get(previews: boolean): ServerSocket {
    this.#socket ??= new ServerSocket({ ...this.#options, url: (clientId) => this.#url(clientId), previews });
    return this.#socket;
  }

  /**
   * Opened while the server is asked who it is. It goes again when that is no ComfyUI, when it does not open, and when the
   * answer sets a cookie: a load balancer may know by it to which of its servers we belong.
   */
  async openDuring(asked: Promise<{ readonly api: string }>, previews: boolean): Promise<void> {
    if (this.#socket !== undefined) return;
    const before = this.#cookie();
    const socket = this.get(previews);
    const api = await asked.then(
      (found) => found.api,
      () => undefined,
    );
    const opens = socket.state === 'connecting' || socket.state === 'open';
    if (api === 'core' && opens && this.#cookie() === before) return;
    this.close();
    this.#socket = undefined;
  }

  /** `/ws` may be served bare or under `/api` only; tries alternate between the two after a failure. */
  #url(clientId: string): URL {
    const url = this.#options.address(this.#tries++ % 2 === 0 ? '/ws' : '/api/ws');
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('clientId', clientId);
    return url;
  }

  #cookie(): string | undefined {
    return this.#options.headers(this.#options.address('/ws'))['cookie'];
  }

  close(): void {
    this.#socket?.close();
  }
}
