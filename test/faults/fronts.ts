// What stands between us and a demo server: TLS, something that never answers, a proxy that refuses.
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import type { Certificate } from './certificate.ts';

export type Front = AsyncDisposable & {
  readonly port: number;
  /** Resolves at the first connection. */
  readonly contacted: Promise<unknown>;
};

async function listen(server: Server): Promise<Front> {
  const open = new Set<Socket>();
  const contacted = once(server, 'connection');
  server.on('connection', (socket: Socket) => open.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    contacted,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The demo server behind TLS. */
export function tlsFront(port: number, { cert, key }: Certificate): Promise<Front> {
  const server = createTls({ cert, key }, (socket) => {
    const inner = connect(port, '127.0.0.1');
    socket.on('error', () => inner.destroy());
    inner.on('error', () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  server.on('tlsClientError', () => undefined);
  return listen(server);
}

/** Accepts connections and never says a word. */
export function blackHole(): Promise<Front> {
  return listen(createServer((socket) => socket.resume()));
}

/** A proxy that lets nobody through, with this status. */
export function closedProxy(status: number): Promise<Front> {
  const server = createHttp((_request, response) => response.writeHead(status).end());
  server.on('connect', (_request, socket) => socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`));
  return listen(server);
}
