// docs/ci.md: its shell lines run, its YAML parses, its units are taken by systemd.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultLoaders } from 'cosmiconfig';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { DocPage } from '../helpers/doc-page.ts';

const page = await DocPage.read('docs/ci.md');
const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

test.skipIf(!has('jq'))('the shell lines run, against a demo server', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  await page.runShell(place, { COMFY_GEN_HOST: server.url });
  expect((await place.files('pictures')).length).toBeGreaterThan(4);
});

test('the YAML parses and has its jobs', () => {
  const [github, gitlab] = page
    .blocks('yaml')
    .map((text, i) => defaultLoaders['.yaml'](`${i}.yaml`, text) as Record<string, unknown>);
  expect(github).toMatchObject({ jobs: { smoke: { 'runs-on': 'ubuntu-latest' } } });
  expect(gitlab).toMatchObject({ smoke: { artifacts: { reports: { junit: 'report.xml' } } } });
});

test('cron lines have five fields or a word, and a command', () => {
  const lines = page
    .blocks('crontab')
    .join('')
    .trim()
    .split('\n')
    .filter((line) => !/^\w+=/.test(line));
  for (const line of lines) expect(line).toMatch(/^(@reboot|(\S+ ){4}\S+) +(flock \S+ \S+ )?comfy-gen /);
  expect(lines.length).toBe(2);
});

test.skipIf(!has('systemd-analyze'))('systemd takes the units', async () => {
  await using place = await Workplace.create();
  const [service = '', timer = ''] = page.blocks('ini');
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
