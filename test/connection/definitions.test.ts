// Node definitions for who can do without them: a server that gives none is told apart from one that is not there.
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { comfy, settled, type Recording } from './servers.ts';

function giving(answer: (response: ServerResponse) => void): Promise<Recording> {
  return comfy((request, response) => {
    if (request.url !== '/api/object_info') return undefined;
    answer(response);
    return true;
  });
}

test.each<[string, (response: ServerResponse) => void, string, number]>([
  ['500', (r) => void r.writeHead(500).end(), 'server_error', 2],
  ['403', (r) => void r.writeHead(403).end(), 'forbidden', 1],
  ['401', (r) => void r.writeHead(401).end(), 'unauthorized', 1],
  ['404', (r) => void r.writeHead(404).end(), 'not_comfyui', 1],
  ['a page', (r) => void r.end('<html>'), 'not_comfyui', 1],
  ['nothing in time', () => undefined, 'server_gone', 2],
  ['a connection that breaks', (r) => void r.socket?.destroy(), 'server_gone', 2],
])(
  'a server that gives %s: a failure to go on with, after one repetition at most',
  async (_what, answer, reason, asked) => {
    await using named = await giving(answer);
    await using server = new Connection({ host: named.url, silenceMs: 400, waitForServerMs: 600_000 });
    expect(await server.objectInfoIfAny()).toMatchObject({ failure: { reason } });
    expect(named.seen.filter(({ path }) => path === '/api/object_info')).toHaveLength(asked);
  },
);

test('definitions that come are given', async () => {
  await using named = await giving((r) => void r.end('{"A":{"input":{},"output":[]}}'));
  await using server = new Connection({ host: named.url });
  expect(await server.objectInfoIfAny()).toMatchObject({ info: { A: {} } });
});

test('a server that is gone is no server without definitions', async () => {
  const named = await giving((r) => void r.socket?.destroy());
  await using server = new Connection({ host: named.url, retries: 0 });
  await server.handshake();
  await named[Symbol.asyncDispose]();
  expect((await settled(() => server.objectInfoIfAny())).error).toMatchObject({ reason: 'server_gone' });
  await using never = new Connection({ host: '127.0.0.1:1' });
  expect((await settled(() => never.objectInfoIfAny())).error).toMatchObject({ reason: 'connection_refused' });
});
