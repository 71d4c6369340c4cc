// Secrets and headers: trimmed or refused by name before anything is sent, never shown.
import { expect, test } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { checkHeaders, cleanSecret } from '../../src/connection/secrets.ts';
import { comfy } from './servers.ts';

test.each(['abc', 'abc\n', 'abc\r\n', ' abc\t', '\ufeffabc', 'abc\r'])('%j is abc', (written) => {
  expect(cleanSecret(written, 'COMFY_GEN_TOKEN')).toBe('abc');
});

test.each([
  ['', 'missing_variable'],
  ['\n', 'missing_variable'],
  ['"s3cret"', 'bad_option'],
  ["'s3cret'\n", 'bad_option'],
  ['s3cret\nsecond', 'bad_option'],
  ['s3cret\0', 'bad_option'],
  ['s3cret…', 'bad_option'],
])('%j is refused with the name of the variable alone', (written, reason) => {
  expect(() => cleanSecret(written, 'COMFY_GEN_TOKEN')).toThrow(
    expect.objectContaining({ reason, message: expect.stringMatching(/^COMFY_GEN_TOKEN (?!.*s3cret)/) as string }),
  );
});

test('headers: names in lower case, values trimmed', () => {
  expect(checkHeaders({ 'X-Thing': ' a b\r\n', __proto__x: 'y' })).toEqual({ 'x-thing': 'a b', __proto__x: 'y' });
});

test.each([
  [{ authorization: 'Bearer s3cret\nx: y' }, /authorization/],
  [{ 'x-key': 's3cret\u2026' }, /x-key/],
  [{ 'bad name': 's3cret' }, /no header name/],
  [{ 'Proxy-Authorization': 's3cret' }, /proxy-authorization/],
  [{ Host: 's3cret' }, /host/],
  [{ 'content-length': 's3cret' }, /content-length/],
])('%j never gets as far as a request', (headers, said) => {
  const build = (): unknown => new Connection({ host: 'box', headers: headers });
  expect(build).toThrow(
    expect.objectContaining({ reason: 'bad_option', message: expect.stringMatching(said) as string }),
  );
  expect(build).toThrow(expect.objectContaining({ message: expect.not.stringContaining('s3cret') as string }));
});

test('a user of a multi-user server is named by `Comfy-User`, over HTTP and WebSocket', async () => {
  await using named = await comfy();
  await using server = new Connection({ host: named.url, comfyUser: 'me_1234' });
  await server.handshake();
  await server.socket(false).ready(5000);
  expect(named.seen.map(({ headers }) => headers['comfy-user'])).toEqual(['me_1234', 'me_1234']);
});

test('credentials of the address are sent, a header given beside them counts more', async () => {
  await using named = await comfy();
  const host = named.url.replace('://', '://me:p%40ss@');
  await using plain = new Connection({ host });
  await plain.handshake();
  await using other = new Connection({ host, headers: { Authorization: 'Bearer x' } });
  await other.handshake();
  expect(named.seen.map(({ headers }) => headers.authorization)).toEqual([
    `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    'Bearer x',
  ]);
});
