// First contact, and the patience of --wait-for-server: what it waits out, what it does not, and that it is exact.
import { expect } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { ComfyGenError } from '../../src/errors.ts';
import { selfSigned, type Certificate } from '../faults/certificate.ts';
import { blackHole } from '../faults/fronts.ts';
import { comfy, rude, settled, stats } from './servers.ts';
import { test } from '../helpers/concurrent.ts';

test.each([
  ['200 with a page', 200, { 'content-type': 'text/html' }, '<html>starting</html>'],
  ['a redirect to a page', 302, { location: '/starting.html' }, ''],
  ['a redirect in a circle', 302, { location: '/api/system_stats' }, ''],
  ['404', 404, {}, 'not yet'],
  ['405', 405, {}, ''],
  ['502 with a page', 502, { 'content-type': 'text/html' }, '<html>bad gateway</html>'],
  ['503', 503, { 'retry-after': '1' }, ''],
  ['JSON of something else', 200, {}, '{"system":1}'],
] as const)('a front page answers for a server that starts: %s', async (_what, status, headers, body) => {
  await using named = await comfy((_request, response, seen) => {
    if (seen.length > 6) return undefined;
    response.writeHead(status, headers).end(body);
    return true;
  });
  const notes: string[] = [];
  await using server = new Connection({
    host: named.url,
    waitForServerMs: 20_000,
    retries: 0,
    notify: (m) => void notes.push(m),
  });
  expect(await server.handshake()).toMatchObject({ version: '0.33.0' });
  expect(notes).toEqual([expect.stringMatching(/^waiting for http:\/\/127\.0\.0\.1:\d+ \(20 s\): http/)]);
});

const toHttps = 'write https:// instead of http://';

test.each<[string, string, Parameters<typeof rude>[0], Certificate | undefined, object]>([
  [
    'TLS that says nothing to HTTP',
    'http',
    () => undefined,
    selfSigned('127.0.0.1'),
    { reason: 'connection_failed', hint: `if it speaks TLS, ${toHttps}` },
  ],
  [
    'TLS that complains in its own way',
    'http',
    (socket) => void socket.end(Buffer.from('1503010002020a', 'hex')),
    undefined,
    { reason: 'tls_failed', hint: toHttps },
  ],
  [
    'TLS that complains in plain HTTP',
    'http',
    (socket) =>
      void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n<h1>The plain HTTP request was sent to HTTPS port</h1>'),
    undefined,
    { reason: 'tls_failed', hint: toHttps },
  ],
  [
    'no TLS, and says nothing to it',
    'https',
    (socket) => void socket.end(),
    undefined,
    { reason: 'connection_failed', hint: 'if it speaks no TLS, write http:// instead of https://' },
  ],
])('the wrong one of http:// and https:// is named: %s', async (_what, protocol, act, certificate, said) => {
  await using named = await rude(act, certificate);
  await using server = new Connection({ host: `${protocol}://${named.address}`, retries: 0 });
  await expect(server.handshake()).rejects.toMatchObject(said);
});

test.each([401, 403])('%i is told at once, patience or not', async (status) => {
  await using named = await comfy((_request, response) => {
    response.writeHead(status).end();
    return true;
  });
  await using server = new Connection({ host: named.url, waitForServerMs: 60_000 });
  await expect(server.handshake()).rejects.toMatchObject({ code: 'auth' });
  expect(named.seen).toHaveLength(1);
});

test('without patience a page is no ComfyUI at once', async () => {
  await using named = await comfy((_request, response) => {
    response.end('<html>');
    return true;
  });
  const notes: string[] = [];
  await using server = new Connection({ host: named.url, notify: (m) => void notes.push(m) });
  await expect(server.handshake()).rejects.toMatchObject({ reason: 'not_comfyui' });
  expect(notes).toEqual([]);
});

test.each([
  ['nobody listens', '127.0.0.1:1', 'connection_refused'],
  ['no such name', 'comfy-gen-test.invalid', 'connection_failed'],
])('the patience is exact, and the failure says how long it was: %s', async (_what, host, reason) => {
  await using server = new Connection({ host, waitForServerMs: 2600 });
  const { error, ms } = await settled(() => server.handshake());
  expect(error).toMatchObject({ reason, message: expect.stringContaining('waited 2.6 s') as string });
  expect(ms).toBeGreaterThan(2500);
  expect(ms).toBeLessThan(3600);
  // pauses of 150 ms, 300 ms and then 600 ms at least: so often at most in 2.6 s, and once more at its end
  expect(server.transport.failures).toBeLessThanOrEqual(7);
});

test.each(['accepts and is silent', 'sends its answer byte by byte'])(
  'the patience is exact: a server that %s',
  async (what) => {
    await using hole = await blackHole();
    await using slow = await comfy((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 50);
      response.once('close', () => clearInterval(timer));
      return true;
    });
    const noLimits = { connectTimeoutMs: 600_000, silenceMs: 600_000 };
    const host = what.startsWith('accepts') ? `127.0.0.1:${hole.port}` : slow.url;
    await using server = new Connection({ host, waitForServerMs: 1500, ...noLimits });
    const { error, ms } = await settled(() => server.handshake());
    expect(error).toMatchObject({ reason: 'connect_timeout' });
    expect(ms).toBeGreaterThan(1400);
    expect(ms).toBeLessThan(2500);
  },
);

test('a server that goes away in mid-run and shows a page has not come back; ComfyUI has', async () => {
  let up = true;
  await using named = await comfy((_request, response, seen) => {
    if (up || seen.length > 8) return undefined;
    response.writeHead(seen.length % 2 === 0 ? 200 : 502).end('<html>');
    return true;
  });
  await using patient = new Connection({ host: named.url, waitForServerMs: 20_000 });
  await patient.handshake();
  await using other = new Connection({ host: named.url, waitForServerMs: 500 });
  await other.handshake();
  up = false;
  expect(await other.comesBack()).toBe(false);
  expect(await patient.comesBack()).toBe(true);
  expect(named.seen.length).toBeGreaterThan(8);
});

test('what answers under /api, bare, or both', async () => {
  await using bare = await comfy((request, response) => {
    if (request.url !== '/system_stats') return undefined;
    response.end(stats);
    return true;
  });
  await using both = new Connection({ host: bare.url });
  expect(await both.path('/queue')).toBe('/api/queue');
  await using only = await comfy((request, response) => {
    if (request.url === '/system_stats') response.end(stats);
    else response.writeHead(404).end();
    return true;
  });
  await using server = new Connection({ host: only.url });
  expect(await server.path('/queue')).toBe('/queue');
});

test('after the patience the hint still names its option as whoever shows it writes options', async () => {
  await using server = new Connection({ host: '127.0.0.1:1', waitForServerMs: 1 });
  const { error } = await settled(() => server.handshake());
  expect(error instanceof ComfyGenError && error.inWords((key) => `--${key}`).hint).toContain('--host');
});
