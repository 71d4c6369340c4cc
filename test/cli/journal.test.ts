// The journal: who may read it, what it never holds, and that there is none when none is wanted.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { commandOptions } from '../../src/options/settings.ts';
import { Workplace } from '../helpers/cli.ts';

const small = ['--size', '64x64', '-s', '4', 'a lighthouse'];
const journalOf = (place: Workplace): string => join(place.folder, 'state/comfy-gen/journal.jsonl');

test("the journal is its owner's only and holds no secrets; --no-journal keeps none", async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const host = server.url.replace('http://', 'http://me:secret@');
  await place.run(['--no-journal', '--host', host, ...small]);
  await expect(stat(journalOf(place))).rejects.toThrow('ENOENT');
  await place.run(['--host', host, '--header', 'x-key: hidden', ...small], { env: { COMFY_GEN_TOKEN: 'token-token' } });
  expect((await stat(journalOf(place))).mode & 0o777).toBe(0o600);
  expect(await readFile(journalOf(place), 'utf8')).not.toMatch(/secret|hidden|token-token/);
});

test('--no-journal goes with every command', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  for (const words of [['free'], ['queue'], ['list', 'loras'], ['config', 'path'], ['log'], ['types']])
    expect(await place.run([...words, '--no-journal', ...(words[0] === 'log' ? [] : ['--host', server.url])]), words[0]).toMatchObject({ code: 0 }); // prettier-ignore
  for (const [command, table] of Object.entries(commandOptions))
    expect(Object.keys(table), command).toContain('journal');
});
