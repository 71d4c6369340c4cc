// Cookies: what a server sets comes back to it and to nobody else, over HTTP and WebSocket, within bounds.
import { expect, test } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { CookieJar } from '../../src/connection/cookies.ts';
import { comfy } from './servers.ts';

const here = new URL('http://box:8188/api/system_stats');
const jarWith = (...lines: string[]): CookieJar => {
  const jar = new CookieJar(here);
  jar.take(here, lines);
  return jar;
};

test.each([
  ['a=1', '/api/queue', 'a=1'],
  ['a=1', '/ws', undefined],
  ['a=1; Path=/', '/ws', 'a=1'],
  ['a=1; Path=/api', '/apis', undefined],
  ['a=1; Path=/api/', '/api/queue', 'a=1'],
  ['a="quoted value"; Path=/; HttpOnly; SameSite=None', '/', 'a="quoted value"'],
  ['a=b=c; Path=/', '/', 'a=b=c'],
  ['a=; Path=/', '/', 'a='],
  ['a=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT', '/', 'a=1'],
  ['a=1; Path=/; Max-Age=0', '/', undefined],
  ['a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT', '/', undefined],
  ['a=1; Path=/; Expires=whenever', '/', 'a=1'],
  ['a=1; Path=/; Secure', '/', undefined],
  ['a=1; Path=/; Domain=box', '/', 'a=1'],
  ['a=1; Path=/; Domain=other.example', '/', undefined],
  ['=1; Path=/', '/', undefined],
  ['novalue', '/api/x', undefined],
  ['a=1\u0000; Path=/', '/', undefined],
  [`a=${'x'.repeat(5000)}; Path=/`, '/', undefined],
])('%s, asked for %s: %s', (line, path, sent) => {
  expect(jarWith(line).header(new URL(path, here))).toBe(sent);
});

test('the newest value counts, an expired one is gone, the longer path comes first', () => {
  const jar = jarWith('a=1; Path=/', 'b=1; Path=/', 'a=2; Path=/', 'c=1; Path=/api', 'b=; Path=/; Max-Age=-1');
  expect(jar.header(here)).toBe('c=1; a=2');
});

test("the user's own cookies stay, except where the server set one of the same name", () => {
  expect(jarWith('session=new; Path=/').header(here, 'session=old; mine=1')).toBe('mine=1; session=new');
  expect(new CookieJar(here).header(here, 'mine=1')).toBe('mine=1');
});

test.each(['https://box:8188/', 'http://box:8189/', 'http://other:8188/'])('nothing from or to %s', (other) => {
  const url = new URL(other);
  expect(jarWith('a=1; Path=/').header(url, 'mine=1')).toBeUndefined();
  const jar = new CookieJar(here);
  jar.take(url, 'a=1; Path=/');
  expect(jar.header(here)).toBeUndefined();
});

test('a server that sets cookies without end fills no memory', () => {
  const jar = jarWith(...Array.from({ length: 10_000 }, (_, i) => `c${i}=${'x'.repeat(100)}; Path=/`));
  expect(jar.header(here)?.split('; ')).toHaveLength(50);
  expect(jar.header(here)).toContain('c9999=');
});

test('a sticky load balancer gets its cookie back with every request, WebSocket included; so does what the upgrade sets', async () => {
  await using named = await comfy(
    (request, response) => {
      if (request.headers.cookie === undefined) response.setHeader('set-cookie', 'lb=backend-2; Path=/');
      return undefined;
    },
    { upgradeHeaders: ['Set-Cookie: ws=1; Path=/'] },
  );
  await using server = new Connection({ host: named.url, headers: { cookie: 'mine=1' } });
  await server.handshake();
  expect(await server.socket(false).ready(5000)).toBe(true);
  await server.queue();
  expect(named.seen.map(({ headers }) => headers.cookie)).toEqual(['mine=1', 'mine=1', 'mine=1; ws=1']);
  await using plain = new Connection({ host: named.url });
  await plain.handshake();
  expect(await plain.socket(false).ready(5000)).toBe(true);
  await plain.queue();
  expect(named.seen.slice(3).map(({ headers }) => headers.cookie)).toEqual([
    undefined,
    'lb=backend-2',
    'lb=backend-2; ws=1',
  ]);
});

test('cookies do not go along to another origin, nor does that one set any', async () => {
  await using other = await comfy((_request, response) => {
    response.setHeader('set-cookie', 'foreign=1; Path=/');
    return undefined;
  });
  await using named = await comfy((request, response) => {
    response.setHeader('set-cookie', 'lb=1; Path=/');
    if (request.url?.startsWith('/api/queue') !== true) return undefined;
    response.writeHead(307, { location: `${other.url}/api/queue` }).end();
    return true;
  });
  await using server = new Connection({ host: named.url });
  await server.handshake();
  await server.queue();
  await server.queue();
  expect(other.seen.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
  expect(named.seen.at(-1)?.headers.cookie).toBe('lb=1');
});
