// .github: every file parses, every step runs a script that is there, the versions of Node are those that the package allows.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultLoaders } from 'cosmiconfig';
import { expect, test } from 'vitest';

type Step = { readonly uses?: string; readonly run?: string; readonly with?: Record<string, unknown> };
type Job = {
  readonly steps: readonly Step[];
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly (string | number)[]>> };
};
type Workflow = { readonly jobs: Readonly<Record<string, Job>> };
type Manifest = { readonly scripts: Readonly<Record<string, string>>; readonly engines: { readonly node: string } };

const folder = new URL('../../.github/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('../package.json', folder), 'utf8')) as Manifest;
const read = (name: string): unknown =>
  defaultLoaders['.yaml'](name, readFileSync(fileURLToPath(new URL(name, folder)), 'utf8')) as unknown;
const workflow = (name: string): Workflow => read(`workflows/${name}`) as Workflow;

/** Commands of npm that are no scripts of ours. */
const npmOwn = new Set(['ci', 'pack', 'publish']);

test.each(readdirSync(new URL('workflows/', folder)))('%s: every step runs a script that is there', (name) => {
  const steps = Object.values(workflow(name).jobs).flatMap((job) => job.steps);
  const commands = steps.flatMap((step) => (step.run === undefined ? [] : [step.run]));
  const unknown = commands.filter((command) => {
    const [, first = '', second = ''] = /^npm (\S+)(?: (\S+))?/.exec(command) ?? [];
    return !npmOwn.has(first) && !Object.hasOwn(manifest.scripts, first === 'run' ? second : first);
  });
  expect(unknown).toEqual([]);
  expect(commands.length).toBeGreaterThan(0);
});

test('the tests run on three systems and on every version of Node that is promised', () => {
  const { matrix } = workflow('ci.yml').jobs['test']?.strategy ?? {};
  expect(matrix?.['os']).toEqual(['ubuntu-latest', 'macos-latest', 'windows-latest']);
  expect(matrix?.['node']).toEqual([20, 22, 24, 26]);
  expect(manifest.engines.node).toMatch(new RegExp(`^>=${String(matrix?.['node']?.[0])}\\.`));
});

test('a release says who built it, and is checked first', () => {
  const steps = workflow('release.yml').jobs['publish']?.steps.map((step) => step.run) ?? [];
  expect(steps.at(-1)).toContain('npm publish --provenance');
  expect(steps.indexOf('npm run release:check')).toBeLessThan(steps.indexOf('npm test'));
});

test.each(['bug.yml', 'feature.yml'])('%s is a form and asks for doctor --json', (name) => {
  const form = read(`ISSUE_TEMPLATE/${name}`) as {
    readonly body: readonly { readonly type: string; readonly attributes: { readonly label?: string } }[];
  };
  expect(form).toMatchObject({ name: expect.any(String) as string, description: expect.any(String) as string });
  expect(form.body.map((field) => field.attributes.label ?? '').join('\n')).toContain('comfy-gen doctor --json');
});
