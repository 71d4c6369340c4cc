// Single requests: answers that come too early, too long, or are none; uploads that end before their end.
import { expect } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { selfSigned } from '../faults/certificate.ts';
import { test } from '../helpers/concurrent.ts';
import { comfy, rude, stats } from './servers.ts';

const unlessWindows = process.platform === 'win32' ? test.skip : test; // it drops what came before a reset
const certificate = selfSigned('127.0.0.1');

/** A body without end; `ended` resolves when nobody asks for more of it. */
function endless() {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield await Promise.resolve(Buffer.alloc(64 * 1024));
    } finally {
      end();
    }
  }
  return { ended, body: { length: 2 ** 40, start: () => ({ pieces: pieces() }) } };
}

test('an upload that is refused before its end goes no further, and its connection is not kept', async () => {
  let closed: Promise<unknown> | undefined;
  await using named = await comfy((request, response) => {
    if (request.method !== 'POST') return undefined;
    closed = new Promise((resolve) => request.socket.once('close', resolve));
    response.writeHead(413, { 'content-length': 0 }).end(); // nothing of the body is read
    return true;
  });
  await using server = new Connection({ host: named.url });
  const { body, ended } = endless();
  const answer = await server.transport.text('/api/upload/image', { method: 'POST', body });
  expect(answer.status).toBe(413);
  await Promise.all([ended, closed]);
});

unlessWindows.each([
  ['http', undefined],
  ['https', certificate],
])(
  '%s: a refusal is told though the connection was closed behind it, in the middle of an upload',
  async (protocol, cert) => {
    let taken = 0;
    await using named = await rude((socket) => {
      socket.on('data', ({ length }: Buffer) => {
        taken += length;
        if (taken < 3_000_000 || !socket.writable) return; // both ends write at full speed by now
        socket.pause().end('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!');
        socket.destroySoon(); // with bytes that were not read, which resets the connection
      });
    }, cert);
    await using server = new Connection({ host: `${protocol}://${named.address}`, insecure: true });
    const { body, ended } = endless();
    const answer = await server.transport.text('/api/upload/image', { method: 'POST', body });
    expect([answer.status, answer.text]).toEqual([413, 'no!']);
    await ended;
  },
);

test('a connection that is reset in the middle of an upload, and said nothing, has failed', async () => {
  await using named = await rude((socket) => void socket.resetAndDestroy());
  await using server = new Connection({ host: named.address });
  const { body, ended } = endless();
  const asked = server.transport.text('/api/upload/image', { method: 'POST', body });
  await expect(asked).rejects.toMatchObject({ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) as string });
  await ended;
});

test('an upload that is given up lets go of what it reads', async () => {
  const abort = new AbortController();
  await using named = await comfy((request) => {
    if (request.method === 'POST') abort.abort(new Error('enough'));
    return request.method === 'POST';
  });
  await using server = new Connection({ host: named.url });
  const { body, ended } = endless();
  const asked = server.transport.text('/api/upload/image', { method: 'POST', body, signal: abort.signal });
  await expect(asked).rejects.toThrow('enough');
  await ended;
});

test('a head of 100 kB is read', async () => {
  await using named = await rude((socket) =>
    socket.end(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(100_000)}\r\nContent-Length: ${stats.length}\r\n\r\n${stats}`),
  );
  await using server = new Connection({ host: named.address });
  expect(await server.handshake()).toMatchObject({ version: '0.33.0' });
});

test('what is no HTTP is told as such', async () => {
  await using named = await rude((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
  await using server = new Connection({ host: named.address, retries: 0 });
  const said = { reason: 'not_comfyui', message: expect.stringContaining('no HTTP that can be read') as string };
  await expect(server.handshake()).rejects.toMatchObject(said);
});

test('an upgrade that nobody asked for is no answer, and is not waited for', async () => {
  await using named = await rude((socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
  );
  await using server = new Connection({ host: named.address, retries: 0, connectTimeoutMs: 600_000 });
  await expect(server.handshake()).rejects.toMatchObject({ code: 'unreachable' });
});

test('a password without a user is sent as curl sends it', async () => {
  await using named = await comfy();
  await using server = new Connection({ host: named.url.replace('//', '//:secret@') });
  await server.handshake();
  expect(named.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from(':secret').toString('base64')}`);
});
