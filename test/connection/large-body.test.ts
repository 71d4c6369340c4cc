// Bodies that are lent in a few blocks of memory: the very bytes, however they come, and an end to every wait.
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, test as alone } from 'vitest';
import type { AnswerBody } from '../../src/connection/answer.ts';
import { Connection } from '../../src/connection/connection.ts';
import { Silence } from '../../src/connection/failures.ts';
import { selfSigned } from '../faults/certificate.ts';
import { test } from '../helpers/concurrent.ts';
import { comfy, listen } from './servers.ts';

const body = randomFillSync(Buffer.alloc(20_000_000));
const head = (length = body.length): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const output = { node: '1', filename: 'a.png', subfolder: '', type: 'output' };

type Options = { readonly silenceMs?: number; readonly signal?: AbortSignal };

/** Asks a server that sends what `send` sends, as soon as the whole request has come. */
async function ask(send: (socket: Socket) => unknown, { silenceMs = 30_000, signal }: Options = {}) {
  const sockets: Socket[] = [];
  const named = await listen(
    createServer((socket) => {
      sockets.push(socket);
      socket.on('data', () => void send(socket));
    }),
  );
  const server = new Connection({ host: named.address, retries: 0, silenceMs });
  const get = async (): Promise<AnswerBody> => (await server.transport.once('/view', { signal })).body;
  const [first] = [await get()];
  const end = async (): Promise<void> => {
    await server[Symbol.asyncDispose]();
    await named[Symbol.asyncDispose]();
  };
  return { body: first, get, sockets, [Symbol.asyncDispose]: end };
}

/** All pieces of a lent body; each is looked at only after others had time to come. */
async function lent(answer: AnswerBody): Promise<{ bytes: number; sum: string; failure: unknown }> {
  const hash = createHash('sha256');
  let bytes = 0;
  let count = 0;
  const pieces = answer.lent();
  expect(pieces).toBeDefined();
  try {
    for await (const piece of pieces ?? []) {
      const turns = count++ % 3 === 0 ? 40 : 0; // so that there are no others at times, and at times as many as may be
      for (let n = 0; n < turns; n++) await setImmediate();
      hash.update(piece);
      bytes += piece.length;
    }
    return { bytes, sum: hash.digest('hex'), failure: undefined };
  } catch (failure) {
    return { bytes, sum: hash.digest('hex'), failure };
  }
}

/** In pieces of all sizes, the head with the first. */
async function inPieces(socket: Socket): Promise<void> {
  const all = Buffer.concat([Buffer.from(head()), body]);
  let size = 1;
  for (let at = 0; at < all.length; at += size) {
    size = (size * 7919) % 400_009;
    if (!socket.write(all.subarray(at, at + size))) await once(socket, 'drain');
  }
}

test.each<[string, (socket: Socket) => unknown]>([
  ['at once', (socket) => socket.write(Buffer.concat([Buffer.from(head()), body]))],
  ['after its head', (socket) => socket.write(head(), () => socket.write(body))],
  ['in pieces', inPieces],
  [
    'and is followed by more than was announced',
    (socket) => socket.write(Buffer.concat([Buffer.from(head()), body, body])),
  ],
  ['and is the end of the connection', (socket) => socket.end(Buffer.concat([Buffer.from(head()), body]))],
])('a body that comes %s is the same', async (_how, send) => {
  await using asked = await ask(send);
  expect(await lent(asked.body)).toEqual({ bytes: body.length, sum: sumOf(body), failure: undefined });
});

test('what came before a break is given, then the break is told', async () => {
  const part = body.subarray(0, 9_000_001);
  await using asked = await ask((socket) => socket.end(Buffer.concat([Buffer.from(head()), part])));
  const { bytes, sum, failure } = await lent(asked.body);
  expect({ bytes, sum }).toEqual({ bytes: part.length, sum: sumOf(part) });
  expect(failure).toBeInstanceOf(Error);
});

alone('a server that is silent in the midst is given up, one whose reader is slow is not', async () => {
  const silenceMs = 500;
  await using silent = await ask((socket) => socket.write(head()) && socket.write(body.subarray(0, 1_000_000)), {
    silenceMs,
  });
  expect((await lent(silent.body)).failure).toBeInstanceOf(Silence);

  await using whole = await ask((socket) => socket.write(head()) && socket.write(body), { silenceMs });
  const hash = createHash('sha256');
  let isFirst = true;
  for await (const piece of whole.body.lent() ?? []) {
    if (isFirst) await new Promise((resolve) => setTimeout(resolve, 2 * silenceMs));
    isFirst = false;
    hash.update(piece);
  }
  expect(hash.digest('hex')).toBe(sumOf(body));
});

test('the signal ends it, and a reader who leaves ends the connection; the next request has one of its own', async () => {
  const abort = new AbortController();
  const open = (socket: Socket): unknown => socket.write(head()) && socket.write(body.subarray(0, 9_000_000));
  await using stopped = await ask(open, { signal: abort.signal });
  const read = lent(stopped.body);
  abort.abort(new Error('enough'));
  expect((await read).failure).toMatchObject({ message: 'enough' });

  await using left = await ask(open);
  for await (const piece of left.body.lent() ?? []) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  const [socket] = left.sockets;
  await new Promise((resolve) => (socket?.closed === false ? socket.once('close', resolve) : resolve(undefined)));
  const again = await left.get();
  expect(left.sockets).toHaveLength(2);
  again.destroy();
});

test('a small body, one without length and one through TLS are read as others are', async () => {
  await using small = await ask((socket) => socket.write(`${head(100)}${'x'.repeat(100)}`));
  expect(small.body.lent()).toBeUndefined();
  await using endless = await ask((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nx'));
  expect(endless.body.lent()).toBeUndefined();
  endless.body.destroy();
  await using secure = await comfy(
    (request, response) => {
      if (request.url?.includes('/view') !== true) return undefined;
      response.end(body);
      return true;
    },
    { certificate: selfSigned('127.0.0.1') },
  );
  await using server = new Connection({ host: secure.url, insecure: true });
  const answer = await server.view(output, 0);
  expect(answer.body.lent()).toBeUndefined();
  answer.body.destroy();
});
