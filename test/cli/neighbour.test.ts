// A good neighbour: memory is freed, commands of the user's own run beside the jobs, files are checked without a job.
import { expect } from 'vitest';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const small = ['--size', '64x64', '-s', '2'];
const node = JSON.stringify(process.execPath);
const freed = (demo: Demo): number => demo.log.filter(({ path }) => path.endsWith('/free')).length;

test('free asks the server once; --free-after does so after the last job', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const { code, out } = await place.run(['free', '--host', demo.url, '--json']);
  expect([code, jsonLines(out), freed(demo)]).toEqual([0, [{ server: demo.url, freed: true }], 1]);
  await place.run(['-p', 'a', '-p', 'b', '--host', demo.url, ...small, '--free-after', '-q']);
  expect(freed(demo)).toBe(2);
  expect((await place.run(['a', '--host', demo.url, '--no-wait', '--free-after'])).code).toBe(2);
});

test('--exec runs once a file, with its path as the last word, whatever is in it; no shell reads it', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ 'show.mjs': 'console.log(JSON.stringify(process.argv.slice(2)));' });
  const exec = `${node} show.mjs "two words" $HOME`;
  const at = ['a', '--host', demo.url, ...small, '-o', 'a $(b); c.png'];
  const { code, out, err } = await place.run([...at, '--exec', exec]);
  expect([code, out]).toEqual([0, 'a $(b); c.png\n']);
  expect(err).toContain('["two words","$HOME","a $(b); c.png"]');
  const failed = await place.run([...at, '--exec', `${node} absent.mjs`]);
  expect([failed.code, failed.out]).toEqual([6, 'a $(b); c-2.png\n']);
  expect((await place.run([...at, '--exec', 'say "unfinished'])).code).toBe(2);
});

test('batch --on-start and --on-end; nothing is sent when the first fails', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ 'rows.txt': 'a\n', 'show.mjs': "console.log('ran', process.argv[2]);" });
  const at = ['batch', 'rows.txt', '--host', demo.url, ...small];
  const { code, err } = await place.run([
    ...at,
    '--on-start',
    `${node} show.mjs before`,
    '--on-end',
    `${node} show.mjs`,
  ]);
  expect([code, /ran before[\s\S]*ran 0/.test(err)]).toEqual([0, true]);
  const posts = demo.log.filter(({ method }) => method === 'POST').length;
  expect((await place.run([...at, '--on-start', `${node} absent.mjs`])).code).toBe(2);
  expect(demo.log.filter(({ method }) => method === 'POST')).toHaveLength(posts);
});

test('check: a line a problem, with its file, node and field; 2 for what is no workflow', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ 'none.json': '{"a": 1' });
  const graph = await place.run(['x', '--host', demo.url, ...small, '--dry-run', '--recipe', 'sd15']);
  const { writeFile } = await import('node:fs/promises');
  const write = (name: string, text: string): Promise<void> => writeFile(`${place.folder}/${name}`, text);
  await write('good.json', graph.out);
  await write('bad.json', graph.out.replace('"steps": 2', '"steps": 0').replace('"SaveImage"', '"SaveImages"'));
  const check = (...args: string[]): ReturnType<Workplace['run']> => place.run(['check', ...args, '--host', demo.url]);
  expect(await check('good.json')).toMatchObject({ code: 0, out: '' });
  const bad = await check('good.json', 'bad.json');
  expect([bad.code, bad.out.split('\n')[0]]).toEqual([4, expect.stringMatching(/^bad\.json:\d+:: .*SaveImages/)]);
  expect((await check('none.json', 'bad.json')).code).toBe(2);
  const json = await check('bad.json', '--json');
  expect(jsonLines(json.out)[0]).toMatchObject({ file: 'bad.json', field: '', message: expect.any(String) as string });
});
