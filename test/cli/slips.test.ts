// What people write by habit of other programs, and what they are told.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
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
  [['-a cat'], /"-a cat" starts with - and is no option\nhint: a prompt that starts with - goes after --/],
  [['cat', '--config', 'c.toml'], /c\.toml: a config file is JSON or YAML, not toml/],
  [['cat', '-o', 'x.png', '--name', 'n'], /--name and --output x\.png both name the file/],
  [['upload', '.'], /\. is a folder, not a file/],
])('%j', async (args, said) => {
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'c.toml'), 'steps = 5');
  const { code, err } = await place.run(args);
  expect(code).toBe(2);
  expect(err).toMatch(said);
});

test('jpeg is jpg; --demo says that no model runs; config init keeps what was given', async () => {
  await using server = await startDemo({ stepMs: 2 });
  await using place = await Workplace.create();
  const jpeg = await place.run(['cat', '--format', 'jpeg', '--dry-run', '--host', server.url]);
  expect(jpeg.err).not.toContain('is not one of'); // without sharp it is refused for that
  const { code, err } = await place.run(['cat', '-s', '1', '--size', '64x64', '--demo']);
  expect(code, err).toBe(0);
  expect(err.match(/no model runs/g)).toHaveLength(1);
  const made = await place.run(['config', 'init', '--host', 'me:secret@box', '-s', '20', '--json']);
  expect(made.code, made.err).toBe(0);
  const file = JSON.parse(await readFile(join(place.folder, '.comfyrc.json'), 'utf8')) as unknown;
  expect(file).toMatchObject({ host: ['box'], steps: '20' });
});
