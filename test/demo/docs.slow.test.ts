// docs/demo-server.md: its shell lines run, its YAML parses, and the faults that it names are known.
import { spawn } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultLoaders } from 'cosmiconfig';
import { expect, test } from 'vitest';
import { parseFault } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(root, 'docs/demo-server.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((m) => m[1] ?? '');

test('the shell lines run', async () => {
  await using place = await Workplace.create();
  const bin = join(place.folder, 'bin');
  await mkdir(bin);
  await symlink(join(root, 'bin/comfy-gen.js'), join(bin, 'comfy-gen'));
  const env = {
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
    HOME: place.folder,
    XDG_STATE_HOME: join(place.folder, 'state'),
  };
  for (const block of blocks('sh')) {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', block], {
      cwd: place.folder,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ block, code, err: code === 0 ? '' : err }).toEqual({ block, code: 0, err: '' });
  }
  expect((await place.files('pictures')).length).toBe(3);
});

test('the YAML parses and has its job', () => {
  const [github] = blocks('yaml').map((text) => defaultLoaders['.yaml']('page.yaml', text) as Record<string, unknown>);
  expect(github).toMatchObject({ jobs: { test: { 'runs-on': 'ubuntu-latest' } } });
});

test('the faults are known', () => {
  const named = [...page.matchAll(/--fault ([a-z][^\s`]*)/g)].map((m) => m[1] ?? '').filter((name) => name !== 'help');
  expect(named.length).toBeGreaterThan(10);
  for (const name of named) expect(name).toContain(parseFault(name).name);
});
