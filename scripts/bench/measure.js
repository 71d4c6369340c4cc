// What the rows of `npm run bench` share: a folder, demo servers as processes of their own, measured programs, medians.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * ms, ms of user and system time, MB, standard output.
 * @typedef {{ wall: number, cpu: number, peak: number, out: string }} Measured
 */
/**
 * `root` is the build that is measured. `rounds` is 15 for what takes less than a second; longer rows take what `few` says.
 * @typedef {{
 *   root: string, bin: string, folder: string, env: NodeJS.ProcessEnv, rounds: number, few: number, rivals: readonly string[], counts: readonly number[],
 *   serve: (...options: string[]) => Promise<string>, stop: () => void,
 *   run: (args: readonly string[]) => Promise<Measured>, time: (args: readonly string[]) => Promise<Measured>,
 * }} Bench
 */

const here = dirname(fileURLToPath(import.meta.url));

/**
 * @param {string} root
 * @param {{ rounds: number, few: number, rivals?: readonly string[], counts?: readonly number[] }} options
 * @returns {Bench}
 */
export function openBench(root, { rounds, few, rivals = [], counts = [] }) {
  const folder = mkdtempSync(join(tmpdir(), 'comfy-gen-bench-'));
  const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') };
  const bin = join(root, 'bin', 'comfy-gen.js');
  /** @type {import('node:child_process').ChildProcess[]} */
  const servers = [];
  return {
    ...{ root, bin, folder, env, rounds, few, rivals, counts },
    serve: async (...options) => {
      const args = [bin, 'serve', '-q', '--port', '0', '--step-ms', '0', '--load-ms', '0', ...options];
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
      servers.push(child);
      return new Promise((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`comfy-gen serve ended with ${code}`)));
        child.stdout.once('data', (data) => resolve(/https?:\/\/[^\s]+/.exec(String(data))?.[0] ?? ''));
      });
    },
    stop: () => {
      for (const child of servers.splice(0)) child.removeAllListeners('exit').kill();
    },
    run: async (args) => measured(args, { cwd: folder, env, report: join(folder, 'report.json') }),
    time: async (args) => {
      const { wall } = timed(args, { cwd: folder, env });
      return { ...(await measured(args, { cwd: folder, env, report: join(folder, 'report.json') })), wall };
    },
  };
}

/** @param {Bench} bench */
export function closeBench({ stop, folder }) {
  stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Runs a program of Node's to its end. Throws what it wrote to standard error when it fails.
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, report: string }} place
 * @returns {Promise<Measured>}
 */
async function measured(args, { cwd, env, report }) {
  const began = performance.now();
  const child = spawn(process.execPath, ['--require', join(here, 'report.cjs'), ...args], {
    cwd,
    env: { ...env, BENCH_REPORT: report },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => (out += String(data)));
  child.stderr.on('data', (data) => (err += String(data)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const wall = performance.now() - began;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
  const { peak, cpu } = /** @type {{ peak: number, cpu: number }} */ (JSON.parse(readFileSync(report, 'utf8')));
  return { wall, cpu, peak, out };
}

/**
 * How long it takes with nothing loaded before the program, for those that take so little that it would show.
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} place
 */
function timed(args, { cwd, env }) {
  const began = performance.now();
  const done = spawnSync(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const wall = performance.now() - began;
  if (done.status !== 0) throw new Error(`${args.join(' ')} ended with ${done.status}: ${done.stderr.toString()}`);
  return { wall };
}

/**
 * Runs the two in turn, a b a b …, and returns what each measured.
 * @template T
 * @param {number} rounds
 * @param {() => T | Promise<T>} a
 * @param {() => T | Promise<T>} b
 */
export async function inTurn(rounds, a, b) {
  await a();
  await b();
  /** @type {{ a: T, b: T }[]} */
  const pairs = [];
  for (let i = 0; i < rounds; i++) pairs.push({ a: await a(), b: await b() });
  return pairs;
}

/** @param {readonly number[]} list */
export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** @typedef {readonly { a: Measured, b: Measured }[]} Pairs */

/**
 * @param {Pairs} pairs
 * @param {'wall' | 'cpu' | 'peak'} what
 */
export const ratio = (pairs, what) => median(pairs.map(({ a, b }) => a[what] / Math.max(b[what], 1)));

/**
 * @param {Pairs} pairs
 * @param {'wall' | 'cpu' | 'peak'} what
 */
export const both = (pairs, what) =>
  [pairs.map(({ a }) => a[what]), pairs.map(({ b }) => b[what])].map((list) => median(list).toFixed(0)).join(' / ');

/**
 * The options of a job that needs a server no time, and a command line that runs it.
 * @param {Bench} bench
 * @param {string} url
 * @param {...string} more
 */
export function jobOn({ bin, folder }, url, ...more) {
  const options = ['--no-config', '--host', url, '--size', '64x64', '-s', '1', '-o', join(folder, 'ours'), ...more];
  return [bin, ...options, 'a lighthouse'];
}
