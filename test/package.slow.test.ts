// The package as npm packs it: what is in it, and that it stays small.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
type Packed = { readonly size: number; readonly files: readonly { readonly path: string }[] };

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const printed = execFileSync(npm, ['pack', '--dry-run', '--ignore-scripts', '--json'], {
  cwd: root,
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
const [{ size, files } = { size: 0, files: [] }] = JSON.parse(printed) as readonly Packed[];
const paths = files.map(({ path }) => path);

test('packed it is at most 1 MB', () => {
  expect(size).toBeGreaterThan(100_000);
  expect(size).toBeLessThanOrEqual(1_000_000);
});

const { bin, exports } = JSON.parse(read('package.json')) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
};
const named = [bin, ...Object.values(exports)]
  .flatMap((one) => (typeof one === 'string' ? one : Object.values(one)))
  .map((path) => posix.normalize(path));

test('what its manifest names is in it', () => {
  expect(named).toContain('lib/index.js');
  expect(named.filter((path) => !paths.includes(path))).toEqual([]);
});

test('what a file of it imports is in it, and there is no code that nothing imports', () => {
  const code = paths.filter((path) => /^(?:bin|bundle|dist|lib)\/.*\.[jt]s$/.test(path));
  const imported = code.flatMap((path) =>
    [...read(path).matchAll(/\b(?:from|import)[ (]?["'](\.[^"']+\.c?[jt]s)["']/g)].map(([, to = '']) => {
      const target = posix.join(posix.dirname(path), to);
      return path.endsWith('.d.ts') ? target.replace(/(?:\.d)?\.[jt]s$/, '.d.ts') : target;
    }),
  );
  expect(imported.filter((path) => !paths.includes(path))).toEqual([]);
  expect(imported).toContain('bundle/start.cjs');
  expect(paths.filter((path) => /^bundle\/app-\w+\.cjs$/.test(path))).toHaveLength(1);
  const wanted = new Set([...named, ...imported]);
  expect(code.filter((path) => !wanted.has(path))).toEqual([]);
});
