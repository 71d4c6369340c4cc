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
  socket.subscribe(messages, 'none');
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

test('images are given to those who want them, and are of no concern to others', async () => {
  await using demo = await startDemo({ previews: true, stepMs: 1 });
  const kindsFor = async (images: 'none' | 'newest'): Promise<Set<string>> => {
    await using server = new Connection({ host: demo.url });
    const socket = server.socket(false);
    const messages = new MessageQueue<SocketMessage>();
    socket.subscribe(messages, images);
    await socket.ready(5000);
    const body = JSON.stringify({ prompt: sampled(images === 'none' ? 1 : 2), client_id: socket.clientId });
    expect((await fetch(`${demo.url}/prompt`, { method: 'POST', body })).status).toBe(200);
    const kinds = new Set<string>();
    for (;;) {
      const received = await messages.next(5000);
      if (received === undefined) throw new Error('the job did not end');
      kinds.add(received.kind === 'frame' ? received.frame.kind : received.kind);
      if (received.kind !== 'message' || received.message.type !== 'executing') continue;
      if (received.message.node === null) return kinds;
    }
  };
  expect(await kindsFor('newest')).toContain('preview');
  expect(await kindsFor('none')).not.toContain('preview');
});

function sampled(seed: number): object {
  const step = { steps: 2, cfg: 7, sampler_name: 'euler', scheduler: 'normal', denoise: 1 };
  const links = { model: ['1', 0], positive: ['2', 0], negative: ['2', 0], latent_image: ['3', 0] };
  return {
    1: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'v1-5-pruned-emaonly.ckpt' } },
    2: { class_type: 'CLIPTextEncode', inputs: { text: 'a fox', clip: ['1', 1] } },
    3: { class_type: 'EmptyLatentImage', inputs: { width: 64, height: 64, batch_size: 1 } },
    4: { class_type: 'KSampler', inputs: { ...links, ...step, seed } },
    5: { class_type: 'VAEDecode', inputs: { samples: ['4', 0], vae: ['1', 2] } },
    6: { class_type: 'PreviewImage', inputs: { images: ['5', 0] } },
  };
}

test('what is read late is the newest of each kind, in its place among what is told once', async () => {
  const messages = new MessageQueue<string>();
  for (const [item, key] of [['a1', 'a'], ['b1', 'b'], ['a2', 'a'], ['once'], ['a3', 'a'], ['b2', 'b'], ['b3', 'b']])
    messages.push(item ?? '', key);
  const read: string[] = [];
  for (let item = await messages.next(0); item !== undefined; item = await messages.next(0)) read.push(item);
  expect(read).toEqual(['a2', 'b1', 'once', 'a3', 'b3']);
});

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
  const waiting = settled(() => socket.ready(60_000, abort.signal));
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
