// Redirects: secrets stay with the origin that was named; what cannot be followed is told, without its secrets.
import { expect, test } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { comfy, type Recording } from './servers.ts';

const secrets = { authorization: 'Bearer s3cret', 'x-api-key': 's3cret', cookie: 'mine=s3cret' };

function moving(status: number, to: () => string): Promise<Recording> {
  return comfy((request, response) => {
    if (request.url?.startsWith('/api/queue') !== true && request.url?.startsWith('/api/prompt') !== true)
      return undefined;
    response.writeHead(status, { location: to() }).end('moved');
    return true;
  });
}

test.each([301, 302, 303, 307, 308])('%i to another origin: followed, no secret goes along', async (status) => {
  await using other = await comfy();
  await using named = await moving(status, () => `${other.url}/queue`);
  await using server = new Connection({ host: `${named.url}?token=s3cret`, headers: secrets });
  expect(await server.queue()).toEqual({ running: [], pending: [] });
  expect(JSON.stringify(other.seen)).not.toContain('s3cret');
  expect(named.seen[0]?.headers).toMatchObject(secrets);
});

test.each(['//OTHER/queue', 'http://OTHER/queue', 'http://me:x@OTHER/queue'])(
  'another origin, however written: %s',
  async (written) => {
    await using other = await comfy();
    await using named = await moving(307, () => written.replace('OTHER', other.address));
    await using server = new Connection({ host: named.url, headers: secrets });
    await server.queue();
    expect(other.seen).toHaveLength(1);
    expect(JSON.stringify(other.seen)).not.toContain('s3cret');
  },
);

test('within the origin secrets and query go along', async () => {
  await using named = await moving(307, () => '/elsewhere/queue');
  await using server = new Connection({ host: `${named.url}?token=t`, headers: secrets });
  await server.queue();
  expect(named.seen.at(-1)).toMatchObject({ path: '/elsewhere/queue?token=t', headers: secrets });
});

test.each(['http://', 'javascript:alert(1)', 'file:///etc/passwd', 'http://[bad', ''])(
  'nowhere to go: %j',
  async (location) => {
    await using named = await moving(307, () => location);
    await using server = new Connection({ host: named.url, retries: 0 });
    await expect(server.queue()).rejects.toMatchObject({ reason: 'not_comfyui' });
  },
);

test('a circle ends, and what is told has no secret of the target', async () => {
  await using named = await moving(302, () => `/api/queue?token=s3cret`);
  await using server = new Connection({ host: named.url, retries: 0 });
  await expect(server.queue()).rejects.toMatchObject({
    reason: 'not_comfyui',
    message: expect.stringMatching(/redirects (?!.*s3cret)/) as string,
  });
  expect(named.seen).toHaveLength(7);
});

test('a POST is repeated where 307 and 308 say, body and all; 302 would make it a GET and is told', async () => {
  let received = '';
  await using other = await comfy((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => (received += text));
    request.on('end', () => response.end('{"prompt_id":"x","node_errors":{}}'));
    return true;
  });
  await using named = await moving(308, () => `${other.url}/prompt`);
  await using server = new Connection({ host: named.url, headers: secrets });
  expect((await server.postPrompt({ prompt: {} })).status).toBe(200);
  expect(received).toBe('{"prompt":{}}');
  expect(JSON.stringify(other.seen)).not.toContain('s3cret');
  await using found = await moving(302, () => `${other.url}/prompt`);
  await using second = new Connection({ host: found.url });
  const answer = await second.postPrompt({ prompt: {} });
  expect(second.transport.unexpected('/prompt', answer)).toMatchObject({
    message: expect.stringContaining(other.url) as string,
  });
  expect(other.seen).toHaveLength(1);
});

test('a redirect whose page never ends holds nobody up', async () => {
  await using other = await comfy();
  await using named = await comfy((request, response) => {
    if (request.url !== '/api/queue') return undefined;
    response.writeHead(307, { location: `${other.url}/queue` });
    response.write('page');
    return true;
  });
  await using server = new Connection({ host: named.url });
  expect(await server.queue()).toEqual({ running: [], pending: [] });
});
