// npm run bench: start-up as a ratio to bare node, one trivial job as a ratio to bare scripts. Ratios of one run; nothing is asserted.
// --rounds <n> (15) pairs a row; --runs <n> (1) times all; --only <rows> by name, with commas.
// Prints the rows of docs/performance.md; scripts/on-node.js runs it with other Nodes.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = join(root, 'bin', 'comfy-gen.js');
const { values: asked } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    runs: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const rounds = Number(asked.rounds);
const folder = mkdtempSync(join(tmpdir(), 'comfy-gen-bench-'));
const home = { ...process.env, XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') };

/** @param {readonly number[]} list */
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/**
 * Wall ms and CPU ms of one child process.
 * @param {readonly string[]} args
 */
function time(args) {
  const before = cpuOfChildren();
  const began = process.hrtime.bigint();
  const done = spawnSync(process.execPath, args, { cwd: folder, env: home, stdio: ['ignore', 'pipe', 'pipe'] });
  const wall = Number(process.hrtime.bigint() - began) / 1e6;
  if (done.status !== 0) throw new Error(`${args.join(' ')} ended with ${done.status}: ${done.stderr.toString()}`);
  return { wall, cpu: cpuOfChildren() - before, out: done.stdout.toString() };
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

const server = spawn(process.execPath, [bin, 'serve', '--port', '0', '--step-ms', '0', '--load-ms', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
/** @type {string} */
const url = await new Promise((resolve) =>
  server.stdout.once('data', (data) => resolve(/https?:\/\/[^\s]+/.exec(String(data))?.[0] ?? '')),
);
const options = ['--no-config', '--host', url, '--size', '64x64', '-s', '1', '-o', join(folder, 'ours')];
const job = [bin, ...options, 'a lighthouse'];
const bare = [join(root, 'scripts', 'bare-job.js'), url, join(folder, 'bare.png')];
/** @type {Record<string, { ours: readonly string[], base: readonly string[], against: string, goal: string }>} */
const rows = {
  version: { ours: [bin, '--version'], base: ['-e', '0'], against: 'node -e 0', goal: '1.15' },
  help: { ours: [bin, '--help'], base: ['-e', '0'], against: 'node -e 0', goal: '1.35' },
  completion: {
    ours: [bin, 'completion', 'values', 'recipes', 'sd'],
    base: ['-e', '0'],
    against: 'node -e 0',
    goal: '1.25',
  },
  job: { ours: job, base: bare, against: 'bare script, fetch and ws', goal: '1.0' },
  floor: { ours: job, base: [...bare, 'http'], against: 'bare script, node:http and ws', goal: '1.6' },
};
const wanted = asked.only?.split(',') ?? Object.keys(rows);

try {
  console.log(`Node ${time(['-p', 'process.version']).out.trim()}, medians of ${rounds} pairs\n`);
  console.log('| row | against | time | CPU | ms | goal |\n|---|---|---|---|---|---|');
  for (let run = 0; run < Number(asked.runs); run++)
    for (const name of wanted) {
      const { ours, base, against, goal } = rows[name];
      const r = compare(ours, base);
      const cpu = r.cpu > 0 ? r.cpu.toFixed(2) : '–';
      const ms = `${r.ms.toFixed(0)} / ${r.base.toFixed(0)}`;
      console.log(`| ${name} | ${against} | ${r.wall.toFixed(2)} | ${cpu} | ${ms} | ${goal} |`);
    }
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}
