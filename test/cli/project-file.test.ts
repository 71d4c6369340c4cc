// A project's settings come from others: nothing of the user's goes where only they say, and no code of theirs is run.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { refused } from './refused.ts';

const small = ['--size', '64x64', '-s', '1'];

test("a project's file that names a server: the user's secrets do not go there, and it is said", async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ '.comfyrc': `host: ${demo.url}` });
  const env = { COMFY_GEN_TOKEN: 'of-the-user', COMFY_GEN_HEADER: 'X-User: of-the-user', HOME: '/nowhere' };
  for (const args of [[...small, 'x'], ['queue'], ['list', 'checkpoints'], ['doctor'], ['upload', '.comfyrc']]) {
    const { err, out } = await place.run(args, { env });
    expect(`${err}${out}`, args.join(' ')).toMatch(/is not sent: only .*\.comfyrc names this server/);
  }
  expect(demo.log.length).toBeGreaterThan(8);
  expect(demo.log.filter(({ headers }) => JSON.stringify(headers).includes('of-the-user'))).toEqual([]);
});

test.each([
  ['insecure: true', 'insecure'],
  ['proxy: http://127.0.0.1:9', 'proxy'],
  ['ca: ca.pem', 'ca'],
  ['tokenEnv: HOME', 'tokenEnv'],
  ['apiKeyEnv: HOME', 'apiKeyEnv'],
  ['profiles: {default: {insecure: true}}', 'insecure'],
])("a project's file with %s: refused, nothing is sent", async (content, key) => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ '.comfyrc': content });
  const finished = await place.run(['--host', demo.url, ...small, 'x'], { env: { HOME: '/nowhere' } });
  refused(finished, 2);
  expect(finished.err).toContain(key);
  expect(demo.log).toEqual([]);
});

test('code beside a config file is never run', async () => {
  const code = "require('fs').writeFileSync('ran', ''); module.exports = {steps: 3};";
  const names = [
    '.comfyrc.js',
    '.comfyrc.cjs',
    '.comfyrc.ts',
    'comfy.config.js',
    '.config/config.js',
    '.config/comfyrc.js',
  ];
  await using place = await Workplace.create(Object.fromEntries(names.map((name) => [name, code])));
  expect((await place.run(['config', 'show'], { env: { HOME: '/nowhere' } })).code).toBe(0);
  await expect(access(join(place.folder, 'ran'))).rejects.toThrow();
});
