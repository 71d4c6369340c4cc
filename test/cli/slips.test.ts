// What people write by habit of other programs, and what they are told.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { ComfyUIPool } from '../../src/pool.ts';
import { Workplace } from '../helpers/cli.ts';

test.each([
  [['cat', '--model', 'x'], /did you mean --checkpoint\?/],
  [['cat', '--negative-prompt', 'x'], /did you mean --negative\?/],
  [['cat', '--num', '3'], /did you mean --count\?/],
  [['cat', '--token', 'abc'], /--token-env \(it takes the name of the variable/],
  [['cat', '--json=1'], /--json takes no value\nhint: write --json alone/],
  [['cat', '--no-color=1'], /--no-color takes no value/],
  [['cat', '--seed', '-1'], /hint: write random/],
  [['cat', '--size', '512'], /hint: a square is 512x512/],
  [['list', 'model'], /did you mean models\?/],
  [['-a cat'], /"-a cat" starts with - and is not an option\nhint: a prompt that starts with - goes after --/],
  [['cat', '--config', 'c.toml'], /c\.toml: a config file is JSON or YAML, not toml/],
  [['cat', '--config', 'gone.json'], /gone\.json: there is no such file\nhint: check --config/],
  [['quue'], /hint: did you mean `comfy-gen queue`\? As a prompt: comfy-gen -p "quue"\n/],
  [['version'], /hint: perhaps: comfy-gen --version; as a prompt: comfy-gen -p "version"\n/],
  [['cat', '-o', 'x.png', '--name', 'n'], /--name and --output x\.png both name the file/],
  [['cat', '-o', '-', '--name', 'n'], /--name and --output - both name the file/],
  [['cat', '-n'], /error: --negative needs a value\nhint: -n, --negative <text>: negative prompt/],
  [
    ['cat', '--host', '--size', '64x64'],
    /error: --host needs a value, and --size is an option\nhint: if it is meant as the value: --host=--size\n/,
  ],
  [['cat', '--smoke'], /--smoke is not an option of `generate`\nhint: leave it out; it is for `doctor`/],
  [['run', 'none.json'], /error: cannot read none\.json: no such file\n$/],
  [['cat', '--ca', 'none.pem'], /error: cannot read --ca none\.pem: no such file\n/],
  [['cat', '--control', 'cany@a.png'], /hint: did you mean canny@a\.png\?/],
  [['batch'], /error: `batch` needs a file .*\nhint: comfy-gen batch prompts\.txt/],
  [['upload', '.'], /\. is a folder, not a file/],
])('%j', async (args, said) => {
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'c.toml'), 'steps = 5');
  const { code, err } = await place.run(args);
  expect(code).toBe(2);
  expect(err).toMatch(said);
});

test("a slip of a command's name with a file that is not there is drawn, with a warning", async () => {
  await using server = await startDemo({ stepMs: 2 });
  await using place = await Workplace.create();
  const at = ['--host', server.url, '-s', '1', '--size', '64x64', '--dry-run'];
  const { code, err } = await place.run(['bacth', 'x.txt', ...at]);
  expect(code).toBe(0);
  expect(err).toContain('warning: "bacth x.txt" is drawn as a prompt: for `comfy-gen batch` there is no file x.txt\n');
  for (const words of [
    ['bacth', 'bread'],
    ['green', 'x.txt'],
  ])
    expect((await place.run([...words, ...at])).err).not.toContain('warning');
});

test('jpeg is jpg; --demo says that no model runs; config init keeps what was given', async () => {
  await using server = await startDemo({ stepMs: 2 });
  await using place = await Workplace.create();
  const jpeg = await place.run(['cat', '--format', 'jpeg', '--dry-run', '--host', server.url]);
  expect(jpeg.err).not.toContain('is not one of'); // without sharp it is refused for that
  const { code, err } = await place.run(['cat', '-s', '1', '--size', '64x64', '--demo']);
  expect(code, err).toBe(0);
  expect(err.match(/runs no model/g)).toHaveLength(1);
  const made = await place.run(['config', 'init', '--host', 'me:secret@box', '-s', '20', '--json']);
  expect(made.code, made.err).toBe(0);
  const file = JSON.parse(await readFile(join(place.folder, '.comfyrc.json'), 'utf8')) as unknown;
  expect(file).toMatchObject({ host: ['box'], steps: '20' });
});

test("a row's own name beside an output that is one file is refused before anything is sent", async () => {
  await using server = await startDemo({ stepMs: 2 });
  await using place = await Workplace.create({
    'rows.jsonl': '{"prompt":"a"}\n{"prompt":"b","name":"own"}\n',
  });
  for (const output of ['x.png', '-']) {
    const { code, err } = await place.run(['batch', 'rows.jsonl', '-o', output, '--host', server.url]);
    expect(code, err).toBe(2);
    expect(err).toContain(`rows.jsonl:2: --name and --output ${output} both name the file`);
  }
  const pool = new ComfyUIPool([server.url]);
  const events = pool.batch([{ prompt: 'a', name: 'own' }], { output: join(place.folder, 'x.png') });
  await expect(events.next()).rejects.toMatchObject({ message: expect.stringContaining('name and output') as string });
  await pool.close();
  expect(server.log.filter(({ method }) => method === 'POST')).toEqual([]);
});
