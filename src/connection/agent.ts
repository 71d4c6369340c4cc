// Node's HTTP over our own connections: HTTP of a server, and of a language model.
import { Agent, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connector } from './connector.ts';

/** A connection that served is kept for so long: shorter than servers keep theirs, which may close it as we ask again. */
const keptMs = 4000;
const atOnce = 32;

/** Keeps the connections that `connect` opens, at most 32 to one server; `destroy()` ends them all. */
export class ConnectionPool extends Agent {
  readonly #connect: Connector;
  #isOver = false;

  constructor(connect: Connector) {
    super({ keepAlive: true, timeout: keptMs, maxSockets: atOnce });
    this.#connect = connect;
  }

  override createConnection(to: ClientRequestArgs, done: (error: Error | null, socket?: Duplex) => void): undefined {
    const protocol = to.defaultPort === 443 ? 'https:' : 'http:';
    this.#connect({ protocol, hostname: String(to.hostname), port: String(to.port) }).then(
      (socket) => {
        if (this.#isOver) socket.destroy();
        else done(null, readingFirst(socket));
      },
      (failure: unknown) => done(failure as Error),
    );
  }

  override destroy(): void {
    this.#isOver = true;
    super.destroy();
  }
}

type Done = (error?: Error | null) => void;

/**
 * A server that refuses an upload may close before it has read the whole. What it said is there to be read still, though
 * no more can be written, and Node ends a connection as soon as a write fails: so that waits for the end of reading.
 */
function readingFirst(socket: Socket): Socket {
  const write = socket._write.bind(socket);
  const writev = socket._writev?.bind(socket);
  const later =
    (done: Done): Done =>
    (error) => {
      const isClosed = error != null && 'code' in error && /^(EPIPE|ECONNRESET|ECONNABORTED)$/.test(String(error.code));
      if (!isClosed || socket.readableEnded || socket.destroyed) return done(error);
      const end = (): void => {
        socket.off('end', end).off('close', end);
        done(error);
      };
      socket.on('end', end).on('close', end);
    };
  socket._write = (chunk, encoding, done) => write(chunk, encoding, later(done));
  if (writev !== undefined) socket._writev = (chunks, done) => writev(chunks, later(done));
  return socket;
}
