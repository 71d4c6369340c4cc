// Every family against its golden graphs, which lie in test/fixtures/recipes, a file a family. `-u` writes them.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { buildRecipe } from '../../src/recipes/build.ts';
import { families } from '../../src/recipes/families.ts';
import { canonicalText } from './canonical.ts';
import { goldenCases } from './golden-cases.ts';

const folder = fileURLToPath(new URL('../fixtures/recipes/', import.meta.url));
const built = families().filter((family) => family.kind !== 'part');

test.each(built.map((family) => [family.name, family] as const))('%s', async (name, family) => {
  const graphs = goldenCases(family).map(({ name: title, params, files = {} }) => {
    const { workflow, unusable } = buildRecipe(name, params, { files });
    expect(unusable).toEqual([]);
    return `"${title}": ${canonicalText(workflow)}`;
  });
  await expect(`{\n${graphs.join(',\n')}\n}\n`).toMatchFileSnapshot(`${folder}${name}.json`);
});

test('no golden graph is left of a family that is gone', () => {
  expect(readdirSync(folder).sort()).toEqual(built.map((family) => `${family.name}.json`).sort());
});
