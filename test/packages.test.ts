// What is installed with us, as the lock file says: few packages, exact, none that runs code while it is installed.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { expect, test } from 'vitest';

type Locked = {
  readonly dev?: boolean;
  readonly peer?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly license?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
};
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
const manifest = read('package.json') as Record<
  'scripts' | 'optionalDependencies' | 'devDependencies',
  Record<string, string>
> & { readonly peerDependenciesMeta: Record<string, { readonly optional: true }> };
const locked = Object.entries(packages).filter(([path]) => path !== '');
const namesOf = (fits: (one: Locked) => boolean): string[] => locked.filter(([, one]) => fits(one)).map(([p]) => p);

const lgpl = /^LGPL-3\.0-or-later$/;

/** Packages that may run something when they are installed: for development, and known. */
const mayRun = /^node_modules\/(esbuild|fsevents|msgpackr-extract)$/;

test('nothing runs when it is installed, ours neither', () => {
  expect(namesOf((one) => one.hasInstallScript === true).filter((path) => !mayRun.test(path))).toEqual([]);
  expect(Object.keys(manifest.scripts).filter((name) => /^(?:(?:pre|post)?install|prepare)$/.test(name))).toEqual([]);
});

test('every package has its checksum, and no registry is named', () => {
  expect(namesOf((one) => one.integrity === undefined)).toEqual([]);
  expect(namesOf((one) => one.resolved !== undefined)).toEqual([]);
});

test('no package is installed with us but sharp: all others are in bundle/', () => {
  expect(manifest).not.toHaveProperty('dependencies');
  expect(Object.keys(manifest.optionalDependencies)).toEqual(['sharp']);
});

// npm asks the registry for each peer and for its peers, 4.6 MB in all, before `npx comfy-gen` starts; for these names alone it does not
test('optional packages are named as such, without a version', () => {
  expect(manifest).not.toHaveProperty('peerDependencies');
  expect(Object.keys(manifest.peerDependenciesMeta)).toEqual(['@modelcontextprotocol/sdk', 'bullmq', 'ioredis']);
});

test('versions are exact', () => {
  const asked = { ...manifest.optionalDependencies, ...manifest.devDependencies };
  expect(Object.entries(asked).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('few come along to those who use us: twelve in all at most, under licences that let them', () => {
  const shipped = locked.filter(([, one]) => one.dev !== true && one.peer !== true);
  const platforms = [
    ...['darwin', 'win32'].flatMap((os) => ['x64', 'arm64'].map((cpu) => ({ os, cpu, libc: '' }))),
    ...['x64', 'arm64'].flatMap((cpu) => ['glibc', 'musl'].map((libc) => ({ os: 'linux', cpu, libc }))),
  ];
  for (const { os, cpu, libc } of platforms) {
    const fits = ([path, one]: readonly [string, Locked]): boolean =>
      !/wasm32|\/tslib$/.test(path) && // what sharp needs where there is no machine code of it
      [one.os ?? [os], one.cpu ?? [cpu]].every((list, i) => list.includes(i === 0 ? os : cpu)) &&
      (one.libc ?? [libc]).includes(libc);
    const installed = shipped.filter(fits).length + 1; // and we ourselves
    expect(installed, `${os} ${cpu} ${libc}`).toBeGreaterThan(5); // sharp too
    expect(installed, `${os} ${cpu} ${libc}`).toBeLessThanOrEqual(12);
  }
  const free = /^(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|Python-2\.0|0BSD|BlueOak-1\.0\.0)$/;
  // sharp's libvips: a shared library of its own, which we neither link nor ship, and which users may replace
  const libvips = /^node_modules\/@img\/sharp-(?:libvips-[a-z0-9-]+|win32-[a-z0-9]+|wasm32)$/;
  const isFree = (path: string, { license = '' }: Locked): boolean =>
    free.test(license) ||
    (libvips.test(path) && license.split(' AND ').every((one) => free.test(one) || lgpl.test(one)));
  expect(shipped.filter(([path, one]) => !isFree(path, one)).map(([path]) => path)).toEqual([]);
});

/** The files of a folder that the build makes, as their text. */
const codeIn = (folder: string): string[] =>
  readdirSync(new URL(`../${folder}/`, import.meta.url))
    .filter((name) => /\.c?js$/.test(name))
    .map((name) => readFileSync(new URL(`../${folder}/${name}`, import.meta.url), 'utf8'));

/** Asked for where they may be missing: ws's parts in machine code, and what cosmiconfig reads programs and JSON with, which we do not let it. */
const mayBeMissing = ['bufferutil', 'utf-8-validate', 'import-fresh', 'parse-json', 'typescript'];

test('what library and command import is in the package, or named as optional', () => {
  const known = [
    ...Object.keys({ ...manifest.optionalDependencies, ...manifest.peerDependenciesMeta }),
    ...mayBeMissing,
  ];
  const packageOf = (path: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? '';
  const imported = [...codeIn('lib'), ...codeIn('bundle')].flatMap((code) =>
    [...code.matchAll(/(?:\bfrom ?|\bimport ?\(?|\b(?:require|delayed)\()["'`]([a-z@][^"'`:]*)["'`]/g)].map(
      ([, name = '']) => name,
    ),
  );
  expect(imported).toContain('sharp');
  expect(imported.filter((name) => !isBuiltin(name) && !known.includes(packageOf(name)))).toEqual([]);
});

test('what the library takes of packages is found in their files', () => {
  const taken = codeIn('lib').flatMap((code) =>
    [...code.matchAll(/\{ ([\w, ]+) \} (?:from|= await import\() ?"\.\.\/(bundle\/[^"]+)"/g)].map(
      ([, names = '', file = '']) => ({ names: names.split(', '), file }),
    ),
  );
  expect(taken.flatMap(({ names }) => names).sort()).toEqual([
    'FormData',
    'Response',
    'WebSocket',
    'WebSocketServer',
    'parse',
  ]);
  const program = taken
    .map(
      ({ names, file }) =>
        `import { ${names.join(', ')} } from ${JSON.stringify(new URL(`../${file}`, import.meta.url))};`,
    )
    .join('\n');
  execFileSync(process.execPath, ['--input-type=module', '-e', program]);
});

test('whose code is in the bundle has its licence there', () => {
  const shipped = read('package.json') as { readonly files: readonly string[] };
  expect(shipped.files).toContain('bundle');
  const licences = readFileSync(new URL('../bundle/THIRD_PARTY_LICENSES', import.meta.url), 'utf8');
  for (const name of ['chalk', 'cli-progress', 'commander', 'cosmiconfig', 'csv-parse', 'ora', 'undici', 'ws']) {
    const own = new RegExp(
      `^${name} \\d+\\.\\d+\\.\\d+ \\((?:MIT|ISC)\\)\\n\\n[\\s\\S]*?Permission (?:is hereby granted|to use)`,
      'm',
    );
    expect(own.test(licences), name).toBe(true);
  }
  expect(licences).toContain('Ethan Arrowood'); // whose fetch is in undici, under a licence of its own
});
