// Where the command is started: a full disk behind standard output, no folder to stand in, no home, nohup, secrets from files.
import { spawn, type StdioOptions } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { withoutPackage } from '../helpers/without-package.ts';

const bin = fileURLToPath(new URL('../../bin/comfy-gen.js', import.meta.url));
const small = ['a cat', '-s', '1', '--size', '64x64'];
const demo = (): Promise<Demo> => startDemo({ stepMs: 2 });
const isUnix = process.platform !== 'win32';
const isRoot = process.getuid?.() === 0;

type Ended = { readonly code: number | null; readonly signal: string | null; readonly err: string };

function start(
  place: Workplace,
  args: readonly string[],
  { stdio, env }: { stdio: StdioOptions; env?: NodeJS.ProcessEnv },
) {
  const own = { PATH: process.env['PATH'], HOME: place.folder, XDG_STATE_HOME: join(place.folder, 'state') };
  const child = spawn(process.execPath, [bin, ...args], { cwd: place.folder, env: { ...own, ...env }, stdio });
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const done = new Promise<Ended>((resolve) => child.once('close', (code, signal) => resolve({ code, signal, err })));
  return { child, done };
}

describe.skipIf(!existsSync('/dev/full'))('a standard output that takes nothing', () => {
  async function toFull(place: Workplace, args: readonly string[]): Promise<Ended> {
    const full = openSync('/dev/full', 'w');
    try {
      return await start(place, args, { stdio: ['ignore', full, 'pipe'] }).done;
    } finally {
      closeSync(full);
    }
  }

  test.each(['--version', '--help', 'help', 'completion bash', 'config show --all', 'list recipes'])(
    '%s is a failure to save, told once',
    async (line) => {
      await using server = await demo();
      await using place = await Workplace.create();
      const host = line.startsWith('list') ? ['--host', server.url] : [];
      const { code, err } = await toFull(place, [...line.split(' '), ...host]);
      expect(code, err).toBe(6);
      expect(err).toMatch(/^error: standard output cannot be written: no space left$/m);
      expect(err).not.toMatch(/\bat .*\.js/);
    },
  );

  test.each([['-o', 'out'], ['-o', '-'], ['--json'], ['--events'], ['--dry-run'], ['--count', '2'], ['--no-wait']])(
    'so is a job with %s %s',
    async (...more) => {
      await using server = await demo();
      await using place = await Workplace.create();
      const { code, err } = await toFull(place, [...small, '--host', server.url, ...more]);
      expect(code, err).toBe(6);
      expect(err.match(/standard output cannot be written/g)).toHaveLength(1);
    },
  );
});

describe.runIf(isUnix)('folders that are not there', () => {
  test('a working folder that was deleted: an absolute --output works, else one sentence', async () => {
    await using server = await demo();
    await using place = await Workplace.create();
    const gone = join(place.folder, 'gone');
    const inGone = async (args: readonly string[]): Promise<Ended> => {
      await mkdir(gone, { recursive: true });
      const script = `cd "$1" && rmdir "$1" && shift && exec "$@"`;
      const child = spawn('/bin/sh', ['-c', script, 'sh', gone, process.execPath, bin, ...args], {
        env: { HOME: place.folder },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let err = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, err })));
    };
    const drawn = await inGone([...small, '--host', server.url, '-o', join(place.folder, 'out')]);
    expect(drawn.code, drawn.err).toBe(0);
    expect(await place.files('out')).toHaveLength(1);
    const refused = await inGone([...small, '--host', server.url, '-q']);
    expect(refused.code).toBe(6);
    expect(refused.err).toMatch(/^error: the working folder is gone: no place for images\/output\nhint: .*\n$/);
    expect(existsSync(gone)).toBe(false);
  });

  test.runIf(isRoot)('a user without a home folder draws all the same', async () => {
    await using server = await demo();
    const out = join('/tmp', `comfy-gen-test-${process.pid}`);
    await mkdir(out, { mode: 0o777 });
    try {
      const child = spawn(process.execPath, [bin, ...small, '--host', server.url, '-o', out], {
        uid: 54_321,
        gid: 54_321,
        cwd: '/',
        env: {},
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let err = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      const code = await new Promise((resolve) => child.once('close', resolve));
      if (/EACCES|Cannot find module/.test(err)) return; // this checkout is not everybody's to read
      if (code === 6 && err.includes('no permission to write')) return; // nor is the folder, under this umask
      expect(code, err).toBe(0);
      expect(err).toContain('the journal is not kept: there is no home folder');
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  });
});

describe.runIf(isUnix)('a terminal that closes', () => {
  test.each([
    ['started by nohup', { _: '/usr/bin/nohup' }, 'pipe'],
    ['without a terminal or a pipe', {}, 'file'],
  ] as const)('%s: the run goes on', async (_what, env, to) => {
    await using server = await startDemo({ stepMs: 60 });
    await using place = await Workplace.create();
    const log = openSync(join(place.folder, 'log'), 'w+');
    const args = ['a cat', '-s', '8', '--size', '64x64', '--host', server.url, '-o', 'out'];
    const stdio: StdioOptions = to === 'pipe' ? ['ignore', 'pipe', 'pipe'] : ['ignore', log, log];
    const { child, done } = start(place, args, { stdio, env });
    while (!server.log.some(({ path }) => path.endsWith('/prompt'))) await new Promise((r) => setTimeout(r, 20));
    child.kill('SIGHUP');
    const { code, signal } = await done;
    closeSync(log);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(await place.files('out')).toHaveLength(1);
  });

  test('else it leaves with 129', async () => {
    await using server = await startDemo({ stepMs: 200 });
    await using place = await Workplace.create();
    const run = place.start(['a cat', '-s', '50', '--host', server.url], { env: { _: '/usr/bin/node' } });
    await run.said(/running/);
    run.signal('SIGHUP');
    expect((await run.done).code).toBe(129);
  });
});
describe.skipIf(!existsSync('/usr/bin/script') || process.platform !== 'linux')('a terminal', () => {
  /** What it shows of the command, on a terminal that was opened without a size. */
  async function onTerminal(
    place: Workplace,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    program = bin,
  ): Promise<string> {
    const line = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
    const own = { PATH: process.env['PATH'], HOME: place.folder, TERM: 'xterm', ...env };
    const child = spawn('script', ['-qc', line, '/dev/null'], { cwd: place.folder, env: own, stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    await new Promise((resolve) => child.once('close', resolve));
    return shown;
  }

  test('that goes away while it is asked what it can do ends neither the run nor the wait', async () => {
    await using place = await Workplace.create({
      'ask.mjs': `
        import { processTerminal } from ${JSON.stringify(new URL('../../dist/cli/process-terminal.js', import.meta.url).href)};
        const answer = processTerminal().ask('what?', /nobody says this/);
        process.stdin.emit('error', new Error('read EIO'));
        console.log(['answer', String(await answer), process.stdin.isRaw].join(' '));
        process.stdin.emit('error', new Error('read EIO'));
        console.log('and on');`,
    });
    expect(await onTerminal(place, [], {}, join(place.folder, 'ask.mjs'))).toBe(
      'what?answer undefined false\r\nand on\r\n',
    );
  });

  /** So many that some frames of the bar come between the first and the last. */
  const steps = [...small, '-s', '6'];

  test.each([['one job'], ['many jobs', '--count', '3']])(
    'of no columns shows a bar of %s, every path, and gets its cursor back',
    async (_what, ...more) => {
      await using server = await startDemo({ stepMs: 100 });
      await using place = await Workplace.create();
      const shown = await onTerminal(place, [...steps, '--host', server.url, '-o', 'out', ...more]);
      expect(shown).toContain('━');
      for (const name of await place.files('out')) expect(shown).toContain(`out/${name}`);
      expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?25l'));
      expect(shown.lastIndexOf('\u001b[?7h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?7l'));
    },
  );

  test.each([
    ['NO_COLOR', { NO_COLOR: '1' }, []],
    ['--no-color', {}, ['--no-color']],
  ] as const)('%s: no colours, in bar and spinner neither', async (_what, env, more) => {
    await using server = await startDemo({ stepMs: 100 });
    await using place = await Workplace.create();
    const shown = await onTerminal(place, [...steps, '--host', server.url, ...more], env);
    expect(shown).toContain('━');
    expect(shown).not.toMatch(/\u001b\[(?:[1-9]|[1-9]\d)m/);
  });
});

test.each([
  [['-o', 'pictures/cat.webp'], '--output pictures/cat.webp needs the package sharp'],
  [['--format', 'webp'], '--format needs the package sharp'],
  [['--grid', 'sheet.jpg'], '--grid needs the package sharp'],
])('without sharp what needs it is named as it was written: %j', async (args, message) => {
  await using place = await Workplace.create();
  const env = { NODE_OPTIONS: await withoutPackage(place.folder, 'sharp') };
  const { code, out, err } = await place.spawn([...small, ...args, '--demo'], { env });
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(message);
  expect(await place.files('pictures')).toEqual([]);
});

test('what the first batch compiled is taken by the next one as it is', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const compiled = join(place.folder, 'cache', 'comfy-gen', 'code');
  const state = async (): Promise<readonly unknown[]> => {
    await writeFile(join(place.folder, 'rows.txt'), 'a cat\n');
    const { code } = await place.spawn(['batch', 'rows.txt', '--host', server.url, ...small.slice(1)]);
    const builds = (await readdir(compiled)).filter((name) => name.startsWith('batch-'));
    const kept = join(compiled, builds[0] ?? '');
    const names = await readdir(kept);
    const { ino, mtimeNs } = await stat(join(kept, names[0] ?? ''), { bigint: true });
    return [code, builds, names, ino, mtimeNs];
  };
  expect(await state()).toEqual(await state());
});
