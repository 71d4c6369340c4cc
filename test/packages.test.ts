// What is installed with us, as the lock file says: few packages, exact, none that runs code while it is installed.
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
  'scripts' | 'dependencies' | 'optionalDependencies' | 'devDependencies',
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

// npm asks the registry for each peer and for its peers, 4.6 MB in all, before `npx comfy-gen` starts; for these names alone it does not
test('optional packages are named as such, without a version', () => {
  expect(manifest).not.toHaveProperty('peerDependencies');
  expect(Object.keys(manifest.peerDependenciesMeta)).toEqual(['@modelcontextprotocol/sdk', 'bullmq', 'ioredis']);
});

test('versions are exact', () => {
  const asked = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies };
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
    expect(installed, `${os} ${cpu} ${libc}`).toBeGreaterThan(6); // sharp too
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

test('what the library imports is a dependency, or named as optional', () => {
  const folder = new URL('../lib/', import.meta.url);
  const known = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependenciesMeta };
  const imported = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .flatMap((name) => [
      ...readFileSync(new URL(name, folder), 'utf8').matchAll(/(?:\bfrom |\bimport ?\(?)"([a-z@][^":]*)"/g),
    ])
    .map(([, name = '']) => name);
  expect(imported).toContain('ws');
  expect(imported.filter((name) => !isBuiltin(name) && !Object.hasOwn(known, name))).toEqual([]);
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
});
