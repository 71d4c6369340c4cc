// The demo server's own rooms: who may import whom, no circles, and not more files in one than can be overlooked.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../src/demo', import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.ts'))
  .map((f) => f.replaceAll('\\', '/'));
const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/\bfrom '(\.[^']+)'/g)]
    .map((m) => relative(root, resolve(root, dirname(file), m[1] ?? '')).replaceAll('\\', '/'))
    .filter((target) => !target.startsWith('..'));
const roomOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : file);

/** From the lowest to the highest: a room imports those before it. */
const order = ['profile.ts', 'faults', 'nodes', 'engine', 'server', 'demo.ts'];

test('each room imports only those below it', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => order.indexOf(roomOf(target)) > order.indexOf(roomOf(file)))
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('no file imports itself in the end, types included', () => {
  const reach = (from: string, seen: Set<string>): Set<string> => {
    for (const target of importsOf(from)) if (!seen.has(target)) reach(target, seen.add(target));
    return seen;
  };
  expect(files.filter((file) => reach(file, new Set()).has(file))).toEqual([]);
});

test('a room holds 25 files at most', () => {
  const count = (room: string): number => files.filter((file) => roomOf(file) === room).length;
  expect(order.filter((room) => count(room) > 25)).toEqual([]);
});
