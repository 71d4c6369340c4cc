// npm run bench: start-up as a ratio to bare node, one trivial job as a ratio to a bare script. Ratios of one run; nothing is asserted.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = join(root, 'bin', 'comfy-gen.js');
const rounds = Number(process.argv[2] ?? 15);
const folder = mkdtempSync(join(tmpdir(), 'comfy-gen-bench-'));

/** @param {readonly number[]} list */
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/**
 * Wall ms and CPU ms of one child process.
 * @param {readonly string[]} args
 */
function time(args) {
  const before = cpuOfChildren();
  const began = process.hrtime.bigint();
  const done = spawnSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const wall = Number(process.hrtime.bigint() - began) / 1e6;
  if (done.status !== 0) throw new Error(`${args.join(' ')} ended with ${done.status}: ${done.stderr.toString()}`);
  return { wall, cpu: cpuOfChildren() - before };
}

/** User and system time of ended children in ms, where the system tells (Linux); 0 elsewhere. */
function cpuOfChildren() {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return 0;
  }
}

/**
 * Runs the two in turn, a b a b …, and returns the medians of the ratios pair by pair.
 * @param {readonly string[]} a
 * @param {readonly string[]} b
 */
function compare(a, b) {
  time(a);
  time(b);
  const pairs = Array.from({ length: rounds }, () => ({ a: time(a), b: time(b) }));
  return {
    wall: median(pairs.map((p) => p.a.wall / p.b.wall)),
    cpu: median(pairs.map((p) => p.a.cpu)) / Math.max(median(pairs.map((p) => p.b.cpu)), 1),
    ms: median(pairs.map((p) => p.a.wall)),
    base: median(pairs.map((p) => p.b.wall)),
  };
}

/** @type {(name: string, goal: string, r: ReturnType<typeof compare>) => void} */
const show = (name, goal, r) =>
  console.log(
    `${name.padEnd(34)} ${r.wall.toFixed(2)}x wall${r.cpu > 0 ? `  ${r.cpu.toFixed(2)}x CPU` : ''}  (${r.ms.toFixed(0)} ms against ${r.base.toFixed(0)} ms; goal ${goal})`,
  );

show('comfy-gen --version / node -e 0', '<= 1.4', compare([bin, '--version'], ['-e', '0']));
show('comfy-gen --help / node -e 0', '<= 1.75', compare([bin, '--help'], ['-e', '0']));

const server = spawn(process.execPath, [bin, 'serve', '--port', '0', '--step-ms', '0', '--load-ms', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
/** @type {string} */
const url = await new Promise((resolve) =>
  server.stdout.once('data', (data) => resolve(/https?:\/\/[^\s]+/.exec(String(data))?.[0] ?? '')),
);
try {
  const job = [
    bin,
    '--no-config',
    '--host',
    url,
    '--size',
    '64x64',
    '-s',
    '1',
    'a lighthouse',
    '-o',
    join(folder, 'ours'),
  ];
  const bare = [join(root, 'scripts', 'bare-job.js'), url, join(folder, 'bare.png')];
  show('one job, prompt to file / bare', '<= 2', compare(job, bare));
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}
