// What a pull request does to the short rows of `npm run bench`: node scripts/bench-base.js [<branch>] (origin/main, else main).
// Builds the merge base in a git worktree below a temporary folder and runs both builds in turn, in the same minutes. Prints a
// table, in CI into the job's summary as well. Nothing is asserted: it fails only if it could not run.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { closeBench, inTurn, jobOn, median, openBench } from './bench/measure.js';
/** @import { Bench, Measured } from './bench/measure.js' */

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Runs a program to its end and returns what it printed. Throws when it fails.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function sh(program, args, cwd = root) {
  // Windows has npm as a .cmd file, which only a shell can start
  const done = spawnSync(program, args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
  if (done.status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${done.error?.message ?? done.stdout + done.stderr}`);
  return done.stdout.trim();
}

/** The commit that the work began from. Throws if there is none. */
function mergeBase(/** @type {string | undefined} */ branch) {
  const names = branch === undefined ? ['origin/main', 'main'] : [branch];
  const known = names.find(
    (name) => spawnSync('git', ['rev-parse', '--verify', '-q', name], { cwd: root }).status === 0,
  );
  if (known === undefined) throw new Error(`no branch ${names.join(' or ')}: fetch it, or name another`);
  return sh('git', ['merge-base', known, 'HEAD']);
}

/**
 * The base as a built clone in `folder`: with our packages if it has the same, else with its own.
 * @param {string} base
 * @param {string} folder
 */
function build(base, folder) {
  sh('git', ['worktree', 'add', '--detach', folder, base]);
  const isSame = spawnSync('git', ['diff', '--quiet', base, '--', 'package-lock.json'], { cwd: root }).status === 0;
  if (isSame) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  else sh('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  sh('npm', ['run', 'build'], folder);
}

/**
 * One run of each row; the demo server at `url` is the same for both builds.
 * @type {Record<string, (bench: Bench, url: string) => Measured | Promise<Measured>>}
 */
const rows = {
  version: (bench) => bench.time([bench.bin, '--version']),
  help: (bench) => bench.time([bench.bin, '--help']),
  completion: (bench) => bench.time([bench.bin, 'completion', 'values', 'recipes', 'sd']),
  job: async (bench, url) => bench.run(jobOn(bench, url)),
};

/**
 * @param {Bench} ours
 * @param {Bench} base
 */
async function compareAll(ours, base) {
  const lines = ['| row | time | CPU | memory | ms: this / base |', '|---|---|---|---|---|'];
  const url = await ours.serve();
  for (const [name, once] of Object.entries(rows)) {
    const pairs = await inTurn(
      ours.rounds,
      () => once(ours, url),
      () => once(base, url),
    );
    /** @param {'wall' | 'cpu' | 'peak'} what */
    const ratio = (what) => median(pairs.map(({ a }) => a[what])) / median(pairs.map(({ b }) => b[what]));
    const cells = [ratio('wall'), ratio('cpu'), ratio('peak')].map((n) => (n > 0 ? n.toFixed(2) : '–'));
    const ms = [pairs.map(({ a }) => a.wall), pairs.map(({ b }) => b.wall)].map((list) => median(list).toFixed(0));
    lines.push(`| \`${name}\` | ${cells.join(' | ')} | ${ms.join(' / ')} |`);
  }
  return lines.join('\n');
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { rounds: { type: 'string', default: '15' } },
    allowPositionals: true,
  });
  const rounds = Number(values.rounds);
  const base = mergeBase(positionals[0]);
  const folder = mkdtempSync(join(tmpdir(), 'comfy-gen-base-'));
  /** @type {Bench[]} */
  const benches = [];
  try {
    build(base, join(folder, 'base'));
    benches.push(openBench(root, { rounds, few: 1 }), openBench(join(folder, 'base'), { rounds, few: 1 }));
    const table = await compareAll(benches[0], benches[1]);
    const text = `### Time against ${base.slice(0, 7)}\n\nNode ${process.version}, medians of ${rounds} pairs; above 1 is slower; small differences are noise.\n\n${table}\n`;
    console.log(text);
    const summary = process.env['GITHUB_STEP_SUMMARY'];
    if (summary !== undefined) appendFileSync(summary, text);
  } finally {
    for (const bench of benches) closeBench(bench);
    spawnSync('git', ['worktree', 'remove', '--force', join(folder, 'base')], { cwd: root });
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

await main();
