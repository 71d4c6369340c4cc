// Commands of the user's own that cannot be started: told as such, and the run goes on.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runHook } from '../../../src/cli/output/hooks.ts';
import { openFile } from '../../../src/cli/output/show.ts';

const place = { cwd: process.cwd(), err: (): void => undefined, env: process.env };

test.each([
  ['is nowhere', 'comfy-gen-no-such-program', [], /^comfy-gen-no-such-program could not be run: .*ENOENT/],
  [
    'has more words than the system takes',
    process.execPath,
    ['x'.repeat(4_000_000)],
    /could not be run: .*(2BIG|TOOLONG)/,
  ],
])('a command that %s', async (_what, command, words, said) => {
  expect(await runHook([command, ...words], [], place)).toMatch(said);
});

test('a file that no viewer can be told of is no failure', () => {
  expect(() => openFile('linux', 'a\0b')).not.toThrow();
});

test.skipIf(process.platform === 'win32')('a command where no more files can be opened', async () => {
  const program = `
    import { openSync } from 'node:fs';
    const { runHook } = await import(${JSON.stringify(new URL('../../../dist/cli/output/hooks.js', import.meta.url).href)});
    try {
      for (;;) openSync('/dev/null');
    } catch {}
    const said = await runHook(['true'], [], { cwd: '/', err: () => undefined, env: {} });
    setImmediate(() => console.log(said));`;
  const words = ['-c', 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, program];
  const { stdout } = await promisify(execFile)('sh', words);
  expect(stdout).toBe('true could not be run: spawn true EMFILE\n');
});
