// The compiled form of our own code on disk: used, and never trusted when it is damaged or lies where others can write.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const built = fileURLToPath(new URL('../../dist/files/code-cache.js', import.meta.url));
let folder = '';
const below = (name: string): string => join(folder, name);
/** The folder that this Node makes of `code/run-1`, once there is one. */
const cache = (): string =>
  join(below('code'), readdirSync(below('code')).find((name) => name.startsWith('run-1-')) ?? '');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'comfy-gen-code-'));
  writeFileSync(below('app-1.cjs'), 'exports.add = (a, b) => a + b; exports.here = __filename;');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that loads the file and says what it gave. */
function load(then = '', name = 'run-1'): unknown {
  const program = `
    import { loadCached } from ${JSON.stringify(new URL(`file://${built}`).href)};
    const { add, here } = loadCached(${JSON.stringify(below('app-1.cjs'))}, ${JSON.stringify(join(below('code'), name))});
    process.stdout.write(JSON.stringify([add(1, 1), here]));
    ${then}`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
}

const given = (): unknown => [2, below('app-1.cjs')];
const kept = (): string => join(cache(), readdirSync(cache())[0] ?? '');

test('the first run writes it, the next ones take it as it is', () => {
  expect(load()).toEqual(given());
  expect(readdirSync(cache())).toHaveLength(1);
  const before = statSync(kept(), { bigint: true });
  expect(load()).toEqual(given());
  expect(statSync(kept(), { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
});

test('a damaged one is made anew: V8 would end the process', () => {
  load();
  const bytes = readFileSync(kept());
  writeFileSync(kept(), bytes.subarray(0, bytes.length / 2));
  expect(load()).toEqual(given());
  expect(readFileSync(kept()).length).toBeGreaterThan(bytes.length / 2);
  writeFileSync(kept(), readFileSync(kept()).fill(7, 200));
  expect(load()).toEqual(given());
});

test.skipIf(process.platform === 'win32')('nothing is kept where others can write, or where no folder can be', () => {
  load();
  rmSync(kept());
  chmodSync(cache(), 0o777);
  expect(load()).toEqual(given());
  expect(readdirSync(cache())).toEqual([]);
  const place = cache();
  rmSync(place, { recursive: true });
  writeFileSync(place, 'no folder');
  expect(load()).toEqual(given());
});

test('files of the same folder that it requires are kept too, each by itself, even where they require each other', () => {
  writeFileSync(below('app-1.cjs'), `exports.here = __filename; exports.add = require('./part-1.cjs').add;`);
  writeFileSync(
    below('part-1.cjs'),
    `const { here } = require('./app-1.cjs'); exports.add = (a, b) => (here ? a + b : 0);`,
  );
  expect(load()).toEqual(given());
  expect(readdirSync(cache())).toEqual(['app-1.cjs', 'part-1.cjs']);
  expect(load()).toEqual(given());
});

test('a run that fails keeps nothing: it has run too little', () => {
  expect(load('process.on("exit", () => (process.exitCode = 0)); process.exitCode = 1;')).toEqual(given());
  expect(readdirSync(cache())).toEqual([]);
});

test('what others keep beside it stays while it is used; what nobody used for 30 days, or is too much, goes', () => {
  const days = 86_400_000;
  const beside = (name: string, bytes: number, usedDaysAgo: number): void => {
    mkdirSync(join(below('code'), name), { recursive: true });
    const file = join(below('code'), name, 'app-1.cjs');
    writeFileSync(file, '');
    truncateSync(file, bytes);
    const usedAt = new Date(Date.now() - usedDaysAgo * days);
    utimesSync(join(below('code'), name), usedAt, usedAt);
  };
  beside('other-version', 1000, 29);
  beside('old-version', 1000, 31);
  writeFileSync(below('code/no-folder'), '');
  expect(load()).toEqual(given());
  expect(readdirSync(below('code'))).toEqual(['no-folder', 'other-version', basename(cache())]);
  beside('large', 60_000_000, 1);
  beside('larger', 60_000_000, 2);
  expect(load('', 'run-2')).toEqual(given());
  const left = ['large', 'no-folder', basename(cache()), expect.stringMatching(/^run-2-/)];
  expect(readdirSync(below('code'))).toEqual(left);
});

test('what is used counts as used today', () => {
  load();
  const longAgo = new Date(Date.now() - 29 * 86_400_000);
  utimesSync(cache(), longAgo, longAgo);
  expect(load()).toEqual(given());
  expect(Date.now() - statSync(cache()).mtimeMs).toBeLessThan(3_600_000);
});
