// The start of the built command: what it loads.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/comfy-gen.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'comfy-gen-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };

test
  .skipIf(process.platform === 'win32')
  .each([[['--version']], [['--help']], [['help', 'files', '--help']], [['completion', 'values', 'recipes', 'sd']]])(
  '%s loads none of the modules of Node.js that take long',
  (args) => {
    const spy = join(folder, 'spy.cjs');
    const list = `process.moduleLoadList.filter((name) => name.startsWith('NativeModule ')).join()`;
    writeFileSync(spy, `process.on('exit', () => require('node:fs').writeSync(1, '\\n' + ${list}));`);
    const printed = execFileSync(process.execPath, ['--require', spy, bin, ...args], { env, encoding: 'utf8' });
    const loaded = (printed.split('\n').at(-1) ?? '').split(',').map((name) => name.replace('NativeModule ', ''));
    expect(loaded).toContain('vm');
    expect(loaded.filter((name) => /^(?:crypto|net|tty|http|child_process|stream|fs\/promises)$/.test(name))).toEqual(
      [],
    );
  },
);
