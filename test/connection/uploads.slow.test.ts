// Uploads: streamed from the disk, seen to move, under no limit but that of a line on which nothing moves.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { startDemo } from '../../src/demo/demo.ts';
import { comfy, settled, type Recording } from './servers.ts';

async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'comfy-gen-upload-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

type Received = { body: Buffer; done: boolean };

/** Takes uploads as `take` says and answers with `name`; keeps the bodies. */
async function taking(
  name: string,
  take: (request: IncomingMessage) => void = () => undefined,
): Promise<Recording & { readonly bodies: Received[] }> {
  const bodies: Received[] = [];
  const server = await comfy((request, response) => {
    if (request.url?.startsWith('/api/upload/image') !== true) return undefined;
    const received: Received = { body: Buffer.alloc(0), done: false };
    bodies.push(received);
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => void pieces.push(piece));
    request.on('end', () => {
      received.body = Buffer.concat(pieces);
      received.done = true;
      response.end(JSON.stringify({ name, subfolder: '', type: 'input' }));
    });
    take(request);
    return true;
  });
  return { ...server, bodies };
}

/** The one file of a form: its name and bytes. */
function fileOf(body: Buffer | undefined): { readonly name: string; readonly bytes: Buffer } {
  const at = body?.indexOf('\r\n\r\n') ?? -1;
  const head = body?.subarray(0, at).toString('utf8') ?? '';
  const boundary = head.slice(0, head.indexOf('\r\n'));
  const end = body?.lastIndexOf(`\r\n${boundary}`) ?? -1;
  return { name: /filename="([^"]*)"/.exec(head)?.[1] ?? '', bytes: body?.subarray(at + 4, end) ?? Buffer.alloc(0) };
}

test('a file from the disk and bytes arrive whole, announced with their length', async () => {
  await using place = await folder();
  const bytes = randomBytes(300_000);
  await writeFile(join(place.path, 'a.png'), bytes);
  await using named = await taking('stored.png');
  await using server = new Connection({ host: named.url });
  const steps: [number, number][] = [];
  expect(
    await server.upload('a.png', { path: join(place.path, 'a.png') }, undefined, (...step) => void steps.push(step)),
  ).toBe('stored.png');
  expect(await server.upload('b.png', bytes)).toBe('stored.png');
  for (const [i, { body }] of named.bodies.entries()) {
    const file = fileOf(body);
    expect(file.name).toBe('ab'.charAt(i) + '.png');
    expect(file.bytes.equals(bytes)).toBe(true);
    expect(named.seen[i + 1]?.headers).toMatchObject({
      'content-length': String(body.length),
      'content-type': expect.stringMatching(/^multipart\/form-data; boundary=/) as string,
    });
  }
  const total = named.bodies[0]?.body.length ?? 0;
  expect(steps.length).toBeGreaterThan(3);
  expect(steps.at(-1)).toEqual([total, total]);
  expect(steps.every(([sent, of], i) => of === total && sent > (steps[i - 1]?.[0] ?? 0))).toBe(true);
});

test.each([
  ['Käse 猫.png', 'Käse_猫.png'],
  ['a"b\r\nX: y.png', 'a_b__X__y.png'],
  ['../../etc/passwd', '.._.._etc_passwd'],
])('a name as a server may have it: %j', async (name, sent) => {
  await using named = await taking('stored.png');
  await using server = new Connection({ host: named.url });
  await server.upload(name, Buffer.from('x'));
  expect(fileOf(named.bodies[0]?.body).name).toBe(sent);
});

test('the demo server stores it and says its name', async () => {
  await using demo = await startDemo();
  await using server = new Connection({ host: demo.url });
  const png = Buffer.from('89504e470d0a1a0a', 'hex');
  expect(await server.upload('Käse.png', png)).toBe('Käse.png');
});

test('a line so slow that the whole takes longer than the silence that is allowed: bytes move, so it goes on', async () => {
  await using named = await taking('slow.bin', (request) => {
    request.on('data', () => {
      request.pause();
      setTimeout(() => request.resume(), 12);
    });
  });
  await using server = new Connection({ host: named.url, silenceMs: 700, retries: 0 });
  await server.handshake();
  const { error, ms } = await settled(() => server.upload('slow.bin', randomBytes(12_000_000)));
  expect(error).toBeUndefined();
  expect(ms).toBeGreaterThan(1400);
  expect(named.bodies.map(({ done }) => done)).toEqual([true]);
});

test('the same for the graph of a POST: a large one is sent in pieces', async () => {
  await using named = await comfy((request, response) => {
    if (request.url !== '/api/prompt') return undefined;
    request.on('data', () => {
      request.pause();
      setTimeout(() => request.resume(), 12);
    });
    request.on('end', () => response.end('{"prompt_id":"x","node_errors":{}}'));
    return true;
  });
  await using server = new Connection({ host: named.url, silenceMs: 700 });
  await server.handshake();
  const { error, ms } = await settled(() => server.postPrompt({ prompt: { x: 'x'.repeat(12_000_000) } }));
  expect(error).toBeUndefined();
  expect(ms).toBeGreaterThan(1400);
});

test('a server that stops reading has failed after the silence that is allowed', async () => {
  await using named = await taking('never', (request) => void request.pause());
  await using server = new Connection({ host: named.url, silenceMs: 400, retries: 0 });
  await server.handshake();
  const { error, ms } = await settled(() => server.upload('a.bin', randomBytes(30_000_000)));
  const message = expect.stringContaining('(nothing came for 0.4 s)') as string;
  expect(error).toMatchObject({ reason: 'server_gone', message });
  expect(ms).toBeLessThan(4000);
});

test('a refusal that comes before the whole was sent is told as it is', async () => {
  await using named = await comfy((request, response) => {
    if (request.url !== '/api/upload/image') return undefined;
    request.once('data', () => {
      response.writeHead(413, { connection: 'close' }).end();
      request.resume();
    });
    return true;
  });
  await using server = new Connection({ host: named.url, retries: 0 });
  await expect(server.upload('a.bin', randomBytes(20_000_000))).rejects.toMatchObject({ reason: 'too_large' });
});

test('a signal ends an upload at once', async () => {
  const abort = new AbortController();
  await using named = await taking('never', (request) => {
    request.once('data', () => {
      request.pause();
      abort.abort(new Error('enough'));
    });
  });
  await using server = new Connection({ host: named.url, silenceMs: 3_600_000 });
  const { error, ms } = await settled(() => server.upload('a.bin', randomBytes(30_000_000), abort.signal));
  expect(error).toMatchObject({ message: 'enough' });
  expect(ms).toBeLessThan(3000);
});

test('a file that is not there, or changes while it is sent, is a bad input file, not a failure of the server', async () => {
  await using place = await folder();
  const path = join(place.path, 'a.bin');
  await using named = await taking('x', (request) => {
    request.pause();
    void truncate(path, 10).then(() => request.resume());
  });
  await using server = new Connection({ host: named.url, retries: 0 });
  await expect(server.upload('a.bin', { path })).rejects.toMatchObject({ reason: 'bad_input_file' });
  await writeFile(path, randomBytes(30_000_000));
  await expect(server.upload('a.bin', { path })).rejects.toMatchObject({ reason: 'bad_input_file' });
});

test('a repeated upload begins from the beginning', async () => {
  let asked = 0;
  await using named = await taking('again.bin', (request) => {
    if (asked++ === 0) request.once('data', () => request.socket.destroy());
  });
  await using server = new Connection({ host: named.url, retries: 1 });
  const bytes = randomBytes(500_000);
  expect(await server.upload('again.bin', bytes)).toBe('again.bin');
  expect(fileOf(named.bodies.at(-1)?.body).bytes.equals(bytes)).toBe(true);
});

test('the same content is sent once for a connection, by however many it is wanted; another connection sends its own', async () => {
  await using named = await taking('stored.png');
  await using server = new Connection({ host: named.url });
  const bytes = Buffer.from('picture');
  const want = (): Promise<string> => server.uploadOnce('hash', 'a.png', bytes);
  expect(await Promise.all([want(), want(), want()])).toEqual(['stored.png', 'stored.png', 'stored.png']);
  expect(named.bodies).toHaveLength(1);
  await using other = new Connection({ host: named.url });
  await other.uploadOnce('hash', 'a.png', bytes);
  expect(named.bodies).toHaveLength(2);
});

test('one who gives up an upload that others want too stops nobody else', async () => {
  const abort = new AbortController();
  let asked = 0;
  await using named = await taking('stored.png', (request) => {
    if (asked++ > 0) return;
    request.pause();
    abort.abort(new Error('mine'));
  });
  await using server = new Connection({ host: named.url });
  await server.handshake();
  const bytes = randomBytes(100_000);
  const first = settled(() => server.uploadOnce('hash', 'a.png', bytes, abort.signal));
  const second = server.uploadOnce('hash', 'a.png', bytes);
  expect(await first).toMatchObject({ error: { message: 'mine' } });
  expect(await second).toBe('stored.png');
});

test('one who waits for the upload of another may give up at once', async () => {
  const abort = new AbortController();
  await using named = await taking('stored.png', (request) => {
    request.pause();
    abort.abort(new Error('mine'));
    abort.signal.addEventListener('resume', () => request.resume(), { once: true });
  });
  await using server = new Connection({ host: named.url });
  await server.handshake();
  const bytes = randomBytes(100_000);
  const first = server.uploadOnce('hash', 'a.png', bytes);
  const second = settled(() => server.uploadOnce('hash', 'a.png', bytes, abort.signal));
  expect(await second).toMatchObject({ error: { reason: 'cancelled' } });
  abort.signal.dispatchEvent(new Event('resume'));
  expect(await first).toBe('stored.png');
});
