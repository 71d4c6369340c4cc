// The WebSocket: opens, comes back, ends; a refusal is told in its words, silence has a limit.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { MessageQueue } from '../../src/connection/message-queue.ts';
import { pause } from '../../src/connection/patience.ts';
import type { SocketMessage, ServerSocket } from '../../src/connection/socket.ts';
import { startDemo, parseFault } from '../../src/demo/demo.ts';
import { selfSigned } from '../faults/certificate.ts';
import { comfy, listen, rude, settled } from './servers.ts';

/** Waits for a state; `closed` is never left. */
async function becomes(socket: ServerSocket, state: ServerSocket['state']): Promise<void> {
  while (socket.state !== state) await pause(5);
}

test('it opens with our headers, no Origin, no browser talk, and hears the first status', async () => {
  const certificate = selfSigned('127.0.0.1');
  await using named = await comfy(undefined, { certificate });
  await using server = new Connection({
    host: named.url,
    ca: certificate.cert,
    headers: { 'x-key': 'k' },
    version: '9',
  });
  const socket = server.socket(false);
  expect(await socket.ready(5000)).toBe(true);
  expect(socket.queueRemaining).toBe(0);
  const headers = named.seen[0]?.headers ?? {};
  expect(headers).toMatchObject({ 'x-key': 'k', 'user-agent': 'comfy-gen/9' });
  expect(Object.keys(headers).filter((name) => /^(origin|sec-fetch-.*|sec-websocket-extensions)$/.test(name))).toEqual(
    [],
  );
});

test('a refused upgrade is told with its status; both places of the route are tried; then jobs are polled', async () => {
  await using demo = await startDemo({ faults: [parseFault('ws-status=403')] });
  await using server = new Connection({ host: demo.url });
  const socket = server.socket(false);
  await becomes(socket, 'unavailable');
  expect(socket.lastError).toContain('403');
  const paths = demo.log.filter((r) => /\/ws/.test(r.path)).map((r) => r.path.split('?')[0]);
  expect(paths.slice(0, 2)).toEqual(['/ws', '/api/ws']);
});

test('after a break it opens again under the same id, and subscribers hear of both', async () => {
  await using named = await comfy();
  await using through = await listen(
    createServer((client) => {
      const upstream = connect(named.port, '127.0.0.1');
      client.pipe(upstream).pipe(client);
      upstream.on('error', () => client.destroy());
      client.on('close', () => upstream.destroy());
      cut = () => client.destroy();
    }),
  );
  await using server = new Connection({ host: through.address });
  const socket = server.socket(false);
  const messages = new MessageQueue<SocketMessage>();
  socket.subscribe(messages);
  expect(await socket.ready(5000)).toBe(true);
  cut();
  const states: string[] = [];
  while (states.at(-1) !== 'restored') {
    const received = await messages.next(5000);
    if (received?.kind === 'connection') states.push(received.state);
  }
  expect(states).toEqual(['lost', 'restored']);
  expect(new Set(named.seen.map(({ path }) => new URL(path, 'http://x').searchParams.get('clientId'))).size).toBe(1);
});

let cut: () => void = () => undefined;

test('a handshake that is never answered ends after the time to connect', async () => {
  await using silent = await rude(() => undefined);
  await using server = new Connection({ host: silent.address, connectTimeoutMs: 150 });
  const socket = server.socket(false);
  while (socket.lastError === undefined) await pause(5);
  expect(socket.lastError).toMatch(/in time/);
  expect(await socket.ready(0)).toBe(false);
});

test('whoever waits for it gives up with a signal or after the time that it said', async () => {
  await using silent = await rude(() => undefined);
  await using server = new Connection({ host: silent.address });
  const socket = server.socket(false);
  const abort = new AbortController();
  const waiting = settled(socket.ready(60_000, abort.signal));
  abort.abort(new Error('enough'));
  expect(await waiting).toMatchObject({ error: { message: 'enough' } });
  expect(await socket.ready(10)).toBe(false);
});

test('closed while it opens: nothing is left', async () => {
  let closed: Promise<unknown> | undefined;
  const server = createServer((socket) => {
    socket.resume();
    closed = once(socket, 'close');
  });
  await using silent = await listen(server);
  const connection = new Connection({ host: silent.address });
  const socket = connection.socket(false);
  await once(server, 'connection');
  await connection[Symbol.asyncDispose]();
  await closed;
  expect(socket.state).toBe('closed');
});
