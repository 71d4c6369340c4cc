// Servers of one version and one set of files: their definitions are in memory once, however many they are.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { definitionsCache } from '../../src/files/definitions-cache.ts';
import { lazyDefinitions } from '../../src/protocol/lazy-definitions.ts';

test('servers that gave the same share what is parsed of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'comfy-gen-test-'));
  try {
    const definition = '"A":{"input":{},"output":[]}';
    const { write, read, latest } = definitionsCache(folder);
    for (const server of ['a', 'b']) await write(server, { version: '1', members: [definition] });
    await write('other', { version: '1', members: [definition, '"B":{"input":{},"output":[]}'] });
    const [a = [], b, other = []] = [await read('a', '1'), (await latest('b'))?.members, await read('other', '1')];
    expect(a).toEqual([definition]);
    expect(b).toBe(a);
    expect(lazyDefinitions(a)).toBe(lazyDefinitions(b ?? []));
    expect(Object.keys(lazyDefinitions(other))).toEqual(['A', 'B']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
