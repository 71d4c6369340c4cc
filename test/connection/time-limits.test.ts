// Nothing hangs: every wait of this room ends with a signal at once, and by itself within its limit.
import { once } from 'node:events';
import { expect } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { MessageQueue } from '../../src/connection/message-queue.ts';
import { pause } from '../../src/connection/patience.ts';
import { selfSigned } from '../faults/certificate.ts';
import { comfy, rude, settled, type Listening } from './servers.ts';
import { test } from '../helpers/concurrent.ts';

type Limits = { readonly connectTimeoutMs: number; readonly silenceMs: number; readonly retries: number };
type Wait = {
  readonly what: string;
  /** What the server is that lets us wait. */
  readonly server: () => Promise<Listening>;
  readonly wait: (connection: Connection, signal: AbortSignal | undefined) => Promise<unknown>;
  /** Options beside the short limits of all. */
  readonly options?: (server: Listening, limits: Limits) => object;
};

const greeted =
  (wait: Wait['wait']): Wait['wait'] =>
  async (connection, signal) => {
    await connection.handshake();
    return wait(connection, signal);
  };

/** Answers first contact, then takes what comes and says nothing. */
const mute = (): Promise<Listening> => comfy((_request, _response, seen) => seen.length > 1);
/** Sends the head of an answer and a first byte, then nothing. */
const halting = (): Promise<Listening> =>
  comfy((_request, response, seen) => {
    if (seen.length === 1) return undefined;
    response.writeHead(200, { 'content-length': 100 });
    response.write('{');
    return true;
  });
const silent = (): Promise<Listening> => rude(() => undefined);
const output = { node: '1', filename: 'a.png', subfolder: '', type: 'output' };
const through = (server: Listening): object => ({ host: 'http://127.0.0.1:1', proxy: `http://${server.address}` });
const big = Buffer.alloc(20_000_000);
const certificate = selfSigned('127.0.0.1');

const waits: readonly Wait[] = [
  { what: 'first contact, nothing is said', server: silent, wait: (c, s) => c.handshake(s) },
  {
    what: 'first contact, TLS is never spoken',
    server: silent,
    wait: (c, s) => c.handshake(s),
    options: ({ address }) => ({ host: `https://${address}` }),
  },
  {
    what: 'first contact with patience',
    server: silent,
    wait: (c, s) => c.handshake(s),
    options: (_server, { silenceMs }) => ({ waitForServerMs: 2 * silenceMs }),
  },
  { what: 'a proxy that says nothing', server: silent, wait: (c, s) => c.handshake(s), options: through },
  {
    what: 'a proxy behind TLS that says nothing',
    server: () => rude(() => undefined, certificate),
    wait: (c, s) => c.handshake(s),
    options: ({ address }) => ({ host: 'http://127.0.0.1:1', proxy: `https://${address}`, insecure: true }),
  },
  {
    what: 'a proxy that opens a tunnel to nowhere, TLS inside',
    server: () => rude((socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n')),
    wait: (c, s) => c.handshake(s),
    options: (server) => ({ ...through(server), host: 'https://127.0.0.1:1' }),
  },
  {
    what: 'a proxy that answers CONNECT header by header',
    server: () =>
      rude((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        setInterval(() => socket.write('x: 1\r\n'), 20).unref();
      }),
    wait: (c, s) => c.handshake(s),
    options: through,
  },
  { what: 'a GET', server: mute, wait: greeted((c, s) => c.queue(s)) },
  { what: 'a GET whose body halts', server: halting, wait: greeted((c, s) => c.queue(s)) },
  { what: 'the POST of a job', server: mute, wait: greeted((c, s) => c.postPrompt({ prompt: {} }, s)) },
  { what: 'a look-up', server: mute, wait: greeted((c, s) => c.lookUp('id', s)) },
  { what: 'a cancellation', server: mute, wait: greeted((c, s) => c.cancel('id', s)) },
  { what: 'definitions', server: mute, wait: greeted((c, s) => c.objectInfo(s)) },
  { what: 'definitions, if any', server: mute, wait: greeted((c, s) => c.objectInfoIfAny(s)) },
  { what: 'a peek', server: mute, wait: greeted((c, s) => c.peek('/models', s)) },
  { what: 'a static file', server: mute, wait: greeted((c, s) => c.static('/templates/index.json', s)) },
  { what: 'an upload that is never read', server: mute, wait: greeted((c, s) => c.upload('a', big, s)) },
  { what: 'an upload that is wanted twice', server: mute, wait: greeted((c, s) => c.uploadOnce('a', 'a', big, s)) },
  { what: 'the head of a download', server: mute, wait: greeted((c, s) => c.view(output, 0, s)) },
  {
    what: 'the body of a download',
    server: halting,
    wait: greeted(async (c, s) => {
      for await (const chunk of (await c.view(output, 0, s)).body) expect(String(chunk)).toBe('{');
    }),
  },
  {
    what: 'a body that is thrown away',
    server: halting,
    wait: greeted(async (c, s) => {
      await (await c.view(output, 0, s)).body.dump();
      s?.throwIfAborted();
    }),
  },
  {
    what: 'a server that went away',
    server: mute,
    wait: greeted((c, s) => c.comesBack(s)),
    options: (_server, { silenceMs }) => ({ waitForServerMs: 2 * silenceMs }),
  },
  { what: 'the socket', server: silent, wait: (c, s) => c.socket(false).ready(300, s) },
];

test.each(waits)('by itself: $what', async ({ server, wait, options }) => {
  await using named = await server();
  await using connection = new Connection({ ...limits, host: named.address, ...options?.(named, limits) });
  expect((await settled(() => wait(connection, undefined))).ms).toBeLessThan(6000);
});

const limits: Limits = { connectTimeoutMs: 200, silenceMs: 200, retries: 0 };
const none: Limits = { connectTimeoutMs: 600_000, silenceMs: 600_000, retries: 0 };

test.each(waits)('by a signal: $what', async ({ server, wait, options }) => {
  await using named = await server();
  await using connection = new Connection({ ...none, host: named.address, ...options?.(named, none) });
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error('enough')), 100);
  const { error } = await settled(() => wait(connection, abort.signal)); // the limits themselves are ten minutes
  clearTimeout(timer);
  if (error !== undefined) expect(error).toMatchObject({ message: 'enough' });
  await expect(wait(connection, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
});

test('a message queue gives what is there, else waits as long as it is told', async () => {
  const messages = new MessageQueue<number>();
  messages.push(1);
  expect(await messages.next(60_000)).toBe(1);
  expect(await messages.next(1)).toBeUndefined();
  const abort = new AbortController();
  const waiting = messages.next(60_000, abort.signal);
  abort.abort();
  expect(await waiting).toBeUndefined();
  const late = messages.next(60_000);
  await pause(1);
  messages.push(2);
  expect(await late).toBe(2);
});

test('a request that was given up while a tunnel was awaited is never sent, even if the tunnel comes', async () => {
  let open: () => void = () => undefined;
  const bytes: string[] = [];
  await using slow = await rude((socket) => {
    socket.on('data', (data: Buffer) => void bytes.push(String(data)));
    open = () => void socket.write('HTTP/1.1 200 OK\r\n\r\n');
    abort.abort(new Error('enough'));
  });
  const abort = new AbortController();
  await using connection = new Connection({ ...none, ...through(slow), host: 'http://127.0.0.1:1' });
  expect(await settled(() => connection.handshake(abort.signal))).toMatchObject({ error: { message: 'enough' } });
  open();
  await pause(50);
  expect(bytes).toEqual([]);
});

test('what is still being opened ends with the connection, long before its time limit', async () => {
  const closed: Promise<unknown>[] = [];
  await using server = await rude((socket) => void closed.push(once(socket, 'close')));
  const connection = new Connection({ host: `https://${server.address}`, connectTimeoutMs: 3_600_000, retries: 0 });
  const asked = connection.handshake().catch((thrown: unknown) => thrown);
  await expect.poll(() => closed.length).toBeGreaterThan(0); // TLS is never spoken
  await connection[Symbol.asyncDispose]();
  expect(await asked).toBeInstanceOf(Error);
  await Promise.all(closed);
});
