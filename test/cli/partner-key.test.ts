// The key of partner nodes: from a variable or the file's own body into the job's extra_data, and nowhere else.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { expect, test } from 'vitest';
import { ComfyUIClient } from '../../src/client.ts';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';

const key = 'comfyui-Pl4nted-key';
const graph = {
  '1': { class_type: 'EmptyImage', inputs: { width: 8, height: 8, batch_size: 1, color: 1 } },
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'a' } },
};

/** The demo server behind one that keeps the bodies of jobs, and with `refuses` says the key back. */
async function watched(
  demo: Demo,
  { refuses = false } = {},
): Promise<AsyncDisposable & { url: string; keys: unknown[] }> {
  const keys: unknown[] = [];
  const server = createServer((asked, answer) => {
    const chunks: Buffer[] = [];
    asked.on('data', (chunk: Buffer) => chunks.push(chunk));
    asked.on('end', () => {
      const body = Buffer.concat(chunks);
      if (asked.method === 'POST' && asked.url?.endsWith('/prompt') === true)
        keys.push(
          (JSON.parse(body.toString()) as { extra_data: Record<string, unknown> }).extra_data['api_key_comfy_org'],
        );
      if (refuses && asked.url?.endsWith('/prompt') === true) {
        const error = { type: 'bad_key', message: `no such key: ${String(keys.at(-1))}`, details: '', extra_info: {} };
        answer.writeHead(400).end(JSON.stringify({ error, node_errors: { 1: { errors: [error], class_type: 'x' } } }));
        return;
      }
      const { method, headers } = asked;
      const onward = forward(`${demo.url}${asked.url ?? ''}`, { method, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(answer);
      });
      onward.end(body);
    });
  });
  server.on('connection', (socket) => socket.on('error', () => undefined));
  server.on('upgrade', (asked, socket: Socket) => {
    const { method, headers } = asked;
    const onward = forward(`${demo.url}${asked.url ?? ''}`, { method, headers }).end();
    onward.on('upgrade', (answer, far: Socket, head) => {
      const lines = answer.rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`));
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
      far.unshift(head);
      pipeline(socket, far, socket, () => undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { url, keys, [Symbol.asyncDispose]: () => (server.closeAllConnections(), stop()) };
}

test('goes along with the job, from a variable, a named one, or the body of the file', async () => {
  await using demo = await startDemo({ stepMs: 2 });
  await using server = await watched(demo);
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'w.json'), JSON.stringify(graph));
  await writeFile(join(place.folder, 'b.json'), JSON.stringify({ prompt: graph, extra_data: { api_key_comfy_org: 'own-key' } })); // prettier-ignore
  const run = (file: string, env: Record<string, string>, ...more: string[]) =>
    place.run(['run', file, '--host', server.url, '-v', '--log-file', 'log', '--save-workflow', ...more], { env });
  const all = [
    await run('w.json', { COMFY_GEN_PARTNER_KEY: `${key}\n` }),
    await run('w.json', { MINE: key }, '--partner-key-env', 'MINE'),
    await run('b.json', {}),
    await run('b.json', { COMFY_GEN_PARTNER_KEY: key }),
    await run('w.json', {}),
  ];
  for (const { code, err } of all) expect(code, err).toBe(0);
  expect(server.keys).toEqual([key, key, 'own-key', key, undefined]);
  const unset = await run('w.json', {}, '--partner-key-env', 'UNSET');
  expect(unset.code).toBe(2);
  expect(unset.err).toContain('--partner-key-env: the variable UNSET is not set');
  expect(all.map(({ out, err }) => out + err).join('')).not.toContain('Pl4nted');
  for (const name of await readdir(place.folder, { recursive: true }))
    if (/\.(?:json|jsonl|png)$|log$/.test(name))
      expect(await readFile(join(place.folder, name), 'latin1'), name).not.toContain('Pl4nted');
});

test('does not go to a server that only a project names', async () => {
  await using demo = await startDemo({ stepMs: 2 });
  await using server = await watched(demo);
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'w.json'), JSON.stringify(graph));
  await writeFile(join(place.folder, '.comfyrc.json'), JSON.stringify({ host: server.url }));
  const { code, err } = await place.run(['run', 'w.json'], { env: { COMFY_GEN_PARTNER_KEY: key } });
  expect(code, err).toBe(0);
  expect(err).toMatch(/the partner key is not sent: only .*\.comfyrc\.json names this server/);
  expect(server.keys).toEqual([undefined]);
  await writeFile(join(place.folder, '.comfyrc.json'), JSON.stringify({ partnerKeyEnv: 'MINE' }));
  expect((await place.run(['run', 'w.json'], { env: { MINE: key } })).code).toBe(2);
});

const withKey = JSON.stringify({ prompt: graph, extra_data: { api_key_comfy_org: key, mine: 1 } });

test("a body's own key does not go there either", async () => {
  await using demo = await startDemo({ stepMs: 2 });
  await using server = await watched(demo);
  await using place = await Workplace.create({ 'b.json': withKey });
  await writeFile(join(place.folder, '.comfyrc.json'), JSON.stringify({ host: server.url }));
  await writeFile(join(place.folder, 'rows.jsonl'), JSON.stringify({ workflow: 'b.json' }));
  for (const args of [
    ['run', 'b.json'],
    ['batch', 'rows.jsonl'],
  ]) {
    const { code, err } = await place.run(args);
    expect(code, err).toBe(0);
    expect(err).toMatch(/the key in b\.json is not sent: only .*\.comfyrc\.json names this server/);
  }
  expect((await place.run(['run', 'b.json', '--host', server.url])).code).toBe(0);
  expect(server.keys).toEqual([undefined, undefined, key]);
});

test('a server that says the key back: nobody reads it there', async () => {
  await using demo = await startDemo({ stepMs: 2 });
  await using server = await watched(demo, { refuses: true });
  await using place = await Workplace.create({ 'b.json': withKey });
  const args = ['run', 'b.json', '--host', server.url, '-v', '--log-file', 'log'];
  for (const more of [[], ['--json'], ['--events']]) {
    const { code, out, err } = await place.run([...args, ...more]);
    expect(code, err).toBe(4);
    expect(err + out).toContain('no such key: ***');
    expect(err + out).not.toContain('Pl4nted');
  }
  for (const name of await readdir(place.folder, { recursive: true }))
    if (/\.jsonl$|log$/.test(name))
      expect(await readFile(join(place.folder, name), 'utf8'), name).not.toContain('Pl4nted');
  await using client = new ComfyUIClient(server.url);
  await expect(client.run(JSON.parse(withKey) as object)).rejects.toMatchObject({
    message: expect.stringContaining('no such key: ***') as string,
    node_errors: { 1: { errors: [{ message: 'no such key: ***' }] } },
  });
});

test('the library takes it as partnerKey', async () => {
  await using demo = await startDemo({ stepMs: 2 });
  await using server = await watched(demo);
  const client = new ComfyUIClient({ host: server.url, partnerKey: key });
  await (await client.submit(graph)).result();
  expect(server.keys).toEqual([key]);
  await client.close();
});
