// `comfy-gen mcp` as a process, asked by the official client.
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema, type CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { withoutPackage } from '../helpers/without-package.ts';

const command = new URL('../../bin/comfy-gen.js', import.meta.url).pathname;

/** A client over a process of its own; `args` follow `comfy-gen mcp`. */
async function open(place: Workplace, args: readonly string[]): Promise<Client & AsyncDisposable> {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [command, 'mcp', ...args],
    cwd: place.folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: place.folder,
      XDG_STATE_HOME: place.folder,
      XDG_CACHE_HOME: place.folder,
    },
    stderr: 'pipe',
  });
  await client.connect(transport);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

const small = { width: 64, height: 64, steps: 3, seed: '18446744073709551615' };
type Answer = CallToolResult & { readonly structuredContent: Record<string, unknown> };
const ask = async (client: Client, name: string, args: object = {}): Promise<Answer> =>
  (await client.callTool({ name, arguments: { ...args } })) as Answer; // the client checked it

test('generate: typed result, the picture, its path, progress that rises', async () => {
  await using demo = await startDemo({ stepMs: 5 });
  await using place = await Workplace.create();
  await using client = await open(place, ['--host', demo.url, '-o', 'out', '--steps', '4']);
  const shares: number[] = [];
  const call = { name: 'generate', arguments: { prompt: 'a lighthouse', ...small, steps: undefined } };
  const answer = (await client.callTool(call, CallToolResultSchema, {
    onprogress: ({ progress }) => void shares.push(progress),
  })) as Answer;
  expect(answer.isError).toBe(false);
  expect(answer.structuredContent).toMatchObject({ ok: true, seed: small.seed, steps: 4, prompt: 'a lighthouse' });
  const [file] = answer.structuredContent['files'] as { path: string }[];
  expect(file?.path.startsWith(join(place.folder, 'out'))).toBe(true);
  expect(answer.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining(file?.path ?? '?') as string });
  const image = answer.content.find(({ type }) => type === 'image') as { data: string };
  expect(Buffer.from(image.data, 'base64').length).toBeGreaterThan(100);
  expect(shares.length).toBeGreaterThan(1);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));

  const again = await ask(client, 'run', { workflow: file?.path, seed: 5, set: { 'KSampler.steps': 2 } });
  expect(again.structuredContent).toMatchObject({ ok: true, seed: '5' });
  const found = await ask(client, 'inspect', { file: file?.path });
  expect(found.structuredContent).toMatchObject({ ok: true, found: [{ prompt: 'a lighthouse', steps: 4 }] });
  const status = await ask(client, 'status', { prompt_id: again.structuredContent['prompt_id'] });
  expect(status.structuredContent['jobs']).toHaveLength(1);
});

test('the other tools answer; what is wrong is told, in the result', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ 'notes.txt': 'x' });
  await using client = await open(place, ['--host', demo.url]);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['generate', 'run', 'status', 'cancel', 'list', 'inspect', 'doctor']);
  const list = await ask(client, 'list', { kind: 'samplers', filter: 'EULER_anc' });
  expect(list.structuredContent['items']).toEqual([{ name: 'euler_ancestral' }, { name: 'euler_ancestral_cfg_pp' }]);
  expect((await ask(client, 'doctor')).structuredContent['checks']).not.toHaveLength(0);
  for (const [name, args, message] of [
    ['generate', {}, /prompt/],
    ['generate', { prompt: 'x', sampler: 'oiler' }, /oiler/],
    ['generate', { prompt: 'x', stepz: 4 }, /stepz.*\n?.*steps/s],
    ['generate', { prompt: 'x', steps: 'many' }, /many/],
    ['generate', { prompt: 'x', output: '../elsewhere' }, /outside of the output folder/],
    ['generate', { prompt: 'x', output: '/etc' }, /outside of the output folder/],
    ['list', { kind: 'colours' }, /colours/],
    ['cancel', { prompt_id: 'none' }, /none/],
    ['cancel', { prompt_id: '--all' }, /--all/],
    ['inspect', { file: 'notes.txt' }, /notes\.txt/],
    ['fly', {}, /no tool/],
  ] as const) {
    const answer = await ask(client, name, args);
    expect(answer.isError, name).toBe(true);
    expect((answer.content[0] as { text: string }).text).toMatch(message);
  }
});

test('a cancelled request cancels its job; the end of standard input cancels all and ends the process', async () => {
  await using demo = await startDemo({ stepMs: 100 });
  await using place = await Workplace.create();
  const client = await open(place, ['--host', demo.url]);
  const stop = new AbortController();
  const long = { name: 'generate', arguments: { prompt: 'x', ...small, steps: 10_000 } };
  const call = client.callTool(long, CallToolResultSchema, {
    signal: stop.signal,
    onprogress: () => stop.abort('enough'),
  });
  await expect(call).rejects.toThrow(/enough/);
  const idle = async (): Promise<boolean> => {
    const { queue_running, queue_pending } = (await (await fetch(`${demo.url}/queue`)).json()) as Record<
      string,
      unknown[]
    >;
    return [queue_running, queue_pending].every((jobs) => jobs?.length === 0);
  };
  await expect.poll(idle, { timeout: 20_000 }).toBe(true);
  let other: Promise<unknown> = Promise.resolve();
  await new Promise<void>((began) => {
    other = client.callTool(long, CallToolResultSchema, { onprogress: () => began() }).catch(() => undefined);
  });
  await client.close(); // closes standard input and waits for the process
  await other;
  await expect.poll(idle, { timeout: 20_000 }).toBe(true);
});

test('without the package one sentence says what to type', async () => {
  await using place = await Workplace.create();
  const options = await withoutPackage(place.folder, '@modelcontextprotocol/');
  const { code, out, err } = await place.spawn(['mcp'], { env: { NODE_OPTIONS: options } });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('npm install @modelcontextprotocol/sdk');
  expect(err.trim().split('\n')).toHaveLength(2);
});

test('nothing but the protocol is on standard output, and the end of standard input is the end, without an error', async () => {
  await using place = await Workplace.create();
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
  const lines = [
    { jsonrpc: '2.0', id: 1, method: 'initialize', params },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'generate', arguments: { prompt: 'x', ...small } } },
  ];
  const { child, said, done } = place.start(['mcp', '--demo', '--verbose'], { input: null });
  for (const line of lines) child.stdin?.write(`${JSON.stringify(line)}\n`);
  await said(/"id":2/);
  child.stdin?.end();
  const { code, out, err } = await done;
  expect(code).toBe(0);
  const messages = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { jsonrpc: string; id: number });
  expect(messages.map(({ jsonrpc, id }) => [jsonrpc, id])).toEqual([
    ['2.0', 1],
    ['2.0', 2],
  ]);
  expect(err).toContain('demo');
});
