// The WebSocket of one server: feature flags, first status, ping, reconnect with back-off. A hint, never the truth (section 3).
import WebSocket from 'ws';
import { decodeFrame, type Frame } from '../protocol/frames.ts';
import { parseMessage, type ServerMessage } from '../protocol/messages.ts';
import type { Mailbox } from './mailbox.ts';
import { backoffMs } from './transport.ts';

export type SocketState = 'connecting' | 'open' | 'lost' | 'closed' | 'unavailable';

/** What a job's mailbox holds: a text message, a binary frame, or news of the connection itself. */
export type Mail =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'frame'; readonly frame: Frame; readonly running: string | undefined }
  | { readonly kind: 'connection'; readonly state: 'lost' | 'restored' | 'polling' };

export type SocketOptions = {
  readonly url: (clientId: string) => URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly previews: boolean;
  readonly connectTimeoutMs: number;
  /** A ping without a pong for so long ends the connection. */
  readonly pingMs: number;
  readonly tls: { readonly ca?: string | undefined; readonly insecure?: boolean | undefined };
  /** A connection made by hand, through a proxy. */
  readonly tunnel?: (() => Promise<import('node:net').Socket>) | undefined;
  readonly trace?: ((line: string) => void) | undefined;
};

const maxFrameBytes = 128 * 1024 * 1024;
/** How often a socket that never opened is tried before we only poll. */
const attemptsBeforePolling = 3;

export class ServerSocket {
  /** Ours alone, kept through reconnects (events go to the submitting id); the old socket is closed before a new one opens (3.1.5). */
  readonly clientId: string = crypto.randomUUID();
  state: SocketState = 'connecting';
  /** Jobs of everybody, from the newest `status` message. */
  queueRemaining: number | undefined;
  /** Why the last attempt failed, in the words of whoever refused it. */
  lastError: string | undefined;

  readonly #options: SocketOptions;
  readonly #mailboxes = new Set<Mailbox<Mail>>();
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
  async ready(waitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, waitMs)));
    await Promise.race([this.#firstStatus, patience]);
    clearTimeout(timer);
    return this.state === 'open';
  }

  subscribe(mailbox: Mailbox<Mail>): () => void {
    this.#mailboxes.add(mailbox);
    return () => this.#mailboxes.delete(mailbox);
  }

  close(): void {
    this.state = 'closed';
    clearInterval(this.#ping);
    clearTimeout(this.#retry);
    this.#sawStatus();
    this.#socket?.terminate();
  }

  async #open(): Promise<void> {
    const { headers, tls, tunnel, connectTimeoutMs } = this.#options;
    const url = this.#options.url(this.clientId);
    let tunnelled: import('node:net').Socket | undefined;
    try {
      tunnelled = await tunnel?.();
    } catch (error) {
      this.lastError = error instanceof Error ? error.message : String(error);
      this.#down();
      return;
    }
    if (this.state === 'closed') return;
    const socket = new WebSocket(url, {
      headers,
      perMessageDeflate: false,
      maxPayload: maxFrameBytes,
      handshakeTimeout: connectTimeoutMs,
      rejectUnauthorized: tls.insecure !== true,
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tunnelled === undefined ? {} : { createConnection: () => tunnelled }),
    });
    this.#socket = socket;
    socket.on('upgrade', (response) => response.socket.unref()); // an idle client keeps no process alive
    socket.on('open', () => {
      socket.send(
        JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: this.#options.previews } }),
      );
      this.#keepAlive(socket);
    });
    socket.on('message', (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean) => {
      const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
      if (isBinary) this.#frame(decodeFrame(bytes));
      else this.#message(parseMessage(bytes.toString('utf8')));
    });
    socket.on('error', (error) => {
      this.lastError = error.message;
      this.#options.trace?.(`WebSocket: ${error.message}`);
    });
    socket.on('close', () => {
      if (socket === this.#socket) this.#down();
    });
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

  #frame(frame: Frame): void {
    if (frame.kind === 'unknown') return;
    this.#deliver({ kind: 'frame', frame, running: this.#running }, frame.kind);
  }

  #deliver(mail: Mail, key?: string): void {
    for (const mailbox of this.#mailboxes) mailbox.push(mail, key);
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

  /** The server sends no heartbeat (3.1.6): ours finds half-open connections. */
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
