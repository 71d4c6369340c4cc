// The body of a large answer, read into a few blocks of memory again and again. Node allocates 64 kB for each read and frees
// it later: of a gigabyte that costs more than all else that is done with it.
import { IncomingMessage } from 'node:http';
import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';
import type { Readable } from 'node:stream';

/** A smaller body is not worth a connection of its own: one that lent its body cannot serve again. */
const largeBytes = 8 * 1024 * 1024;
const blockBytes = 1024 * 1024;

/** A TCP connection whose bytes can be led past Node's HTTP. */
export class DivertibleSocket extends Socket {
  readonly #usual = Buffer.allocUnsafeSlow(64 * 1024);
  #blocks: Blocks | undefined;

  constructor() {
    const onread: OnReadOpts = {
      buffer: () => this.#blocks?.room() ?? this.#usual,
      callback: (length, buffer) => this.#take(buffer.subarray(0, length)),
    };
    super({ onread } as SocketConstructorOpts); // the types do not have it
  }

  /** From now on what comes goes into blocks. */
  divert(into: Blocks): void {
    this.#blocks = into;
    this.resume();
  }

  /** Somebody else has to act before more is read: that the server is silent says nothing. */
  get isHeldUp(): boolean {
    return this.#blocks?.isWaiting === false;
  }

  /** False stops reading until `resume`. */
  #take(bytes: Uint8Array): boolean {
    if (this.#blocks === undefined) return this.push(Buffer.from(bytes));
    if (bytes.buffer === this.#usual.buffer) this.#blocks.room().set(bytes); // asked for before it was diverted
    return this.#blocks.filled(bytes.length);
  }
}

/**
 * A large body whose pieces are lent: each is overwritten after the next was asked for. Undefined where the body is small,
 * has no length, or comes through TLS.
 */
export function lentBody(message: Readable): AsyncIterable<Uint8Array> | undefined {
  if (!(message instanceof IncomingMessage)) return undefined;
  const { socket } = message;
  const length = Number(message.headers['content-length']);
  if (!(socket instanceof DivertibleSocket) || !(length >= largeBytes)) return undefined;
  if (message.complete || message.destroyed || socket.readableLength > 0) return undefined;
  return pieces(message, socket, length);
}

async function* pieces(message: IncomingMessage, socket: DivertibleSocket, length: number): AsyncGenerator<Uint8Array> {
  const into = new Blocks(length - message.readableLength, () => socket.resume());
  socket.divert(into);
  const end = (): void => into.end(message.errored ?? new Error('the connection was closed'));
  message.on('error', end).once('close', end);
  try {
    const begin = message.read() as Buffer | null; // what Node's HTTP has read of it already
    if (begin !== null) yield begin;
    for (let piece = await into.next(); piece !== undefined; piece = await into.next()) yield piece;
  } finally {
    message.destroy(); // for Node's HTTP most of the answer never came: nothing else can be asked on this connection
  }
}

/** What is read goes round in a few of them; while two wait for their reader nothing is read. */
class Blocks {
  readonly #goOn: () => void;
  readonly #free: Buffer[] = [];
  readonly #full: Buffer[] = [];
  #filling: Buffer | undefined;
  #filledBytes = 0;
  #lent: Buffer | undefined;
  /** Bytes of the body that are in no full block. */
  #left: number;
  #failure: Error | undefined;
  #isPaused = false;
  #wake: (() => void) | undefined;

  constructor(length: number, goOn: () => void) {
    this.#left = length;
    this.#goOn = goOn;
  }

  /** Does the reader wait for the server? */
  get isWaiting(): boolean {
    return this.#wake !== undefined;
  }

  /** Where the next bytes go. */
  room(): Uint8Array {
    this.#filling ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
    return this.#filling.subarray(this.#filledBytes);
  }

  /** So many bytes came into `room`. Is there place for more? */
  filled(bytes: number): boolean {
    this.#filledBytes += bytes;
    if (this.#filledBytes >= Math.min(blockBytes / 2, this.#left)) this.#close();
    this.#isPaused = this.#left === 0 || this.#full.length >= 2;
    return !this.#isPaused;
  }

  #close(): void {
    if (this.#filling === undefined || this.#filledBytes === 0) return;
    const piece = this.#filling.subarray(0, Math.min(this.#filledBytes, this.#left));
    if (piece.length > 0) this.#full.push(piece);
    this.#left -= piece.length;
    this.#filling = undefined;
    this.#filledBytes = 0;
    this.#awake();
  }

  /** Nothing more comes. */
  end(failure: Error): void {
    this.#failure ??= failure;
    this.#close();
    this.#awake();
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Undefined at the end of the body; what was lent before may be overwritten. Throws what broke it off. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#lent !== undefined) this.#free.push(this.#lent);
    this.#lent = undefined;
    if (this.#full.length === 0 && this.#left > 0 && this.#failure === undefined)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    const piece = this.#full.shift();
    if (piece === undefined && this.#left > 0 && this.#failure !== undefined) throw this.#failure;
    this.#lent = piece && Buffer.from(piece.buffer);
    if (this.#isPaused && this.#left > 0) this.#goOn();
    return piece;
  }
}
