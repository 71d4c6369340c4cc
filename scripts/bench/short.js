// Rows of whole short processes: start-up, completion, one trivial job, its memory, the time from the last event to the file, rivals.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { both, inTurn, jobOn, median, ratio } from './measure.js';
/** @import { Bench } from './measure.js' */
/** @import { Line } from './table.js' */

/**
 * Medians of the ratios pair by pair.
 * @param {Bench} bench
 * @param {Bench['run']} once
 * @param {readonly string[]} ours
 * @param {readonly string[]} theirs
 */
async function compare(bench, once, ours, theirs) {
  const pairs = await inTurn(
    bench.rounds,
    async () => once(ours),
    async () => once(theirs),
  );
  const note = `${both(pairs, 'wall')} ms, CPU ${both(pairs, 'cpu')} ms, ${both(pairs, 'peak')} MB`;
  return { time: ratio(pairs, 'wall'), cpu: ratio(pairs, 'cpu'), memory: ratio(pairs, 'peak'), note };
}

/** Commands that only start, and the goal of each. */
export const startUp = {
  version: { args: ['--version'], goals: { time: 1.15 } },
  help: { args: ['--help'], goals: { time: 1.35 } },
  completion: { args: ['completion', 'values', 'recipes', 'sd'], goals: { time: 1.25 } },
};

/**
 * @param {Bench} bench
 * @param {keyof typeof startUp} row
 * @returns {Promise<Line[]>}
 */
export async function startUpRow(bench, row) {
  const { args, goals } = startUp[row];
  const figures = await compare(bench, bench.time, [bench.bin, ...args], ['-e', '0']);
  return [{ row, against: '`node -e 0`', ...figures, goals }];
}

/**
 * @param {Bench} bench
 * @param {string} url
 * @param {'fetch' | 'http'} way
 */
const bareJob = (bench, url, way) => [
  join(bench.root, 'scripts', 'bare-job.js'),
  url,
  join(bench.folder, 'bare.png'),
  way,
];

/** @param {Bench} bench @returns {Promise<Line[]>} */
export async function job(bench) {
  const url = await bench.serve();
  const figures = await compare(bench, bench.run, jobOn(bench, url), bareJob(bench, url, 'fetch'));
  return [{ row: 'job', against: 'bare script, `fetch` and ws', ...figures, goals: { time: 1, cpu: 1 } }];
}

/** @param {Bench} bench @returns {Promise<Line[]>} */
export async function floor(bench) {
  const url = await bench.serve();
  const figures = await compare(bench, bench.run, jobOn(bench, url), bareJob(bench, url, 'http'));
  return [{ row: 'floor', against: 'bare script, `node:http` and ws', ...figures, goals: { time: 1.6 } }];
}

/** @param {Bench} bench @returns {Promise<Line[]>} */
export async function memory(bench) {
  const url = await bench.serve();
  const fetchOnce = ['-e', `fetch(${JSON.stringify(url)}).then((answer) => answer.text())`];
  const figures = await compare(bench, bench.run, jobOn(bench, url), fetchOnce);
  return [{ row: 'memory', against: 'node with one `fetch`', ...figures, goals: { memory: 1.3 } }];
}

/**
 * The difference of two medians: from the server's last event to the file complete under its name. A step of half a
 * second, so that both wait when the event comes.
 * @param {Bench} bench
 * @returns {Promise<Line[]>}
 */
export async function last(bench) {
  const url = await bench.serve('--step-ms', '500');
  const bare = bareJob(bench, url, 'fetch');
  const pairs = await inTurn(
    bench.rounds,
    async () => sinceLastEvent(url, (await bench.run(jobOn(bench, url))).out.trim()),
    async () => bench.run(bare).then(() => sinceLastEvent(url, bare[2])),
  );
  const [ours, theirs] = [median(pairs.map(({ a }) => a)), median(pairs.map(({ b }) => b))];
  const note = `${ours.toFixed(1)} / ${theirs.toFixed(1)} ms`;
  const [goals, units] = [{ time: 5 }, { time: ' ms more' }];
  return [{ row: 'last', against: 'bare script, `fetch` and ws', time: ours - theirs, note, goals, units }];
}

/**
 * ms from the last event of the newest job to the last change of this file, its name included.
 * @param {string} url
 * @param {string} file
 */
export async function sinceLastEvent(url, file) {
  /** @typedef {Record<string, { status: { messages: [string, { timestamp: number }][] } }>} History */
  const history = /** @type {History} */ (await (await fetch(`${url}/history`)).json());
  const times = Object.values(history).map(({ status }) => Math.max(...status.messages.map(([, m]) => m.timestamp)));
  return statSync(file).ctimeMs - Math.max(...times);
}

/**
 * Our job against each `--rival name=command`: a command line of the shell, in which {url} is the server's address and {port} its port.
 * @param {Bench} bench
 * @returns {Promise<Line[]>}
 */
export async function rivals(bench) {
  const url = await bench.serve();
  /** @type {Line[]} */
  const lines = [];
  for (const rival of bench.rivals) {
    const found = /^([^=]+)=(.+)$/s.exec(rival);
    if (found === null) throw new Error(`--rival ${rival}: write name=command`);
    const [, name, command] = found;
    const pairs = await inTurn(
      bench.rounds,
      async () => (await bench.run(jobOn(bench, url))).wall,
      async () => shellTime(command.replaceAll('{url}', url).replaceAll('{port}', new URL(url).port), bench.folder),
    );
    const note = `${median(pairs.map(({ a }) => a)).toFixed(0)} / ${median(pairs.map(({ b }) => b)).toFixed(0)} ms`;
    const time = median(pairs.map(({ a, b }) => a / b));
    lines.push({ row: `rival ${name}`, against: name, time, note, goals: { time: 0.5 } });
  }
  return lines;
}

/**
 * @param {string} command
 * @param {string} cwd
 */
async function shellTime(command, cwd) {
  const began = performance.now();
  const code = await new Promise((resolve) =>
    spawn(command, { cwd, shell: true, stdio: ['ignore', 'ignore', 'inherit'] }).once('close', resolve),
  );
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}`);
  return performance.now() - began;
}
