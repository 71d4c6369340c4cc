// Small servers and proxies of the connection's tests: they say what a test wants and keep what they were asked.
import { once } from 'node:events';
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { Certificate } from '../faults/certificate.ts';

export type Seen = { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders };
export type Listening = AsyncDisposable & { readonly port: number; readonly address: string };
export type Recording = Listening & {
  readonly url: string;
  /** Requests and upgrades, in the order in which they came. */
  readonly seen: Seen[];
};

export const stats = JSON.stringify({ system: { comfyui_version: '0.33.0' }, devices: [] });

export async function listen(server: Server, host = '127.0.0.1'): Promise<Listening> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => open.add(socket.on('error', () => undefined)));
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    port,
    address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Answering = (request: IncomingMessage, response: ServerResponse, seen: readonly Seen[]) => boolean | undefined;

/** A ComfyUI as far as `/system_stats`, `/queue` and the WebSocket's first status; `answer` comes first and says true when it did. */
export async function comfy(
  answer: Answering = () => undefined,
  how: { certificate?: Certificate; upgradeHeaders?: readonly string[]; host?: string } = {},
): Promise<Recording> {
  const seen: Seen[] = [];
  const note = ({ method = '', url = '', headers }: IncomingMessage): void =>
    void seen.push({ method, path: url, headers });
  const handle: RequestListener = (request, response) => {
    note(request);
    if (answer(request, response, seen) === true) return;
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (path.endsWith('/api/system_stats')) response.end(stats);
    else if (path.endsWith('/queue')) response.end('{"queue_running":[],"queue_pending":[]}');
    else response.writeHead(404).end();
  };
  const server = how.certificate === undefined ? createHttp(handle) : createHttps({ ...how.certificate }, handle);
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on('headers', (lines) => lines.push(...(how.upgradeHeaders ?? [])));
  server.on('upgrade', (request, socket, head) => {
    note(request);
    sockets.handleUpgrade(request, socket, head, (ws) =>
      ws.send(JSON.stringify({ type: 'status', data: { status: { exec_info: { queue_remaining: 0 } }, sid: 'x' } })),
    );
  });
  const listening = await listen(server, how.host);
  return { ...listening, seen, url: `http${how.certificate === undefined ? '' : 's'}://${listening.address}` };
}

export type ProxySeen = { readonly target: string; readonly headers: IncomingHttpHeaders };
export type TestProxy = Listening & { readonly url: string; readonly tunnels: ProxySeen[] };

/** A proxy that does what CONNECT asks for; plain or behind TLS. */
export async function proxy(how: { certificate?: Certificate; host?: string } = {}): Promise<TestProxy> {
  const tunnels: ProxySeen[] = [];
  const server = how.certificate === undefined ? createHttp() : createHttps({ ...how.certificate });
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    tunnels.push({ target: request.url ?? '', headers: request.headers });
    const { hostname, port } = new URL(`http://${request.url ?? ''}`);
    const upstream = connect(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
    client.on('close', () => upstream.destroy());
  });
  const listening = await listen(server, how.host);
  return { ...listening, tunnels, url: `http${how.certificate === undefined ? '' : 's'}://${listening.address}` };
}

/** Takes what comes first and then does this to the connection. */
export function rude(act: (socket: Socket) => void, certificate?: Certificate): Promise<Listening> {
  const serve = (socket: Socket): void => {
    socket.on('error', () => undefined);
    socket.once('data', () => act(socket));
  };
  return listen(certificate === undefined ? createServer(serve) : createTls({ ...certificate }, serve));
}

/** Time that it took from its call until its promise settled, and how. */
export async function settled(wait: () => Promise<unknown>): Promise<{ readonly ms: number; readonly error: unknown }> {
  const began = performance.now();
  const error = await wait().then(
    () => undefined,
    (e: unknown) => e,
  );
  return { ms: performance.now() - began, error };
}
