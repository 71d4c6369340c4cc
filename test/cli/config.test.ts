// Config files: which count, what they may hold, whom they may send secrets to.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pathLines, showLines } from '../../src/cli/output/settings.ts';
import { platformFolder } from '../../src/config/folders.ts';
import { loadLayers, type ConfigChoice } from '../../src/config/layers.ts';
import { shownSettings } from '../../src/config/show.ts';
import { ComfyGenError } from '../../src/errors.ts';
import { resolve } from '../../src/options/resolve.ts';
import { allOptions, everyOption } from '../../src/options/settings.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'comfy-gen-config-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function file(path: string, content: unknown): string {
  const full = join(home, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, typeof content === 'string' ? content : JSON.stringify(content));
  return full;
}

type Options = Partial<ConfigChoice> & { readonly env?: Record<string, string>; readonly cwd?: string };

function load({ env = {}, cwd = 'work', ...choice }: Options = {}): ReturnType<typeof loadLayers> {
  mkdirSync(join(home, cwd), { recursive: true });
  return loadLayers({ env, cwd: join(home, cwd), home, platform: 'linux' }, { flags: {}, ...choice });
}

async function settings(options?: Options) {
  return resolve(everyOption, (await load(options)).layers);
}

async function failure(options?: Options): Promise<string> {
  const error: unknown = await load(options).catch((thrown: unknown) => thrown);
  if (!(error instanceof ComfyGenError)) throw new Error('no failure', { cause: error });
  expect(error.code).toBe('usage');
  return `${error.reason}: ${error.message.replaceAll(home, '~')} (${error.hint ?? ''})`;
}

describe('which files count', () => {
  test('flags over environment over the nearest file over the own file over defaults', async () => {
    file('.config/comfy-gen/config.yaml', 'steps: 1\ncfg: 1\nwidth: 16\nsampler: own\n');
    file('.comfyrc', 'steps: 99\n');
    file('work/.comfyrc.json', { steps: 2, cfg: 2, width: 32 });
    const s = await settings({
      flags: { steps: '4' },
      env: { COMFY_GEN_STEPS: '3', COMFY_GEN_CFG: '3', COMFY_GEN_SAMPLER: '' },
    });
    expect([s.steps.value, s.cfg.value, s.width.value, s.sampler.value, s.retries.value]).toEqual([4, 3, 32, 'own', 5]);
    expect([s.steps, s.cfg, s.width, s.sampler, s.retries].map((v) => v.layer?.source)).toEqual([
      'flag',
      'env',
      'project',
      'user',
      undefined,
    ]);
  });

  test.each([
    ['.comfyrc', '{"steps": 7}'],
    ['.comfyrc', 'steps: 7'],
    ['.comfyrc.json', '\ufeff{"steps": 7}'],
    ['.comfyrc.yaml', 'steps: 7'],
    ['.comfyrc.yml', 'steps: 7'],
    ['package.json', '{"name": "x", "comfy": {"steps": 7}}'],
  ])('%s upwards of the working folder: %s', async (name, content) => {
    file(name, content);
    file('a/package.json', '{"name": "a"}');
    file('a/b/package.json', '{ broken "comfy"');
    file('a/b/.comfyrc', '');
    expect((await settings({ cwd: 'a/b/c' })).steps.value).toBe(7);
  });

  test('the search ends at the home folder', async () => {
    file('.comfyrc', { steps: 7 });
    mkdirSync(join(home, 'user/work'), { recursive: true });
    const around = { env: {}, cwd: join(home, 'user/work'), home: join(home, 'user'), platform: 'linux' };
    expect(resolve(everyOption, (await loadLayers(around, { flags: {} })).layers).steps.value).toBeUndefined();
  });

  test('--config stands for the nearest, --no-config for none', async () => {
    file('work/.comfyrc', { steps: 1 });
    file('.config/comfy-gen/config.json', { cfg: 2 });
    const other = file('other.json', { steps: 3, insecure: true });
    const named = await settings({ config: '~/other.json' });
    expect([named.steps.value, named.insecure.value, named.cfg.value]).toEqual([3, true, 2]);
    expect((await load({ config: other })).files.map((f) => f.source)).toEqual(['project', 'user']);
    const none = await settings({ config: false });
    expect([none.steps.value, none.cfg.value]).toEqual([undefined, undefined]);
    expect(await failure({ config: 'absent.json' })).toContain('bad_config: ~/work/absent.json: there is no such file');
  });

  test("the platform's config folder", () => {
    const folder = (platform: string, env: Record<string, string>, at = '/home/me'): string =>
      platformFolder('config', { platform, env, home: at });
    expect(folder('linux', {})).toBe('/home/me/.config/comfy-gen');
    expect(folder('linux', { XDG_CONFIG_HOME: '/x' })).toBe('/x/comfy-gen');
    expect(folder('linux', { XDG_CONFIG_HOME: 'relative' })).toBe('/home/me/.config/comfy-gen');
    expect(folder('darwin', {})).toBe('/home/me/Library/Preferences/comfy-gen');
    expect(folder('win32', { APPDATA: 'C:\\A' }, 'C:\\me')).toBe('C:\\A\\comfy-gen');
    expect(folder('win32', {}, 'C:\\me')).toBe('C:\\me\\AppData\\Roaming\\comfy-gen');
  });

  test('profiles rank with their file', async () => {
    file('work/.comfyrc', { steps: 1, cfg: 1, profiles: { fast: { steps: 2 } } });
    file('.config/comfy-gen/config.json', { width: 64, cfg: 9, profiles: { fast: { width: 32, cfg: 8 } } });
    const s = await settings({ profile: 'fast' });
    expect([s.steps.value, s.cfg.value, s.width.value]).toEqual([2, 1, 32]);
    expect(s.steps.layer?.label).toMatch(/\.comfyrc: profiles\.fast$/);
    expect(await failure({ profile: 'fats' })).toBe('unknown_profile: no profile "fats" (did you mean fast?)');
    expect(await failure({ profile: 'fast', config: false })).toBe(
      'unknown_profile: no profile "fast" (no config file has profiles)',
    );
  });

  test('environment: toggles both ways, lists as one value or a JSON array', async () => {
    const s = await settings({
      env: { COMFY_GEN_NO_JOURNAL: '1', COMFY_GEN_WAIT: 'false', COMFY_GEN_HOST: '["a","b"]', COMFY_GEN_LORA: 'x:2' },
    });
    expect([s.journal.value, s.wait.value, s.host.value]).toEqual([false, false, ['a', 'b']]);
    expect(s.lora.value).toHaveLength(1);
  });

  test('~ is the home folder in what names a path', async () => {
    file('work/.comfyrc', {
      output: '~/pictures',
      image: ['~/a.png', 'b~.png'],
      control: 'm:~/c.png:0.5',
      negative: '~/no',
    });
    const s = await settings();
    expect(s.output.value).toBe(join(home, 'pictures'));
    expect(s.image.value).toEqual([`${home}/a.png`, 'b~.png']);
    expect(s.control.value[0]?.image).toBe(`${home}/c.png`);
    expect(s.negative.value).toBe('~/no');
  });

  test.each(['{"seed": 18446744073709551615}', '{"seed": "18446744073709551615"}'])(
    'seeds keep their digits: %s',
    async (content) => {
      file('work/.comfyrc.json', content);
      expect((await settings()).seed.value).toBe(18446744073709551615n);
    },
  );
});

describe('what a file must not hold', () => {
  test.each<readonly [name: string, content: string, message: string]>([
    ['.comfyrc', 'stepz: 5', 'bad_config: ~/work/.comfyrc: unknown key "stepz" (did you mean "steps"?)'],
    ['.comfyrc', 'profiles: {fast: {stepz: 5}}', '~/work/.comfyrc: profiles.fast: unknown key "stepz"'],
    ['.comfyrc', 'prompt: a cat', 'unknown key "prompt"'],
    ['.comfyrc', 'steps: many', 'bad_option: ~/work/.comfyrc: steps: "many" is not a whole number from 1 to 10000'],
    ['.comfyrc', 'seed: 18446744073709551615', 'in quotes'],
    ['.comfyrc.json', '{"__proto__": {"steps": 5}}', 'unknown key "__proto__"'],
    ['.comfyrc', '__proto__: {steps: 5}', 'unknown key "__proto__"'],
    ['.comfyrc.json', '{\n  "steps": }', '.comfyrc.json:2:12: not JSON: value expected'],
    ['.comfyrc.json', '{\n  "steps": 7,\n}', '.comfyrc.json:3:1: not JSON: property name expected'],
    ['.comfyrc.json', '{"steps": 7', '.comfyrc.json:1:12: not JSON: close brace expected'],
    ['.comfyrc', '{\n  "host": }', '.comfyrc:2:11: not JSON: value expected'], // as YAML it would be null
    ['.comfyrc', '\n{steps: 7}', '.comfyrc:2:2: not JSON'],
    ['.comfyrc', 'steps: [', '.comfyrc:2:1: '],
    ['.comfyrc', '- a\n- b', 'not a set of settings'],
    ['.comfyrc', 'a: !!js/function "x"', '.comfyrc:1:21: unknown tag'],
    ['.comfyrc', 'profiles: 5', 'profiles is not a set'],
    ['.comfyrc', '$import: ../other.json', 'unknown key "$import"'],
    ['.comfyrc', `a: ${'x'.repeat(1024 * 1024)}`, 'larger than 1 MiB'],
  ])('%s with %.40s', async (name, content, message) => {
    file(`work/${name}`, content);
    expect(await failure()).toContain(message);
  });

  test('a bomb of aliases and a cycle are refused at once', async () => {
    const bomb = [
      'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]`),
    ];
    file('work/.comfyrc', bomb.join('\n'));
    expect(await failure()).toContain('too large');
    file('work/.comfyrc', 'lora: &a [*a]');
    expect(await failure()).toContain('too large');
  });

  test.each(['insecure', 'ca', 'proxy', 'tokenEnv', 'apiKeyEnv'])("a project's file that sets %s", async (key) => {
    file('work/.comfyrc', { [key]: key === 'insecure' ? false : 'x' });
    expect(await failure()).toContain(`bad_config: ~/work/.comfyrc: ${key} may not be set by a project's file`);
    file('work/.comfyrc', { profiles: { p: { [key]: key === 'insecure' ? true : 'x' } } });
    expect(await failure()).toContain(`profiles.p: ${key} may not be set`);
    file('work/.comfyrc', {});
    file('.config/comfy-gen/config.json', { [key]: key === 'insecure' ? true : 'x' });
    await expect(load()).resolves.toBeDefined();
  });

  test.each(['config.js', 'config.cjs', 'config.ts'])(
    'code is never run: .config/%s, .comfyrc.js, --config %s',
    async (name) => {
      const code = 'globalThis.ran = true; module.exports = {steps: 5};';
      for (const path of [`work/.config/${name}`, 'work/.comfyrc.js', 'work/comfy.config.js', `work/${name}`])
        file(path, code);
      file('work/.comfyrc', 'cfg: 5');
      const before = process.cwd();
      process.chdir(join(home, 'work')); // cosmiconfig's own search would run this folder's .config/config.js
      const s = await settings().finally(() => process.chdir(before));
      expect([s.cfg.value, s.steps.value]).toEqual([5, undefined]);
      expect(await failure({ config: name })).toContain('data, not code');
      expect(Object.hasOwn(globalThis, 'ran')).toBe(false);
    },
  );
});

test.each<readonly [project: object, rest: Options, trusted: boolean | undefined]>([
  [{}, {}, undefined],
  [{ host: 'box' }, {}, false],
  [{ host: ['http://127.0.0.1:9999'] }, {}, false],
  [{ port: 9999 }, {}, false],
  [{ host: '127.0.0.1', port: 8188 }, {}, true],
  [{ host: '127.0.0.1', port: 9999 }, {}, false],
  [{ host: ['127.0.0.1', 'box'] }, {}, false],
  [{ port: 9999 }, { env: { COMFY_GEN_HOST: 'box' } }, true],
  [{ host: 'box' }, { flags: { host: ['box'] } }, true],
  [{ profiles: { p: { host: 'box' } } }, { profile: 'p' }, false],
])('who names the server: %j %j', async (project, rest, trusted) => {
  file('work/.comfyrc', project);
  expect((await settings(rest)).host.layer?.trusted).toBe(trusted);
});

describe('config show, path', () => {
  test('shows each value and its origin, and no secret', async () => {
    file('work/.comfyrc', { cfg: 5, header: 'X-Key: hunter2' });
    const { layers, files } = await load({
      flags: { steps: '9' },
      env: {
        COMFY_GEN_HOST: 'https://me:hunter2@box/comfy',
        COMFY_GEN_PROXY: 'http://me:hunter2@proxy:1',
        COMFY_GEN_TIMEOUT: '90',
      },
    });
    const shown = shownSettings(allOptions, layers);
    const row = (key: string): unknown => shown.find((one) => one.key === key);
    expect(row('steps')).toEqual({ key: 'steps', value: 9, source: 'flag', from: '--steps' });
    expect(row('timeout')).toEqual({ key: 'timeout', value: '90s', source: 'env', from: 'COMFY_GEN_TIMEOUT' });
    expect(row('cfg')).toEqual({ key: 'cfg', value: 5, source: 'project', from: join(home, 'work/.comfyrc') });
    expect(row('retries')).toEqual({ key: 'retries', value: 5, source: 'default', from: null });
    expect(row('header')).toMatchObject({ value: ['X-Key: ***'] });
    expect(row('host')).toMatchObject({ value: ['https://***@box/comfy'] });
    const lines = showLines(shown, allOptions);
    expect(`${JSON.stringify(shown)}${lines.join('\n')}`).not.toContain('hunter2');
    expect(lines.find((line) => line.startsWith('width'))).toMatch(/^width +\(depends on the model\) +default$/);
    expect(pathLines(files)).toEqual([
      join(home, 'work/.comfyrc'),
      `${join(home, '.config/comfy-gen/config.json')} (not there)`,
    ]);
  });
});
