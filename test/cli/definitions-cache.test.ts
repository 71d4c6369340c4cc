// Node definitions between runs: kept by the server's version, a class at a time, and never trusted against the server.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';

const checkpoints = ['sd_xl_base_1.0.safetensors'];
const job = ['-v', '--size', '64x64', '-s', '1', 'a lighthouse'];

/** How often the run asked for them. */
const asked = (err: string): number => err.match(/GET \S+\/object_info /g)?.length ?? 0;

async function keptFile(place: Workplace): Promise<string> {
  const folder = join(place.folder, 'cache', 'comfy-gen');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.txt'));
  expect(names).toHaveLength(1);
  return join(folder, names[0] ?? '');
}

test('the second run asks for no definitions; those that were damaged are asked for again', async () => {
  await using demo = await startDemo({ stepMs: 0, loadMs: 0, models: { checkpoints } });
  await using place = await Workplace.create();
  const run = async (): Promise<number> => {
    const { code, err } = await place.run(['--host', demo.url, ...job]);
    expect([code, err]).toEqual([0, expect.stringContaining('done: 1 file')]);
    return asked(err);
  };
  expect([await run(), await run()]).toEqual([1, 0]);

  const file = await keptFile(place);
  const whole = await readFile(file, 'utf8');
  expect(whole.split('\n')).toContainEqual(expect.stringMatching(/^"KSampler": ?\{/));
  for (const damaged of [whole.replaceAll('{', '['), '']) {
    await writeFile(file, damaged);
    expect(await run()).toBe(1);
    expect(await readFile(file, 'utf8')).toBe(whole);
  }
});

test('a model that came since is found: what kept definitions refuse is asked of the server', async () => {
  await using place = await Workplace.create();
  await using before = await startDemo({ stepMs: 0, loadMs: 0, models: { checkpoints } });
  const port = new URL(before.url).port;
  expect((await place.run(['--host', before.url, ...job])).code).toBe(0);
  await before.stop();
  const newer = [...checkpoints, 'dreamshaper_xl.safetensors'];
  await using after = await startDemo({ port: Number(port), stepMs: 0, loadMs: 0, models: { checkpoints: newer } });
  const { code, err } = await place.run(['--host', after.url, '--checkpoint', 'dreamshaper_xl', ...job]);
  expect([code, asked(err)]).toEqual([0, 1]);
});
