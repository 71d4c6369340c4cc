// The bytes of an output: streamed without being held, whole, saved; ended by the reader and by a signal.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient, type Output } from '../../src/index.ts';
import { folder, front, simple, until, type Answers } from './bench.ts';

/** A PNG that is as large as one likes: its pixels are few, its ancillary chunks many. */
function* largePng(chunks: number): Generator<Buffer> {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const head = Buffer.from([0, 0, 0, 32, 0, 0, 0, 16, 8, 2, 0, 0, 0]);
  yield Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head)]);
  const filler = chunk('fiLl', Buffer.alloc(1024 * 1024, 7));
  for (let i = 0; i < chunks; i++) yield filler;
  yield chunk('IDAT', Buffer.alloc(4));
  yield chunk('IEND', Buffer.alloc(0));
}

type Sent = { bytes: number; isOver: boolean };

async function send(response: ServerResponse, chunks: number, sent: Sent): Promise<void> {
  const closed = new AbortController();
  response.on('close', () => {
    sent.isOver = true;
    closed.abort();
  });
  response.writeHead(200, { 'content-type': 'image/png' });
  for (const piece of largePng(chunks)) {
    if (response.destroyed) return;
    sent.bytes += piece.length;
    if (!response.write(piece)) await once(response, 'drain', { signal: closed.signal }).catch(() => undefined);
  }
  response.end();
}

const large =
  (chunks: number, sent: Sent): Answers =>
  (path, response) => {
    if (!path.includes('/view?')) return undefined;
    void send(response, chunks, sent);
    return true;
  };

async function outputOf(client: ComfyUIClient): Promise<Output> {
  const { outputs } = await (await client.submit(simple(1))).result();
  const [output] = outputs;
  if (output === undefined) throw new Error('no output');
  return output;
}

const mib = 1024 * 1024;

test('stream() holds a few pieces and no more: the server waits for a slow reader', async () => {
  await using demo = await startDemo();
  const sent: Sent = { bytes: 0, isOver: false };
  await using server = await front(demo.port, large(200, sent));
  await using client = new ComfyUIClient({ host: server.url });
  const output = await outputOf(client);
  let read = 0;
  let lead = 0;
  for await (const piece of output.stream()) {
    read += piece.length;
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    lead = Math.max(lead, sent.bytes - read);
  }
  expect(read).toBe(sent.bytes);
  expect(read).toBeGreaterThan(200 * mib);
  expect(lead).toBeLessThan(32 * mib); // what the sockets of both ends hold
});

test('a reader who leaves ends the download', async () => {
  await using demo = await startDemo();
  const sent: Sent = { bytes: 0, isOver: false };
  await using server = await front(demo.port, large(200, sent));
  await using client = new ComfyUIClient({ host: server.url });
  const output = await outputOf(client);
  for await (const piece of output.stream()) if (piece.length > 0) break;
  await until(() => sent.isOver);
  expect(sent.bytes).toBeLessThan(100 * mib);
});

test('a signal ends each way to the bytes: `cancelled`', async () => {
  await using demo = await startDemo();
  await using place = await folder();
  const sent: Sent = { bytes: 0, isOver: false };
  await using server = await front(demo.port, large(200, sent));
  await using client = new ComfyUIClient({ host: server.url });
  const output = await outputOf(client);
  const abort = new AbortController();
  const all = async (): Promise<void> => {
    for await (const piece of output.stream({ signal: abort.signal })) if (piece.length > 0) abort.abort();
  };
  await expect(all()).rejects.toMatchObject({ name: 'ComfyGenError', code: 'cancelled' });
  const { signal } = abort;
  await expect(output.bytes({ signal })).rejects.toMatchObject({ code: 'cancelled' });
  await expect(output.save(place.path, { signal })).rejects.toMatchObject({ code: 'cancelled' });
});

test('stream(), bytes() and save() give the same file; save() never replaces one', async () => {
  await using demo = await startDemo();
  await using place = await folder();
  await using client = new ComfyUIClient({ host: demo.url });
  const output = await outputOf(client);
  const pieces: Uint8Array[] = [];
  for await (const piece of output.stream()) pieces.push(piece);
  const bytes = await output.bytes();
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  const [one, two] = [await output.save(place.path), await output.save(place.path)];
  expect(one.path).not.toBe(two.path);
  for (const { path } of [one, two]) expect((await readFile(path ?? '')).equals(bytes)).toBe(true);
  expect(one).toMatchObject({ width: 32, height: 16, bytes: bytes.length, filename: output.filename });
});

test('a file that breaks off is an error of the stream, at its end', async () => {
  await using demo = await startDemo();
  let asked = 0;
  await using server = await front(demo.port, (path, response) => {
    if (!path.includes('/view?')) return undefined;
    asked++;
    response.writeHead(200, { 'content-length': '5000000' });
    response.write(Buffer.concat([...largePng(1)]), () => response.destroy());
    return true;
  });
  await using client = new ComfyUIClient({ host: server.url, retries: 1 });
  const output = await outputOf(client);
  const read = async (): Promise<void> => {
    for await (const piece of output.stream()) expect(piece.length).toBeGreaterThan(0);
  };
  await expect(read()).rejects.toMatchObject({ name: 'ComfyGenError', code: 'save' });
  expect(asked).toBeGreaterThan(1);
});
