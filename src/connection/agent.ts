// Node's HTTP over our own connections: HTTP of a server, and of a language model.
import { Agent, type ClientRequestArgs } from 'node:http';
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
        else done(null, socket);
      },
      (failure: unknown) => done(failure as Error),
    );
  }

  override destroy(): void {
    this.#isOver = true;
    super.destroy();
  }
}
