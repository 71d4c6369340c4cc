// config init, set, unset, edit: what becomes of the files.
import { chmod, lstat, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { refused } from './refused.ts';

const read = (place: Workplace, name: string): Promise<string> => readFile(join(place.folder, name), 'utf8');

test('init writes what was given and nothing else, and never over another', async () => {
  await using place = await Workplace.create();
  const { code, out } = await place.run(['config', 'init', '-s', '20', '--host', 'http://me:pw@box', '--json']);
  expect([code, JSON.parse(out)]).toEqual([0, { path: join(place.folder, '.comfyrc.json') }]);
  const written = JSON.parse(await read(place, '.comfyrc.json')) as Record<string, unknown>;
  expect(written).toEqual({ $schema: expect.stringContaining('schema/comfyrc.json') as unknown, steps: '20', host: ['http://box'] }); // prettier-ignore
  expect((await place.run(['config', 'show', '--json'])).out).toContain('"key":"steps","value":20,"source":"project"');
  const again = await place.run(['config', 'init']);
  refused(again, 2);
  expect(again.err).toContain('is there already');
});

test("init --user makes the user's own file, readable by nobody else", async () => {
  await using place = await Workplace.create();
  const { code, out } = await place.run(['config', 'init', '--user', '--token-env', 'MY_TOKEN', '--steps', '4']);
  const path = join(place.folder, 'config/comfy-gen/config.json');
  expect([code, out]).toEqual([0, `${path}\n`]);
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ tokenEnv: 'MY_TOKEN', steps: '4' });
  if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  refused(await place.run(['config', 'init', '--user']), 2);
});

test('set keeps comments, order and indentation of YAML and JSON', async () => {
  const yaml = '# ours\nhost: box   # the big one\n\nsteps: 20\nprofiles:\n  fast:\n    steps: 4 # few\n';
  await using place = await Workplace.create({
    '.comfyrc': yaml,
    'json/.comfyrc.json': '{\n\t"cfg": 7,\n\t"lora": ["a.safetensors:1"]\n}',
    'manifest/package.json': '{\n    "name": "x",\n    "comfy": {"cfg": 7}\n}\n',
  });
  for (const words of [
    ['steps', '30'],
    ['batch-size', '2'],
    ['profiles.fast.cfg', '1.5'],
    ['negative', '2001-01-01'],
  ])
    expect((await place.run(['config', 'set', ...words])).code, words.join(' ')).toBe(0);
  expect(await read(place, '.comfyrc')).toBe(
    '# ours\nhost: box # the big one\n\nsteps: 30\nprofiles:\n  fast:\n    steps: 4 # few\n    cfg: 1.5\nbatchSize: 2\nnegative: "2001-01-01"\n',
  );
  const at = (path: string): string[] => ['config', 'set', '--config', path];
  expect((await place.run([...at('json/.comfyrc.json'), 'lora', 'a:1', 'b:0.5'])).code).toBe(0);
  expect(await read(place, 'json/.comfyrc.json')).toBe('{\n\t"cfg": 7,\n\t"lora": [\n\t\t"a:1",\n\t\t"b:0.5"\n\t]\n}'); // prettier-ignore
  expect((await place.run([...at('manifest/package.json'), 'timeout', '90'])).code).toBe(0);
  expect(JSON.parse(await read(place, 'manifest/package.json'))).toEqual({
    name: 'x',
    comfy: { cfg: 7, timeout: '90s' },
  });
  expect((await place.run(['config', 'set', 'cfg', '3', '--profile', 'new'])).code).toBe(0);
  expect((await place.run(['config', 'show', '--profile', 'new', '--json'])).out).toContain('"key":"cfg","value":3');
});

test('set refuses what the loader would refuse, and leaves the file alone', async () => {
  await using place = await Workplace.create({ '.comfyrc': 'steps: 5 # five\n' });
  const said = async (...words: string[]): Promise<string> => {
    const finished = await place.run(['config', 'set', ...words]);
    refused(finished, 2);
    return finished.err.replaceAll(place.folder, '~');
  };
  expect(await said('stepz', '5')).toContain('~/.comfyrc: unknown key "stepz"\nhint: did you mean "steps"?');
  expect(await said('steps', 'many')).toContain('~/.comfyrc: steps: "many" is not a whole number from 1 to 10000');
  expect(await said('profiles.p.format', 'gif')).toContain('~/.comfyrc: profiles.p: format: "gif" is not one of');
  expect(await said('insecure', 'true')).toContain("insecure may not be set by a project's file");
  expect(await said('prompt', 'a cat')).toContain('unknown key "prompt"');
  expect(await said('steps', '5', '6')).toContain('takes one value');
  expect(await said('steps')).toContain('needs a key and a value');
  expect(await read(place, '.comfyrc')).toBe('steps: 5 # five\n');
  expect((await place.run(['config', 'set', '--user', 'insecure', 'yes'])).code).toBe(0);
  expect(await read(place, 'config/comfy-gen/config.json')).toBe('{\n  "insecure": true\n}\n');
});

test('set makes a file where there is none; mode and links stay', async () => {
  await using place = await Workplace.create({ 'real/settings': 'steps: 5\n' });
  await mkdir(join(place.folder, 'linked'));
  await chmod(join(place.folder, 'real/settings'), 0o640);
  await symlink(join(place.folder, 'real/settings'), join(place.folder, 'linked/.comfyrc'));
  const linked = ['--config', join(place.folder, 'linked/.comfyrc')];
  expect((await place.run(['config', 'set', 'steps', '6', ...linked])).code).toBe(0);
  expect(await read(place, 'real/settings')).toBe('steps: 6\n');
  expect((await lstat(join(place.folder, 'linked/.comfyrc'))).isSymbolicLink()).toBe(true);
  if (process.platform !== 'win32') expect((await stat(join(place.folder, 'real/settings'))).mode & 0o777).toBe(0o640);
  const { err } = await place.run(['config', 'set', 'steps', '7']);
  expect(err).toBe(`steps is set in ${join(place.folder, '.comfyrc.json')}\n`);
  expect(await read(place, '.comfyrc.json')).toBe('{\n  "steps": 7\n}\n');
});

test('unset takes a key away, an unknown one too, and says when it was not there', async () => {
  await using place = await Workplace.create({ '.comfyrc': 'cfg: 5 # five\nstepz: 3\nprofiles: {fast: {steps: 4}}\n' });
  refused(await place.run(['config', 'show']), 2);
  expect((await place.run(['config', 'unset', 'stepz'])).code).toBe(0);
  expect((await place.run(['config', 'unset', 'profiles.fast.steps'])).code).toBe(0);
  expect(await read(place, '.comfyrc')).toBe('cfg: 5 # five\nprofiles: { fast: {} }\n');
  expect((await place.run(['config', 'unset', 'width'])).err).toContain('width is not set in');
});

test('edit opens the file in the editor, then says what the loader would', async () => {
  await using place = await Workplace.create({ '.comfyrc': 'stepz: 3\n' });
  const env = { EDITOR: `sed -i.old -e s/stepz/steps/` };
  expect((await place.run(['config', 'edit'], { env })).code).toBe(0);
  expect(await read(place, '.comfyrc')).toBe('steps: 3\n');
  const broken = await place.run(['config', 'edit'], { env: { VISUAL: 'sed -i.old -e s/3/many/', EDITOR: 'false' } });
  refused(broken, 2);
  expect(broken.err).toContain('"many" is not a whole number');
  refused(await place.run(['config', 'edit'], { env: { EDITOR: 'false' } }), 2);
  const without = await place.run(['config', 'edit']);
  refused(without, 2);
  expect(without.err).toContain('VISUAL or EDITOR');
});

test('show prints what is set, with --all the rest; path works on a broken file', async () => {
  await using place = await Workplace.create();
  const nothing = await place.run(['config', 'show']);
  expect([nothing.code, nothing.out]).toEqual([0, '']);
  expect(nothing.err).toContain('--all');
  const { out } = await place.run(['config'], { env: { COMFY_GEN_STEPS: '9' } });
  expect(out).toBe('steps  9  COMFY_GEN_STEPS\n');
  const all = await place.run(['config', 'show', '--all'], { env: { COMFY_GEN_STEPS: '9' } });
  expect(all.out).toMatch(/^retries +5 +default$/m);
  await using broken = await Workplace.create({ '.comfyrc': 'steps: [' });
  expect((await broken.run(['config', 'path'])).out).toContain(join(broken.folder, '.comfyrc\n'));
  refused(await broken.run(['config', 'paht']), 2);
});

test('a variable of ours that nothing reads: a warning with the nearest', async () => {
  await using place = await Workplace.create();
  const env = { COMFY_GEN_STEPZ: '4', COMFY_GEN_PROMPT: 'x', COMFY_GEN_OTHER_TOKEN: 's', COMFY_GEN_NO_JOURNAL: '1' };
  const { err, code } = await place.run(['config', 'show', '--token-env', 'COMFY_GEN_OTHER_TOKEN'], { env });
  expect(code).toBe(0);
  expect(err.split('\n').filter((line) => line.startsWith('warning'))).toEqual([
    'warning: COMFY_GEN_STEPZ is not a setting: did you mean COMFY_GEN_STEPS?',
    'warning: COMFY_GEN_PROMPT is not read: --prompt is only for the command line',
  ]);
  expect((await place.run(['config', 'show', '-q'], { env })).err).toBe('');
});
