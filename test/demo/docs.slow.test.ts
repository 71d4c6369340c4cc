// docs/demo-server.md: its shell lines run, its YAML parses, and the faults that it names are known.
import { defaultLoaders } from 'cosmiconfig';
import { expect, test } from 'vitest';
import { parseFault } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { DocPage } from '../helpers/doc-page.ts';

const page = await DocPage.read('docs/demo-server.md');

test('the shell lines run', async () => {
  await using place = await Workplace.create();
  await page.runShell(place);
  expect((await place.files('pictures')).length).toBe(3);
});

test('the YAML parses and has its job', () => {
  const [github] = page
    .blocks('yaml')
    .map((text) => defaultLoaders['.yaml']('page.yaml', text) as Record<string, unknown>);
  expect(github).toMatchObject({ jobs: { test: { 'runs-on': 'ubuntu-latest' } } });
});

test('the faults are known', () => {
  const named = [...page.text.matchAll(/--fault ([a-z][^\s`]*)/g)]
    .map((m) => m[1] ?? '')
    .filter((name) => name !== 'help');
  expect(named.length).toBeGreaterThan(10);
  for (const name of named) expect(name).toContain(parseFault(name).name);
});
