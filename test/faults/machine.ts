// Faults of this machine: disks, folders, names, clocks.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { asked, pictures, plainArgs, run, small, type Bench, type Row } from './bench.ts';
import { type Finished } from '../helpers/cli.ts';

export const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0;

/** Tried once: a container's root may not mount either. */
function triedMount(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'comfy-gen-mount-'));
  try {
    if (process.getuid?.() !== 0 || !mount('-t', 'tmpfs', 'tmpfs', folder))
      return 'a small disk cannot be mounted here';
    spawnSync('umount', [folder]);
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
export const noMount = triedMount();

/** Runs with `disk/` as a file system of its own; what the mount is given decides its size and rights. */
function onDisk(options: string, before?: (folder: string) => Promise<void>): (bench: Bench) => Promise<Finished> {
  return async (bench) => {
    const folder = join(bench.place.folder, 'disk');
    await mkdir(folder);
    expect(mount('-t', 'tmpfs', '-o', options, 'tmpfs', folder)).toBe(true);
    try {
      await before?.(folder);
      const finished = await run(bench);
      await pictures(bench.place); // nothing half is left behind
      return finished;
    } finally {
      spawnSync('umount', [folder]);
    }
  };
}

/** The clock jumps back by an hour as soon as the job runs. */
const clockJump = `
const now = Date.now;
let shift = 0;
const write = process.stderr.write.bind(process.stderr);
process.stderr.write = (...args) => { if (String(args[0]).includes('running')) shift = 3600000; return write(...args); };
Date.now = () => now() - shift;
`;

export const machine: readonly Row[] = [
  {
    fault: 'the disk is full',
    does: 'says so, leaves nothing half behind',
    code: 6,
    reason: 'disk_full',
    said: /no space left/,
    args: ['-o', 'disk/pictures', '--size', '512x512'],
    play: onDisk('size=16k'),
    skip: noMount,
  },
  {
    fault: 'the disk is full, and later is not',
    does: '`resume` saves it then, without a second job',
    code: 0,
    files: 1,
    skip: noMount,
    args: ['-o', 'disk', '--size', '512x512'],
    play: async (bench) => {
      const first = await onDisk('size=16k')(bench);
      expect(first.code).toBe(6);
      return bench.place.run(['resume', '--json']);
    },
  },
  {
    fault: 'a read-only folder',
    does: 'found before anything is sent',
    code: 6,
    jobs: 0,
    reason: 'not_writable',
    args: ['-o', 'disk'],
    play: onDisk('ro'),
    skip: noMount,
  },
  {
    fault: 'the output folder is deleted while the job runs',
    does: 'makes it again',
    code: 0,
    options: { stepMs: 100 },
    play: async (bench) => {
      const { said, done } = bench.place.launch(plainArgs(bench));
      await said(/running/);
      await rm(join(bench.place.folder, 'images'), { recursive: true });
      return done;
    },
  },
  {
    fault: 'the output folder is deleted during the download',
    does: 'makes it again, and downloads the file once more',
    code: 0,
    demo: ['view-drip=50,times=1'],
    play: async (bench) => {
      const { done } = bench.place.launch(plainArgs(bench));
      await asked(bench.demo, /view/);
      await rm(join(bench.place.folder, 'images'), { recursive: true });
      return done;
    },
  },
  {
    fault: 'a file is in the way of the output folder',
    does: 'found before anything is sent',
    code: 6,
    jobs: 0,
    reason: 'not_writable',
    args: ['-o', 'given/file/pictures'],
    play: async (bench) => {
      await mkdir(join(bench.place.folder, 'given'));
      await writeFile(join(bench.place.folder, 'given/file'), '');
      return run(bench);
    },
  },
  {
    fault: 'a path that is too long',
    does: 'found before anything is sent',
    code: 6,
    jobs: 0,
    reason: 'write_failed',
    args: ['-o', `${'a'.repeat(300)}/pictures`],
  },
  {
    fault: 'a name of 5,000 characters by `--name`',
    does: 'is shortened',
    code: 0,
    args: ['--name', `${'long '.repeat(1000)}{seed}`],
  },
  {
    fault: 'a file of that name exists',
    does: 'stays as it is; the new one is `-2`',
    code: 0,
    files: 2,
    jobs: 2,
    play: async (bench) => {
      const args = ['--host', bench.demo.url, '-o', 'cat.png', ...small, 'a cat'];
      await bench.place.run(args);
      const before = await readFile(join(bench.place.folder, 'cat.png'));
      const second = await bench.place.run(args);
      expect(second.out).toBe('cat-2.png\n');
      expect(before.equals(await readFile(join(bench.place.folder, 'cat.png')))).toBe(true);
      return second;
    },
    peers: { saintno: 'overwrites it silently' },
  },
  {
    fault: 'two processes save the same name in the same second',
    does: 'both files are there, both whole',
    code: 0,
    long: true,
    files: 2,
    jobs: 2,
    play: async (bench) => {
      const args = ['--host', bench.demo.url, '-o', 'cat.png', ...small, 'a cat'];
      const [first, second] = await Promise.all([bench.place.spawn(args), bench.place.spawn(args)]);
      expect([first.out, second.out].sort()).toEqual(['cat-2.png\n', 'cat.png\n']);
      return first;
    },
  },
  {
    fault: 'the journal cannot be written',
    does: 'warns; the job is done all the same',
    code: 0,
    said: /the journal is not kept/,
    env: { XDG_STATE_HOME: '/dev/null/state' },
  },
  {
    fault: 'the cache folder cannot be written',
    does: 'does without',
    code: 0,
    env: { XDG_CACHE_HOME: '/dev/null/cache' },
  },
  {
    fault: 'the clock jumps back by an hour in mid-run',
    does: 'nothing waits for it: patience goes by the monotonic clock',
    code: 0,
    long: true,
    demo: ['ws-mute'],
    args: ['--timeout', '30s'],
    options: { stepMs: 100 },
    env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(clockJump)}` },
  },
];
