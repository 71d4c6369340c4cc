// The house rules as a test: who may import whom, one door per package, no printing below the terminal, file sizes, every reason used.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { reasons } from '../src/errors.ts';

const root = fileURLToPath(new URL('../src', import.meta.url));
const files = readdirSync(root, { recursive: true })
  .map(String)
  .filter((f) => f.endsWith('.ts'))
  .map((f) => f.replaceAll('\\', '/'));
const text = new Map(files.map((f) => [f, readFileSync(join(root, f), 'utf8')]));

/** Room -> rooms it may import, besides errors.ts and itself. `cli` may import everything. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  text: [],
  media: [],
  files: [],
  options: ['text'],
  workflow: ['protocol', 'text'],
  convert: ['workflow', 'protocol', 'text'],
  recipes: ['workflow', 'protocol', 'text'],
  connection: ['protocol'],
  demo: ['protocol', 'workflow', 'media'],
  jobs: ['protocol', 'workflow', 'connection', 'files', 'media'],
  batch: ['options', 'workflow', 'recipes', 'connection', 'jobs', 'files', 'protocol', 'text'],
  doctor: ['recipes', 'workflow', 'connection', 'jobs', 'files', 'media', 'protocol', 'text'],
  'comfyui-client.ts': ['recipes', 'workflow', 'connection', 'jobs', 'options', 'files', 'protocol'],
  'index.ts': ['comfyui-client.ts', 'jobs', 'workflow'],
};

/** Package -> files or rooms that may load it. */
const doors: Readonly<Record<string, readonly string[]>> = {
  undici: ['connection'],
  ws: ['connection', 'demo', 'doctor'],
  commander: ['cli'],
  cosmiconfig: ['cli/config.ts'],
  ora: ['cli/render'],
  chalk: ['cli/render'],
  'cli-progress': ['cli/render'],
  'csv-parse': ['files'],
  sharp: ['media'],
};

const roomOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : file);
const importsOf = (file: string): string[] =>
  [...(text.get(file) ?? '').matchAll(/(?:\bfrom |import\()'([^'\s]+)'/g)].map((m) => m[1] ?? '');
/** Problem texts of files that import the wrong way. */
function wrongWay(file: string): string[] {
  const room = roomOf(file);
  return importsOf(file).flatMap((name) => {
    if (name.startsWith('.')) {
      const target = roomOf(relative(root, resolve(root, dirname(file), name)).replaceAll('\\', '/'));
      const fine =
        room === 'cli' || target === room || target === 'errors.ts' || (mayImport[room] ?? []).includes(target);
      return fine ? [] : [`${file} imports ${target}`];
    }
    const bare = name.split('/')[0] ?? '';
    const allowed = Object.hasOwn(doors, bare) ? doors[bare] : undefined;
    if (name.startsWith('node:') || allowed === undefined)
      return name.startsWith('node:') ? [] : [`${file}: no door for ${bare}`];
    return allowed.some((door) => file.startsWith(door)) ? [] : [`${file} loads ${bare}`];
  });
}

test('imports go the way of the house', () => {
  expect(files.flatMap(wrongWay)).toEqual([]);
});

test('only the terminal prints, only bin and cli/process touch the process', () => {
  const offenders = files.filter((f) => {
    const code = (text.get(f) ?? '')
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      .replace(/'(?:[^'\\]|\\.)*'|`[^`]*`/g, '');
    if (/\bconsole\.|process\.exit\b/.test(code) && f !== 'cli/process.ts') return true;
    return /\bprocess\.(stdout|stderr|stdin|env|argv|cwd)\b/.test(code) && f !== 'cli/process.ts';
  });
  expect(offenders).toEqual([]);
});

test('a file has one subject: 300 lines at most, tables exempt', () => {
  const tables = /definitions\.ts|settings\.ts/;
  const long = files.filter((f) => !tables.test(f) && (text.get(f) ?? '').split('\n').length > 301);
  expect(long).toEqual([]);
});

test('every file says in its first line what it is', () => {
  expect(files.filter((f) => !(text.get(f) ?? '').startsWith('// '))).toEqual([]);
});

test('every reason is thrown somewhere', () => {
  const all = files
    .filter((f) => f !== 'errors.ts')
    .map((f) => text.get(f) ?? '')
    .join('\n');
  expect(Object.keys(reasons).filter((reason) => !all.includes(`'${reason}'`) && reason !== 'internal')).toEqual([]);
});

test('nothing is left for later', () => {
  expect(files.filter((f) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text.get(f) ?? ''))).toEqual([]);
});
