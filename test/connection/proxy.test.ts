// Proxies: which one is taken, that everything goes through its tunnel, and what is said of one that opens none.
import { expect, test } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { chooseProxy, isExempt, proxyFor } from '../../src/connection/proxy.ts';
import { selfSigned } from '../faults/certificate.ts';
import { closedProxy } from '../faults/fronts.ts';
import { comfy, proxy, rude, settled } from './servers.ts';

const certificate = selfSigned('127.0.0.1');

test.each([
  ['http://127.0.0.1:8188', '127.0.0.1', true],
  ['http://127.0.0.1:8188', '127.0.0.0/8', true],
  ['http://192.168.7.9', '10.0.0.0/8, 192.168.0.0/16', true],
  ['http://192.169.7.9', '192.168.0.0/16', false],
  ['http://10.1.2.3', '10.1.2.3/32', true],
  ['http://10.1.2.3', '10.1.2.3/33', false],
  ['http://10.1.2.3', '0.0.0.0/0', true],
  ['http://10.1.2.3', 'fd00::/8', false],
  ['http://10.1.2.3', '10.1.2/24', false],
  ['http://10.1.2.3', '10.1.2.3/', false],
  ['http://10.0.0.1.example', '10.0.0.0/8', false],
  ['http://127.0.0.1', '127.*', true],
  ['http://128.0.0.1', '127.*', false],
  ['http://192.168.1.2', '192.168.', true],
  ['http://box', '<local>', true],
  ['http://box.example', '<local>', false],
  ['http://127.0.0.1', '<local>', false],
  ['http://[::1]:8188', '::1', true],
  ['http://[::1]:8188', '[::1]', true],
  ['http://[::1]:8188', '[::1]:8188', true],
  ['http://[::1]:8188', '[::1]:8189', false],
  ['http://[::1]:8188', '0:0:0:0:0:0:0:1', true],
  ['http://[fd12::1]', 'fd00::/8', true],
  ['http://[fd12::1]', '[fd00::]/8', true],
  ['http://box.example', 'example', true],
  ['http://box.example', '.EXAMPLE', true],
  ['http://box.example', '*.example', true],
  ['http://boxexample', 'example', false],
  ['http://box.example:8188', 'box.example:8188', true],
  ['http://box.example:8189', 'box.example:8188', false],
  ['https://box.example', 'box.example:443', true],
  ['http://box.example', '*', true],
  ['http://box.example', '.', false],
  ['http://box.example', '', false],
])('%s with NO_PROXY=%s: direct is %s', (address, noProxy, direct) => {
  expect(isExempt(new URL(address), noProxy)).toBe(direct);
});

test('the explicit one before the variable of the scheme; a bad one is refused and never shown', () => {
  const variables = { httpProxy: 'plain:1', httpsProxy: 'http://secure:2', noProxy: '*.direct' };
  const named = (address: string, explicit?: string): string | undefined =>
    proxyFor(new URL(address), explicit, variables);
  expect(named('http://box', 'http://mine:3')).toBe('http://mine:3/');
  expect(named('http://a.direct', 'http://mine:3')).toBe('http://mine:3/');
  expect(named('http://box')).toBe('http://plain:1/');
  expect(named('https://box')).toBe('http://secure:2/');
  expect(named('http://a.direct')).toBeUndefined();
  expect(chooseProxy(new URL('http://box'), undefined, { httpProxy: ' http://a:1\n' })?.from).toBe('HTTP_PROXY');
  for (const bad of ['socks5://me:s3cret@p:1', '"http://me:s3cret@p:1"', 'http://me:s3cret@'])
    expect(() => chooseProxy(new URL('http://box'), bad, undefined)).toThrow(
      expect.objectContaining({ reason: 'bad_option', message: expect.not.stringContaining('s3cret') as string }),
    );
});

test.each([
  ['plain', {}, {}],
  ['TLS to the server', { server: certificate }, { ca: certificate.cert }],
  ['TLS to the proxy that --ca names', { proxy: certificate }, { ca: certificate.cert }],
  ['TLS to the proxy and --insecure', { proxy: certificate }, { insecure: true }],
  ['TLS to both', { server: certificate, proxy: certificate }, { ca: certificate.cert }],
  ['IPv6 proxy', { host: '::1' }, {}],
  ['IPv6 proxy, IPv6 server', { host: '::1', serverHost: '::1' }, {}],
] as const)('everything goes through the tunnel: %s', async (_what, how, options) => {
  const { server: inside, proxy: outside, host, serverHost } = { ...nothing, ...how };
  await using named = await comfy(undefined, {
    ...(inside && { certificate: inside }),
    ...(serverHost && { host: serverHost }),
  });
  await using between = await proxy({ ...(outside && { certificate: outside }), ...(host && { host }) });
  await using server = new Connection({
    host: named.url,
    proxy: between.url.replace('://', '://me:p%40ss@'),
    headers: { authorization: 'Bearer s3cret' },
    retries: 0,
    ...options,
  });
  await server.handshake();
  expect(await server.socket(false).ready(5000)).toBe(true);
  expect(between.tunnels.map(({ target }) => target)).toEqual([named.address, named.address]);
  for (const { headers } of between.tunnels) {
    expect(headers['proxy-authorization']).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    expect(headers.authorization).toBeUndefined();
    expect(headers['user-agent']).toMatch(/^comfy-gen/);
  }
  for (const { headers } of named.seen) expect(headers['proxy-authorization']).toBeUndefined();
});

const nothing = { server: undefined, proxy: undefined, host: undefined, serverHost: undefined };

test('the certificate of the proxy is checked, and the proxy named', async () => {
  await using named = await comfy();
  await using between = await proxy({ certificate });
  await using server = new Connection({ host: named.url, proxy: between.url });
  await expect(server.handshake()).rejects.toMatchObject({
    reason: 'tls_failed',
    message: expect.stringContaining(between.url) as string,
  });
});

test.each<[string, Parameters<typeof rude>[0], RegExp]>([
  ['hangs up', (s) => void s.end(), /closed the connection/],
  ['resets', (s) => void s.resetAndDestroy(), /closed the connection/],
  ['speaks no HTTP', (s) => void s.end(Buffer.from([5, 255])), /closed the connection|opening/],
  ['answers with a page', (s) => void s.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'), /page of its own/],
  ['opens and hangs up', (s) => void s.end('HTTP/1.1 200 OK\r\n\r\n'), /the proxy /],
  ['refuses', (s) => void s.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'), /answered 502/],
  ['says nothing', () => undefined, /opened no tunnel within 0.3 s/],
  ['sends one header after the other', (s) => trickle(s), /opened no tunnel within 0.3 s/],
])('a proxy that %s counts as one failed attempt each time', async (_what, act, said) => {
  let connections = 0;
  await using between = await rude((socket) => {
    connections++;
    act(socket);
  });
  await using server = new Connection({
    host: 'http://127.0.0.1:1',
    proxy: `http://${between.address}`,
    retries: 1,
    connectTimeoutMs: 300,
  });
  const { error, ms } = await settled(() => server.handshake());
  expect(error).toMatchObject({ reason: 'proxy_failed', message: expect.stringMatching(said) as string });
  expect(connections).toBeLessThanOrEqual(4);
  expect(ms).toBeLessThan(5000);
});

function trickle(socket: {
  write: (text: string) => boolean;
  once: (event: 'close', act: () => void) => unknown;
}): void {
  socket.write('HTTP/1.1 200 OK\r\n');
  const timer = setInterval(() => socket.write('x-more: 1\r\n'), 20);
  socket.once('close', () => clearInterval(timer));
}

test('credentials are wanted: final, with what to do', async () => {
  await using between = await closedProxy(407);
  await using server = new Connection({ host: 'http://127.0.0.1:1', proxy: `http://127.0.0.1:${between.port}` });
  await expect(server.handshake()).rejects.toMatchObject({ code: 'auth', reason: 'proxy_auth' });
});

test('a proxy from a variable that fails has the way round it as a hint; one that was asked for has not', async () => {
  const ask = async (options: object): Promise<unknown> => {
    await using server = new Connection({ host: '127.0.0.1:1', retries: 0, ...options });
    return (await settled(() => server.handshake())).error;
  };
  expect(await ask({ proxyVariables: { httpProxy: 'http://127.0.0.1:9' } })).toMatchObject({
    reason: 'proxy_failed',
    hint: expect.stringContaining('NO_PROXY=127.0.0.1') as string,
  });
  expect(await ask({ proxy: 'http://127.0.0.1:9' })).toMatchObject({
    reason: 'proxy_failed',
    hint: expect.stringContaining('check proxy') as string,
  });
});
