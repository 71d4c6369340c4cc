// docs/ci.md: its shell lines run, its YAML parses, its units are taken by systemd.
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultLoaders } from 'cosmiconfig';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(root, 'docs/ci.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((m) => m[1] ?? '');
const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

test.skipIf(!has('jq'))('the shell lines run, against a demo server', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const bin = join(place.folder, 'bin');
  await mkdir(bin);
  await symlink(join(root, 'bin/comfy-gen.js'), join(bin, 'comfy-gen'));
  const state = join(place.folder, 'state');
  const env = {
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
    HOME: place.folder,
    XDG_STATE_HOME: state,
    COMFY_GEN_HOST: server.url,
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
  expect((await place.files('pictures')).length).toBeGreaterThan(4);
});

test('the YAML parses and has its jobs', () => {
  const [github, gitlab] = blocks('yaml').map(
    (text, i) => defaultLoaders['.yaml'](`${i}.yaml`, text) as Record<string, unknown>,
  );
  expect(github).toMatchObject({ jobs: { smoke: { 'runs-on': 'ubuntu-latest' } } });
  expect(gitlab).toMatchObject({ smoke: { artifacts: { reports: { junit: 'report.xml' } } } });
});

test('cron lines have five fields or a word, and a command', () => {
  const lines = blocks('crontab')
    .join('')
    .trim()
    .split('\n')
    .filter((line) => !/^\w+=/.test(line));
  for (const line of lines) expect(line).toMatch(/^(@reboot|(\S+ ){4}\S+) +(flock \S+ \S+ )?comfy-gen /);
  expect(lines.length).toBe(2);
});

test.skipIf(!has('systemd-analyze'))('systemd takes the units', async () => {
  await using place = await Workplace.create();
  const [service = '', timer = ''] = blocks('ini');
  await writeFile(join(place.folder, 'comfy-gen.service'), service);
  await writeFile(join(place.folder, 'comfy-gen.timer'), timer);
  const args = ['--user', 'verify', join(place.folder, 'comfy-gen.service'), join(place.folder, 'comfy-gen.timer')];
  const { status, stderr } = spawnSync('systemd-analyze', args, {
    encoding: 'utf8',
    env: { ...process.env, XDG_RUNTIME_DIR: place.folder },
  });
  expect({ status, stderr: stderr.split('\n').filter((line) => line.includes('comfy-gen')) }).toEqual({
    status: 0,
    stderr: [],
  });
});
