// The socket of a server that was a ComfyUI before: opened while it is asked who it is, kept only if that holds.
import { expect, test } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import type { DefinitionsCache } from '../../src/connection/options.ts';
import { comfy, stats } from './servers.ts';

const cached = (isKept: boolean): DefinitionsCache => ({
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
  latest: () => Promise.resolve(isKept ? { version: '0.33.0', members: ['"A":{"input":{},"output":[]}'] } : undefined),
});

const isUpgrade = ({ path }: { readonly path: string }): boolean => /\/ws\?/.test(path);

test('its socket opens before it has answered, and its definitions are there', async () => {
  let answer = (): void => undefined;
  await using named = await comfy((request, response) => {
    if (request.url !== '/api/system_stats') return undefined;
    answer = () => void response.end(stats);
    return true;
  });
  await using server = new Connection({ host: named.url, definitions: cached(true) });
  server.awaitJobs({ previews: false });
  const shaken = server.handshake();
  await expect.poll(() => named.seen.length).toBe(2);
  expect(await server.socket(false).ready(5000)).toBe(true);
  answer();
  await shaken;
  expect(server.socket(false).state).toBe('open');
  expect(await server.objectInfoIfAny()).toMatchObject({ info: { A: {} } });
  expect(named.seen.map(({ path }) => path.split('?')[0]).sort()).toEqual(['/api/system_stats', '/ws']);
});

test('an unknown server is first asked who it is; then the socket waits for no job', async () => {
  await using named = await comfy();
  await using server = new Connection({ host: named.url, definitions: cached(false) });
  server.awaitJobs({ previews: false });
  await server.handshake();
  await expect.poll(() => named.seen.filter(isUpgrade).length).toBe(1);
  expect(named.seen.findIndex(isUpgrade)).toBe(1);
});

test('a cookie that comes with the answer goes with the socket: it is opened anew', async () => {
  await using named = await comfy((request, response) => {
    if (request.url !== '/api/system_stats') return undefined;
    setTimeout(() => response.writeHead(200, { 'set-cookie': 'backend=2; Path=/' }).end(stats), 50);
    return true;
  });
  await using server = new Connection({ host: named.url, definitions: cached(true) });
  server.awaitJobs({ previews: false });
  await server.handshake();
  expect(await server.socket(false).ready(5000)).toBe(true);
  expect(named.seen.filter(isUpgrade).at(-1)?.headers.cookie).toBe('backend=2');
});

test.each([
  ['is no ComfyUI any more', 404, 'not_comfyui'],
  ['wants credentials by now', 401, 'unauthorized'],
])('a server that %s is told as ever, and no socket stays', async (_what, status, reason) => {
  let answer = (): void => undefined;
  let isHeld = true;
  await using named = await comfy((_request, response) => {
    const refuse = (): void => void response.writeHead(status).end();
    if (isHeld) answer = refuse;
    else refuse();
    return true;
  });
  await using server = new Connection({ host: named.url, definitions: cached(true) });
  server.awaitJobs({ previews: false });
  const shaken = server.handshake();
  await expect.poll(() => named.seen.length).toBe(2);
  const early = server.socket(false);
  isHeld = false;
  answer();
  await expect(shaken).rejects.toMatchObject({ reason });
  expect(early.state).toBe('closed');
  expect(server.socket(false)).not.toBe(early);
});
