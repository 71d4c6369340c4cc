// What people write as an address, what it becomes, and what of it may be shown.
import { expect, test } from 'vitest';
import { maskedAddress, parseAddress, shownAddress } from '../../src/connection/address.ts';
import { comfy } from './servers.ts';
import { Connection } from '../../src/connection/connection.ts';

test.each([
  ['box', 'http://box:8188'],
  ['box:8000', 'http://box:8000'],
  ['  box:8000\r\n', 'http://box:8000'],
  ['http://box', 'http://box'],
  ['https://box/comfy/', 'https://box/comfy'],
  ['https://box//comfy', 'https://box/comfy'],
  ['https://box///a//b//', 'https://box/a/b'],
  ['http://box//127.0.0.1:18512', 'http://box/127.0.0.1:18512'],
  ['http://box/\\evil.example', 'http://box/evil.example'],
  ['box//comfy', 'http://box:8188/comfy'],
  ['::1', 'http://[::1]:8188'],
  ['[::1]', 'http://[::1]:8188'],
  ['[::1]:8000', 'http://[::1]:8000'],
  ['http://[::1]:8000/x', 'http://[::1]:8000/x'],
  ['[2001:db8::1:2]', 'http://[2001:db8::1:2]:8188'],
  ['http', 'http://http:8188'],
  ['http:8000', 'http://http:8000'],
  ['https://user:p%40ss@box/?token=secret#top', 'https://box'],
  ['box?token=secret', 'http://box:8188'],
])('%s is %s', (written, shown) => {
  expect(shownAddress(parseAddress(written))).toBe(shown);
});

test.each([
  '',
  ' ',
  '"http://127.0.0.1:18520"',
  "'box'",
  '"box:8188"',
  'http//box',
  'http:/box',
  'https:box',
  'http:box:8188',
  '//box/comfy',
  '/comfy',
  'ftp://box',
  'http://',
  'http://"box"',
  'http://bo x',
  'http://box:99999',
  'http://%zz@box',
])('%s is no address', (written) => {
  expect(() => parseAddress(written)).toThrow(expect.objectContaining({ reason: 'bad_option' }));
});

test('quotes have a hint of their own; the place is named, the password is not', () => {
  expect(() => parseAddress('"box"', undefined, 'COMFY_GEN_HOST')).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('COMFY_GEN_HOST') as string,
      hint: expect.stringContaining('without quotes') as string,
    }),
  );
  for (const written of ['ftp://me:s3cret@box', 'ftp://box?token=s3cret', 'me:s3cret@', 'ftp://box?s3cret'])
    expect(() => parseAddress(written)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('s3cret') as string }),
    );
});

test.each([
  ['http://me:pass@word@box/x', 'http://***@box/x'],
  ['box?token=abc', 'box?token=***'],
  ['http://box/?a=1&token=abc#x', 'http://box/?a=***&token=***#x'],
  ['http://box/?abc', 'http://box/?***'],
  ['http://box/comfy', 'http://box/comfy'],
])('%s is shown as %s', (written, masked) => {
  expect(maskedAddress(written)).toBe(masked);
});

test('two slashes never lead to another host, over HTTP and WebSocket', async () => {
  await using named = await comfy();
  await using other = await comfy();
  await using server = new Connection({
    host: `${named.url}//${other.address}`,
    headers: { authorization: 'Bearer s3cret' },
    retries: 0,
  });
  await server.handshake();
  await server.socket(false).ready(5000);
  expect(other.seen).toEqual([]);
  expect(named.seen.map(({ path }) => path.split('?')[0])).toEqual([
    `/${other.address}/api/system_stats`,
    `/${other.address}/ws`,
  ]);
});

test("a query in the address goes along with every request and the WebSocket, and is part of nobody's name", async () => {
  await using named = await comfy();
  const said: string[] = [];
  await using server = new Connection({ host: `${named.url}/?token=s3%2Bcret`, trace: (line) => void said.push(line) });
  await server.handshake();
  await server.queue();
  await (await server.view({ node: '1', filename: 'a.png', subfolder: '', type: 'output' }, 0)).body.dump();
  await server.socket(false).ready(5000);
  expect(named.seen).toHaveLength(4);
  for (const { path } of named.seen)
    expect(new URL(path, 'http://x').searchParams.getAll('token'), path).toEqual(['s3+cret']);
  expect(server.server).toBe(named.url);
  expect(said.join('\n')).not.toContain('cret');
});

test('a server at ::1 is reached', async () => {
  await using named = await comfy(undefined, { host: '::1' });
  await using server = new Connection({ host: `[::1]:${named.port}` });
  expect(await server.handshake()).toMatchObject({ version: '0.33.0' });
  expect(await server.socket(false).ready(5000)).toBe(true);
});
