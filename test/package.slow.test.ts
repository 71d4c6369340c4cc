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
  const code = paths.filter((path) => /^(?:bin|bundle|dist|lib)\/.*\.c?[jt]s$/.test(path));
  const imported = code.flatMap((path) =>
    [...read(path).matchAll(/\b(?:(?:from|import|require)[ (]?|__dirname,)["'`](\.[^"'`]+\.c?[jt]s)["'`]/g)].map(
      ([, to = '']) => {
        const target = posix.join(posix.dirname(path), to);
        return path.endsWith('.d.ts') ? target.replace(/(?:\.d)?\.[jt]s$/, '.d.ts') : target;
      },
    ),
  );
  expect(imported.filter((path) => !paths.includes(path))).toEqual([]);
  expect(imported).toContain('bundle/start.cjs');
  expect(imported.filter((path) => /^bundle\/job-[\w-]+\.cjs$/.test(path))).not.toEqual([]);
  const wanted = new Set([...named, ...imported]);
  expect(code.filter((path) => !wanted.has(path))).toEqual([]);
});

test('the library has source maps: an error names the file and line of its source', () => {
  const program = `
    import { readMetadata } from ${JSON.stringify(new URL('../lib/metadata.js', import.meta.url).href)};
    await readMetadata(Uint8Array.of(1)).catch(({ stack }) => process.stdout.write(stack));`;
  const stack = execFileSync(process.execPath, ['--enable-source-maps', '--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  const [, path = '', line = '0'] = /\/(src\/[\w/-]+\.ts):(\d+):/.exec(stack.replaceAll('\\', '/')) ?? [];
  expect(read(path).split('\n')[Number(line) - 1]).toContain('new ComfyGenError(');
  expect(
    paths.filter((one) => /^lib\/.*\.js$/.test(one) && read(one).includes('//# sourceMappingURL')).length,
  ).toBeGreaterThan(5);
});
