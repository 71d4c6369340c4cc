// The WebSocket side: who is connected under which id, to whom each message goes (sections 3.1 and 3.2).
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { encodePreview, encodePreviewWithMetadata } from '../../protocol/frames.ts';
import { parseJson, stringifyJson } from '../../protocol/json.ts';
import type { Messages } from '../engine/job.ts';
import type { Faults } from '../faults/faults.ts';
import { mangle, type Payload } from '../faults/socket-faults.ts';

const pongMs = 500; // a client that does not answer pings is not waited for any longer
const largestFrame = 4 * 1024 * 1024; // a larger one from a client ends the connection

/** `isMute`: connected, and never told anything. */
type Guest = { readonly clientId: string; readonly isMute: boolean };
/** Who listens without a socket: what its client would get, and that everybody was cut off. */
export type Ear = { readonly take: (data: string | Uint8Array) => void; readonly cut: () => void };
type Client = { readonly sid: string; readonly socket: WebSocket; metadata: boolean; isMute: boolean };

export class Hub implements Messages {
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: largestFrame });
  /** The routing table: the newest socket of an id. Sockets that were replaced get nothing, not even broadcasts. */
  readonly #clients = new Map<string, Client>();
  readonly #ears = new Map<string, Set<Ear>>();
  #earsAreMute = false;
  readonly #faults: Faults;
  readonly #flags: Readonly<Record<string, unknown>>;
  readonly #remaining: () => number;
  #running: { readonly sid: string | undefined; lastNode: string | undefined } = {
    sid: undefined,
    lastNode: undefined,
  };

  constructor(options: { faults: Faults; flags: Readonly<Record<string, unknown>>; remaining: () => number }) {
    this.#faults = options.faults;
    this.#flags = options.flags;
    this.#remaining = options.remaining;
  }

  /** Takes an upgrade request that was found good. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, { clientId, isMute }: Guest): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#connect(ws, clientId, isMute));
  }

  /** Everything that is sent to this client from now on; the answer ends it. */
  listen(sid: string, ear: Ear): () => void {
    const ears = this.#ears.get(sid) ?? new Set();
    this.#ears.set(sid, ears.add(ear));
    return () => {
      if (ears.delete(ear) && ears.size === 0) this.#ears.delete(sid);
    };
  }

  #connect(socket: WebSocket, clientId: string, isDeaf: boolean): void {
    const sid = clientId === '' ? randomUUID().replace(/-/g, '') : clientId;
    const client: Client = {
      sid,
      socket,
      metadata: false,
      isMute: isDeaf || this.#faults.take('ws-mute') !== undefined,
    };
    this.#clients.set(sid, client);
    socket.on('error', () => socket.terminate());
    // 3.1.5: a closing socket takes away its id, even when a newer socket stands there by now
    socket.on('close', () => this.#clients.delete(sid));
    let isFirst = true;
    socket.on('message', (data, isBinary) => {
      if (isFirst && !isBinary) isFirst = this.#readFirst(client, rawText(data));
    });
    this.#push(client, 'status', { status: this.#status(), sid });
    const { sid: owner, lastNode } = this.#running;
    if (owner === sid && lastNode !== undefined) this.#push(client, 'executing', { node: lastNode });
  }

  /** Only the first JSON object counts (3.1.4). Returns whether the next message is still a first one. */
  #readFirst(client: Client, text: string): boolean {
    let message: unknown;
    try {
      message = parseJson(text);
    } catch {
      return true;
    }
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return true;
    if (!('type' in message) || message.type !== 'feature_flags') return false;
    const data = 'data' in message ? message.data : undefined;
    client.metadata =
      typeof data === 'object' && data !== null && Reflect.get(data, 'supports_preview_metadata') === true;
    this.#push(client, 'feature_flags', this.#flags);
    return false;
  }

  /** To one client, or to all when `sid` is undefined. Nothing waits for a client that is not there. */
  send(type: string, data: Readonly<Record<string, unknown>>, sid: string | undefined): void {
    if (!this.wants(sid)) return;
    this.#deliver(this.#receivers(sid), { type, data: encode(type, data) }, sid);
  }

  /** With metadata as a type 4 frame, without as type 1. */
  sendImage(image: Uint8Array, sid: string | undefined, metadata: Readonly<Record<string, unknown>> | undefined): void {
    if (!this.wants(sid)) return;
    const frame =
      metadata === undefined ? encodePreview('image/png', image) : encodePreviewWithMetadata(metadata, image);
    this.#deliver(this.#receivers(sid), { type: 'image', data: frame }, sid);
  }

  /** Would a message to this client reach anybody? */
  wants(sid: string | undefined): boolean {
    return this.#receivers(sid).length > 0 || (sid !== undefined && this.#ears.has(sid));
  }

  readsMetadata(sid: string | undefined): boolean {
    return sid !== undefined && (this.#ears.has(sid) || this.#clients.get(sid)?.metadata === true);
  }

  /** Two pings there and back: whatever reached the client before them has been read, and its code has run. */
  async settled(sid: string | undefined): Promise<void> {
    const client = sid === undefined ? undefined : this.#clients.get(sid);
    for (let n = 0; n < 2 && client?.isMute === false; n++) await answersPing(client.socket);
  }

  setRunning(sid: string | undefined): void {
    this.#running = { sid, lastNode: undefined };
  }

  setLastNode(sid: string | undefined, node: string): void {
    this.#running = { sid, lastNode: node };
  }

  /** Cuts every connection, without a goodbye. */
  dropAll(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#clients.clear();
    for (const ears of this.#ears.values()) for (const ear of ears) ear.cut();
  }

  /** Half-open: connections stay, nothing comes any more, pings are not answered. */
  silenceAll(): void {
    for (const client of this.#clients.values()) {
      client.isMute = true;
      client.socket.pause();
    }
    this.#earsAreMute = true;
  }

  #receivers(sid: string | undefined): readonly Client[] {
    if (sid === undefined) return [...this.#clients.values()];
    const client = this.#clients.get(sid);
    return client === undefined ? [] : [client];
  }

  #push(client: Client, type: string, data: Readonly<Record<string, unknown>>): void {
    this.#deliver([client], { type, data: encode(type, data) });
  }

  #deliver(to: readonly Client[], payload: Payload, sid?: string): void {
    const all = this.#faults.isEmpty ? [payload] : mangle(payload, this.#faults);
    for (const { socket, isMute } of to) {
      if (isMute || socket.readyState !== socket.OPEN) continue;
      for (const { data } of all) socket.send(data);
    }
    const ears = sid === undefined || this.#earsAreMute ? undefined : this.#ears.get(sid);
    for (const ear of ears ?? []) for (const { data } of all) ear.take(data);
  }

  #status(): Readonly<Record<string, unknown>> {
    return { exec_info: { queue_remaining: this.#remaining() } };
  }
}

async function answersPing(socket: WebSocket): Promise<void> {
  if (socket.readyState !== socket.OPEN) return;
  socket.setMaxListeners(0); // every job of the client waits for its own answer
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      socket.off('pong', end).off('close', end);
      resolve();
    };
    const timer = setTimeout(end, pongMs);
    socket.on('pong', end).on('close', end);
    socket.ping();
  });
}

/** Only error reports can hold what JSON.stringify cannot write. */
function encode(type: string, data: Readonly<Record<string, unknown>>): string {
  return type === 'execution_error' ? stringifyJson({ type, data }) : JSON.stringify({ type, data });
}

function rawText(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.from(data as Buffer).toString('utf8'); // an ArrayBuffer comes only when asked for
}
