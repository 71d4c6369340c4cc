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
  files: ['protocol'],
  options: ['text'],
  workflow: ['protocol', 'text'],
  convert: ['workflow', 'protocol', 'text'],
  recipes: ['workflow', 'protocol', 'text'],
  connection: ['protocol'],
  config: ['options', 'files', 'protocol', 'text'],
  demo: ['protocol', 'workflow', 'media'],
  jobs: ['protocol', 'workflow', 'connection', 'files', 'media'],
  plan: ['options', 'recipes', 'convert', 'workflow', 'protocol', 'media', 'connection', 'jobs', 'files', 'text'],
  batch: ['plan', 'jobs', 'connection', 'files', 'options', 'text', 'protocol', 'recipes'],
  catalog: ['plan', 'recipes', 'connection', 'protocol', 'text'],
  journal: ['jobs', 'connection', 'files', 'workflow', 'text'],
  doctor: ['plan', 'options', 'recipes', 'workflow', 'connection', 'jobs', 'files', 'media', 'protocol', 'text'],
  workers: ['batch', 'plan', 'jobs', 'connection', 'files', 'media', 'options', 'text', 'workflow', 'protocol'],
  gallery: ['plan', 'jobs', 'media', 'files', 'protocol', 'text', 'version.ts'],
  library: [
    'plan',
    'batch',
    'journal',
    'gallery',
    'jobs',
    'connection',
    'workflow',
    'options',
    'protocol',
    'files',
    'version.ts',
  ],
  mcp: ['options', 'protocol', 'text', 'files', 'media'],
  'typed-graph': ['workflow', 'protocol', 'recipes', 'text'],
  'client.ts': ['library', 'catalog', 'plan', 'jobs', 'connection', 'workflow', 'options', 'protocol'],
  'pool.ts': ['library', 'plan', 'batch', 'jobs', 'connection', 'options', 'protocol', 'files'],
  'metadata.ts': ['media', 'protocol', 'files'],
  'index.ts': ['client.ts', 'pool.ts', 'library', 'jobs', 'typed-graph', 'workflow', 'protocol'],
};

/** Package -> files or rooms that may load it. */
const doors: Readonly<Record<string, readonly string[]>> = {
  undici: ['connection'],
  'node:http': ['connection', 'demo', 'workers/health.ts'],
  'node:https': [],
  'node:net': ['connection', 'demo', 'workers/health.ts'],
  'node:tls': ['connection'],
  ws: ['connection', 'demo', 'doctor'],
  commander: ['cli'],
  cosmiconfig: ['config'],
  yaml: ['config'],
  'jsonc-parser': ['config'],
  ora: ['cli/output'],
  chalk: ['cli/output'],
  'cli-progress': ['cli/output'],
  'csv-parse': ['files'],
  sharp: ['media'],
  bullmq: ['workers'],
  ioredis: ['workers'],
  '@modelcontextprotocol': ['mcp'],
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
    if (allowed === undefined) return name.startsWith('node:') ? [] : [`${file}: no door for ${bare}`];
    return allowed.some((door) => file.startsWith(door)) ? [] : [`${file} loads ${bare}`];
  });
}

test('imports go the way of the house', () => {
  expect(files.flatMap(wrongWay)).toEqual([]);
});

test('no file imports itself by a detour, types included', () => {
  const targets = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => relative(root, resolve(root, dirname(file), name)).replaceAll('\\', '/')),
    ]),
  );
  const settled = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    else if (!settled.has(file)) {
      for (const target of targets.get(file) ?? []) walk(target, [...path, file]);
      settled.add(file);
    }
  };
  for (const file of files) walk(file, []);
  expect(circles).toEqual([]);
});

test('a room holds at most 25 files', () => {
  const sizes = new Map<string, number>();
  for (const file of files) sizes.set(dirname(file), (sizes.get(dirname(file)) ?? 0) + 1);
  expect([...sizes].filter(([, size]) => size > 25)).toEqual([]);
});

test('only the terminal prints, only bin and cli/process-terminal touch the process', () => {
  const offenders = files.filter((f) => {
    const code = (text.get(f) ?? '')
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      .replace(/'(?:[^'\\]|\\.)*'|`[^`]*`/g, '');
    if (/\bconsole\.|process\.exit\b/.test(code) && f !== 'cli/process-terminal.ts') return true;
    return /\bprocess\.(stdout|stderr|stdin|env|argv|cwd)\b/.test(code) && f !== 'cli/process-terminal.ts';
  });
  expect(offenders).toEqual([]);
});

test('a file has one subject: 300 lines at most, tables exempt', () => {
  const tables = /definitions\.ts/;
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
