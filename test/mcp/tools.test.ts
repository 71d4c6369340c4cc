// Tools as command lines, where they may write, and the protocol over a terminal of memory.
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { insideFolder } from '../../src/mcp/output-folder.ts';
import { asFlags, jobOptions, tools } from '../../src/mcp/tools.ts';
import { commandOptions } from '../../src/options/settings.ts';
import { Workplace } from '../helpers/cli.ts';

test('arguments are flags, each in one word; lists, toggles, inputs to set', () => {
  const args = { negative: '--exec=rm', steps: 4, seed: '18446744073709551615', turbo: false, lora: ['a:1', 'b'] };
  expect(asFlags({ ...args, set: { '6.text': '-x', 'K.cfg': 2.5 }, strange: 1 }, jobOptions)).toEqual([
    '--negative=--exec=rm',
    '--steps=4',
    '--seed=18446744073709551615',
    '--no-turbo',
    '--lora=a:1',
    '--lora=b',
    '--set=6.text=-x',
    '--set=K.cfg=2.5',
  ]);
});

test('no tool names a server, a secret, a program or a folder of this machine', () => {
  const keys = tools.flatMap(({ inputSchema }) => Object.keys(inputSchema['properties'] as object));
  for (const key of ['host', 'header', 'tokenEnv', 'tokenFile', 'ca', 'logFile', 'exec', 'wildcards', 'config'])
    expect(keys).not.toContain(key);
  expect(Object.keys(jobOptions).filter((key) => !Object.hasOwn(commandOptions.generate, key))).toEqual([]);
});

test('files stay inside the output folder', async () => {
  await using place = await Workplace.create();
  const root = join(place.folder, 'out');
  await mkdir(join(root, 'real'), { recursive: true });
  await symlink(place.folder, join(root, 'escape'), 'junction');
  const good = {
    cats: 'cats',
    'a/b.png': join('a', 'b.png'),
    './x': 'x',
    'nul\u0000\u202e?': 'nul___',
    'real/y': 'real/y',
  };
  for (const [wanted, name] of Object.entries(good)) expect(await insideFolder(root, wanted)).toBe(join(root, name));
  expect(await insideFolder(root, undefined)).toBe(root);
  expect(await insideFolder(root, join(root, 'z.png'))).toBe(join(root, 'z.png'));
  for (const wanted of ['..', '../x', 'a/../../x', '/etc/x', place.folder, 'escape', 'escape/x', 'real\\..\\..\\x', 7])
    await expect(insideFolder(root, wanted), String(wanted)).rejects.toThrow(/output/);
});

test('the protocol, and nothing else, on standard output; it ends with standard input', async () => {
  await using place = await Workplace.create();
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
  const lines = [
    { jsonrpc: '2.0', id: 1, method: 'initialize', params },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 2, method: 'tools/list' },
  ];
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const { code, out, err } = await place.run(['mcp'], { input });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const answers = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number; result: object });
  expect(answers.map(({ id }) => id)).toEqual([1, 2]);
  expect(answers[1]?.result).toMatchObject({ tools: tools.map(({ name }) => ({ name })) });
  expect((await place.run(['mcp', '-o', '-'])).code).toBe(2);
});
