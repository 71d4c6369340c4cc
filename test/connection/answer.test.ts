// Bodies of answers: compressed though nobody asked for it, whole, broken, without end; and what others see of the packages.
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliCompressSync, deflateSync, gunzip, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { answerOf } from '../../src/connection/answer.ts';
import { Connection } from '../../src/connection/connection.ts';
import { comfy, stats, type Recording } from './servers.ts';

function coded(coding: string, body: Uint8Array): Promise<Recording> {
  return comfy((_request, response) => {
    response.writeHead(200, { 'content-encoding': coding, 'content-length': body.length }).end(body);
    return true;
  });
}

test.each([
  ['gzip', gzipSync(stats)],
  ['x-gzip', gzipSync(stats)],
  ['GZIP', gzipSync(stats)],
  ['deflate', deflateSync(stats)],
  ['br', brotliCompressSync(stats)],
  ['identity', Buffer.from(stats)],
])('%s is understood, though identity was asked for', async (coding, body) => {
  await using named = await coded(coding, body);
  await using server = new Connection({ host: named.url });
  expect(await server.handshake()).toMatchObject({ version: '0.33.0' });
  expect(named.seen[0]?.headers['accept-encoding']).toBe('identity');
});

test('a download that came compressed is its bytes, and has no length that is another body’s', async () => {
  const bytes = Buffer.alloc(100_000, 'picture');
  await using named = await comfy((request, response) => {
    if (request.url?.startsWith('/api/view') !== true) return undefined;
    const body = gzipSync(bytes);
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body);
    return true;
  });
  await using server = new Connection({ host: named.url });
  const answer = await server.view({ node: '1', filename: 'a.png', subfolder: '', type: 'output' }, 0);
  expect(answer.headers['content-length']).toBeUndefined();
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
});

test('what is broken or cut off fails, it does not hang', async () => {
  for (const body of [Buffer.from('no gzip'), gzipSync(stats).subarray(0, 30)]) {
    await using named = await coded('gzip', body);
    await using server = new Connection({ host: named.url, retries: 0 });
    await expect(server.handshake()).rejects.toMatchObject({ code: 'unreachable' });
  }
});

test.each([
  ['gzip', gzipSync(stats)],
  ['br', brotliCompressSync(stats)],
])('%s that breaks before anybody reads it fails whoever reads it then, and not the process', async (coding, whole) => {
  const body = Readable.from([whole.subarray(0, 30)]);
  const url = new URL('http://127.0.0.1/');
  const answer = answerOf({ status: 200, headers: { 'content-encoding': coding }, body, url });
  // its decoder works in the same threads, and is done long before these are
  for (let n = 0; n < 50; n++) await promisify(gunzip)(gzipSync(stats));
  const read = async (): Promise<void> => {
    for await (const piece of answer.body) expect(piece).toBeInstanceOf(Uint8Array);
  };
  await expect(read()).rejects.toThrow('unexpected end of file');
});

test('a few bytes that unpack to more than any answer of ours has are given up', async () => {
  const mebibyte = gzipSync(Buffer.alloc(1024 * 1024));
  const zeros = Buffer.concat(Array.from({ length: 257 }, () => mebibyte));
  await using named = await coded('gzip', zeros);
  await using server = new Connection({ host: named.url, retries: 0 });
  await expect(server.handshake()).rejects.toMatchObject({ message: expect.stringContaining('256 MiB') as string });
});
