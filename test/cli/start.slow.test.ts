// The start of the built command: what it loads, and what it says without loading more.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { frontOf, writeFront } from '../../src/cli/help/front.ts';
import { helpPage } from '../../src/cli/help/page.ts';
import { processTerminal } from '../../src/cli/process-terminal.ts';
import { familyNames } from '../../src/recipes/families.ts';

const bin = fileURLToPath(new URL('../../bin/comfy-gen.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'comfy-gen-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };

const run = (...args: readonly string[]): string =>
  execFileSync(process.execPath, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

test
  .skipIf(process.platform === 'win32')
  .each([
    [['--version']],
    [['--help']],
    [['run', '--help']],
    [['help', 'files', '--help']],
    [['completion', 'values', 'recipes', 'sd']],
  ])('%s loads none of the modules of Node.js that take long', (args) => {
  const spy = join(folder, 'spy.cjs');
  const list = `process.moduleLoadList.filter((name) => name.startsWith('NativeModule ')).join()`;
  writeFileSync(spy, `process.on('exit', () => require('node:fs').writeSync(1, '\\n' + ${list}));`);
  const printed = run('--require', spy, bin, ...args);
  const loaded = (printed.split('\n').at(-1) ?? '').split(',').map((name) => name.replace('NativeModule ', ''));
  expect(loaded).toContain('fs');
  expect(loaded.filter((name) => /^(?:crypto|net|tty|http|child_process|stream|fs\/promises)$/.test(name))).toEqual([]);
});

/** Modules of Node.js that take long are there only once they are used: these are loaded by a file of the bundle as it is read. */
const quick =
  /^(?:assert|buffer|events|fs|path|process|querystring|string_decoder|url|util|util\/types|diagnostics_channel)$/;
/** A client or server of HTTP is made of these; whoever talks to one needs them in any case. */
const ofHttp = /^(?:_http_\w+|http|net|crypto|stream|stream\/promises)$/;
/** A terminal's spinner. */
const ofTerminal = /^(?:tty|net|stream|stream\/promises)$/;
/** The forms of uploads. */
const ofUploads = /^(?:perf_hooks|worker_threads)$/;
const talks =
  /^(?:attach|cancel|check|convert|demo|doctor|enqueue|failure|free|history|list|mcp|places|queue|resume|types|upload|upscale|worker|ws)-/;

test('each file of the bundle loads none of those either, but for what it cannot do without', () => {
  const bundle = fileURLToPath(new URL('../../bundle', import.meta.url));
  const chunks = readdirSync(bundle).filter((name) => name.endsWith('.cjs'));
  const mayLoad = (name: string): readonly RegExp[] => {
    if (name.startsWith('ora-')) return [ofTerminal];
    if (name.startsWith('csv-parse-')) return [/^stream(?:\/promises)?$/];
    if (name.startsWith('undici-')) return [ofHttp, ofUploads];
    return talks.test(name) ? [ofHttp] : [];
  };
  const program = `
    const before = new Set(process.moduleLoadList);
    require(process.argv[1]);
    const loaded = process.moduleLoadList.filter((name) => name.startsWith('NativeModule ') && !before.has(name));
    process.stdout.write(loaded.map((name) => name.slice(13)).filter((name) => !name.startsWith('internal/')).join());`;
  const surplus = chunks.flatMap((name) => {
    const loaded = run('-e', program, join(bundle, name)).split(',');
    const may = [quick, ...mayLoad(name)];
    return loaded.filter((id) => id !== '' && !may.some((one) => one.test(id))).map((id) => `${name}: ${id}`);
  });
  expect(chunks.length).toBeGreaterThan(20);
  expect(surplus).toEqual([]);
});

test('what was put together by the build is what the sources say', () => {
  const page = writeFront(frontOf(false), 80);
  for (const word of ['-h', '--help', 'help']) expect(run(bin, word)).toBe(page);
  const names = familyNames().filter((name) => name.startsWith('sd'));
  expect(run(bin, 'completion', 'values', 'recipes', 'SD')).toBe(names.map((name) => `${name}\n`).join(''));
  expect(names.length).toBeGreaterThan(2);
});

test('the help of each command is what its table says, at any width', async () => {
  const { main } = createRequire(import.meta.url)('../../bundle/start.cjs') as typeof import('../../bundle/start.cjs');
  for (const command of commands)
    for (const columns of [40, 80, 133]) {
      let printed = '';
      const out = (text: string | Uint8Array): Promise<void> => {
        printed += String(text);
        return Promise.resolve();
      };
      const terminal = { ...processTerminal(), out, columns: () => columns };
      expect(await main([command.name, '--help'], terminal)).toBe(0);
      expect(printed).toBe(helpPage(command.name === 'help' ? undefined : command, { all: false, columns }));
    }
});
