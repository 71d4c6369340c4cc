// bin/comfy-gen.js on a Node that is too old: one sentence before anything is imported, whatever that Node can parse.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/comfy-gen.js', import.meta.url));
const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
const { engines, version } = JSON.parse(manifest) as { engines: { node: string }; version: string };
const needed = engines.node.replace('>=', '');

/** Runs `--version` in a Node that says it is another one. */
function runAs(nodeVersion: string): { status: number | null; stdout: string; stderr: string } {
  const pretend = `const to = (key, value) => Object.defineProperty(process, key, { value });
    to('versions', { ...process.versions, node: '${nodeVersion}' }); to('version', 'v${nodeVersion}');`;
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
  return spawnSync(process.execPath, ['--import', preload, bin, '--version'], { encoding: 'utf8' });
}

test.each(['10.24.1', '18.20.8', '20.18.3'])('Node %s: says which one is needed', (nodeVersion) => {
  const { status, stdout, stderr } = runAs(nodeVersion);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^error: comfy-gen needs Node\.js .*\nhint: .*\n$/);
  expect(stderr).toContain(`Node.js ${needed} or newer, and this is v${nodeVersion}`);
});

test.each([`${needed}.0`, '22.0.0', '26.1.0'])('Node %s runs it', (nodeVersion) => {
  expect(runAs(nodeVersion)).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
});

test('it is read as a plain script too, as Nodes without modules do', () => {
  expect(() => new Script(readFileSync(bin, 'utf8'))).not.toThrow();
});
