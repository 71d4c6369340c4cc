// What the package declares: types that name nothing of undici, ws or the command line, and reach no file that does.
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, expectTypeOf, test } from 'vitest';
import { ComfyUIClient, ComfyUIPool, type Job, type JobEvent, type JobOutcome, type Output } from '../../src/index.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** Every declaration file that an entry of the package reaches, and the packages that they name. */
function reached(entry: string): { readonly files: readonly string[]; readonly packages: readonly string[] } {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"]([^'"]+)['"]/g)) {
      if (name.startsWith('.')) walk(resolve(dirname(file), name.replace(/\.(?:ts|js)$/, '.d.ts')));
      else packages.add(name);
    }
  };
  walk(resolve(dist, entry));
  return { files: [...seen].map((file) => relative(dist, file).replaceAll('\\', '/')), packages: [...packages] };
}

test.each(['index.d.ts', 'convert/convert.d.ts', 'metadata.d.ts'])('%s names no package and no terminal', (entry) => {
  const { files, packages } = reached(entry);
  expect(packages).toEqual([]);
  expect(files.filter((file) => /^(?:cli|connection|demo|config)\//.test(file))).toEqual([]);
});

test('demo/demo.d.ts names what Node itself has, and no more', () => {
  const { files, packages } = reached('demo/demo.d.ts');
  expect(packages.filter((name) => !name.startsWith('node:'))).toEqual([]);
  expect(files.filter((file) => /^(?:cli|connection|config)\//.test(file))).toEqual([]);
});

test('the code of the library loads nothing of the command line', () => {
  const seen = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g))
      walk(resolve(dirname(file), name));
  };
  walk(resolve(dist, 'index.js'));
  const files = [...seen].map((file) => relative(dist, file).replaceAll('\\', '/'));
  expect(files.filter((file) => /^(?:cli|config|demo)\//.test(file))).toEqual([]);
});

test('the types say what comes', () => {
  expectTypeOf<ComfyUIClient['generateImage']>().returns.resolves.toEqualTypeOf<string[]>();
  expectTypeOf<ComfyUIClient['generate']>().returns.resolves.toEqualTypeOf<Job>();
  expectTypeOf<ComfyUIClient['submit']>().returns.resolves.toEqualTypeOf<Job>();
  expectTypeOf<ComfyUIClient['list']>().returns.resolves.toEqualTypeOf<string[]>();
  expectTypeOf<Job['result']>().returns.resolves.toEqualTypeOf<JobOutcome>();
  expectTypeOf<JobOutcome['ok']>().toEqualTypeOf<true>();
  expectTypeOf<Output['bytes']>().returns.resolves.toEqualTypeOf<Uint8Array>();
  expectTypeOf<ReturnType<ComfyUIPool['batch']>>().toEqualTypeOf<AsyncGenerator<JobEvent, void>>();
  expectTypeOf<Extract<JobEvent, { type: 'progress' }>['share']>().toEqualTypeOf<number>();
});
