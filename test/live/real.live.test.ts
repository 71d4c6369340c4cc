// `npm run test:live`: the same promises against a real ComfyUI with a v1-5-pruned-emaonly.ckpt, at COMFY_GEN_TEST_URL.
import { expect, test } from 'vitest';
import { Workplace } from '../helpers/cli.ts';

const url = process.env['COMFY_GEN_TEST_URL'] ?? '';
const live = test.skipIf(url === '');
const small = ['--host', url, '--size', '64x64', '-s', '3'];

async function idsInQueue(): Promise<string> {
  return JSON.stringify(await (await fetch(`${url}/queue`)).json());
}

live('text to image: a verified file, its path on standard output', async () => {
  await using place = await Workplace.create();
  const { code, out } = await place.run([...small, 'a lighthouse']);
  expect(code).toBe(0);
  expect(await place.files()).toEqual([out.trim().replace('images/', '')]);
});

live('the same again is served from the cache, and said so', async () => {
  await using place = await Workplace.create();
  const args = [...small, '--seed', '18446744073709551615', '--json', 'a lighthouse'];
  await place.run(args);
  const { code, out } = await place.run(args);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ ok: true, seed: '18446744073709551615' });
});

live('an unknown checkpoint is refused with the closest names', async () => {
  await using place = await Workplace.create();
  const { code, err } = await place.run([...small, '-c', 'v1-5-pruned-emaonlx.ckpt', 'x']);
  expect(code).toBe(4);
  expect(err).toContain('v1-5-pruned-emaonly.ckpt');
});

live('Ctrl-C in mid-run takes our job off the server', async () => {
  await using place = await Workplace.create();
  const { said, signal, done } = place.start(['--host', url, '--size', '256x256', '-s', '400', 'x']);
  await said(/running/);
  signal('SIGINT');
  const { code, err } = await done;
  expect(code).toBe(130);
  const id = /submitted (\S+)/.exec(err)?.[1] ?? 'none';
  expect(await idsInQueue()).not.toContain(id);
});

live('two clients at once: each gets its own file', async () => {
  await using place = await Workplace.create();
  const both = await Promise.all(['one', 'two'].map((name) => place.run([...small, '-o', name, name])));
  expect(both.map((r) => r.code)).toEqual([0, 0]);
  expect(await place.files('one')).toHaveLength(1);
  expect(await place.files('two')).toHaveLength(1);
});

live('image to image and inpaint, from the picture just made', async () => {
  await using place = await Workplace.create();
  await place.run([...small, '-o', 'in.png', 'x']);
  expect((await place.run(['--host', url, '-s', '3', '-i', 'in.png', '--denoise', '0.5', 'y'])).code).toBe(0);
  expect((await place.run(['--host', url, '-s', '3', '-i', 'in.png', '--mask', 'in.png', 'y'])).code).toBe(0);
});
