// Rows of many jobs in one process: 200 short ones on one server, 8 and 32 servers against one, batches of any length.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './measure.js';
/** @import { Bench } from './measure.js' */
/** @import { Line } from './table.js' */

/**
 * The command line of a batch of so many rows.
 * @param {Bench} bench
 * @param {number} rows
 * @param {readonly string[]} hosts
 * @param {number} steps
 */
export function batchArgs(bench, rows, hosts, steps) {
  const file = join(bench.folder, 'rows.txt');
  writeFileSync(file, Array.from({ length: rows }, (_none, i) => `lighthouse number ${i}\n`).join(''));
  const options = ['--no-config', '--size', '64x64', '-s', String(steps), '-q', '-o', join(bench.folder, 'batch')];
  return [bench.bin, 'batch', file, ...options, ...hosts.flatMap((host) => ['--host', host])];
}

/**
 * Runs it as a process of its own.
 * @param {Bench} bench
 * @param {number} rows
 * @param {readonly string[]} hosts
 * @param {number} steps
 */
async function batch(bench, rows, hosts, steps) {
  const done = await bench.run(batchArgs(bench, rows, hosts, steps));
  const files = done.out.split('\n').length - 1;
  if (files !== rows) throw new Error(`${files} files of ${rows} rows`);
  return done;
}

/** @param {Bench} bench @returns {Promise<Line[]>} */
export async function jobs(bench) {
  const count = 200;
  /** @type {{ makespan: number, whole: number, busy: number }[]} */
  const runs = [];
  for (let i = 0; i < bench.few; i++) {
    const url = await bench.serve('--step-ms', '20');
    await batch(bench, 1, [url], 1);
    const { wall } = await batch(bench, count, [url], 1);
    const spans = (await spansOf(url)).slice(-count);
    const busy = spans.reduce((sum, { from, to }) => sum + to - from, 0);
    const makespan = Math.max(...spans.map(({ to }) => to)) - Math.min(...spans.map(({ from }) => from));
    runs.push({ makespan, whole: wall, busy });
    bench.stop();
  }
  const note = `${median(runs.map((r) => r.whole)).toFixed(0)} / ${median(runs.map((r) => r.busy)).toFixed(0)} ms`;
  const against = "200 jobs of 20 ms: the server's busy time";
  const time = median(runs.map((r) => r.makespan / r.busy));
  const whole = median(runs.map((r) => r.whole / r.busy));
  return [
    { row: 'jobs', against: `${against}; first start to last end`, time, note: '', goals: { time: 1.03 } },
    { row: 'jobs', against: `${against}; whole run`, time: whole, note, goals: { time: 1.08 } },
  ];
}

/**
 * When each job began and ended, in ms since 1970, in the order in which they began.
 * @param {string} url
 */
async function spansOf(url) {
  /** @typedef {Record<string, { status: { messages: [string, { timestamp: number }][] } }>} History */
  const history = /** @type {History} */ (await (await fetch(`${url}/history`)).json());
  return Object.values(history)
    .map(({ status }) => status.messages.map(([, { timestamp }]) => timestamp))
    .map((times) => ({ from: Math.min(...times), to: Math.max(...times) }))
    .sort((a, b) => a.from - b.from);
}

/**
 * Each server is a process of its own and gets 4 jobs of 2 s; whole runs, start-up included. All have done a job before:
 * 32 of them that compile their own code at once would take this machine's processors a second.
 * @param {Bench} bench
 * @returns {Promise<Line[]>}
 */
export async function servers(bench) {
  const each = 4;
  /** @param {number} count */
  const timeOf = async (count) => {
    const hosts = await Promise.all(Array.from({ length: count }, async () => bench.serve('--step-ms', '200')));
    await batch(bench, count, hosts, 1);
    const { wall } = await batch(bench, each * count, hosts, 10);
    bench.stop();
    return wall;
  };
  /** @type {{ one: number, eight: number, many: number }[]} */
  const runs = [];
  for (let i = 0; i < bench.few; i++) {
    runs.push({ one: await timeOf(1), eight: await timeOf(8), many: await timeOf(32) });
  }
  const one = median(runs.map((r) => r.one));
  /** @type {(count: number, wall: number, times: number, goal: number) => Line} */
  const line = (count, wall, times, goal) => ({
    row: 'servers',
    against: `${count} servers, jobs in the same time as one`,
    time: times,
    note: `${wall.toFixed(0)} / ${one.toFixed(0)} ms`,
    goals: { time: goal },
    units: { time: ' times' },
    isMoreBetter: true,
  });
  const [eight, many] = [median(runs.map((r) => r.eight)), median(runs.map((r) => r.many))];
  return [
    line(8, eight, median(runs.map((r) => (8 * r.one) / r.eight)), 7.8),
    line(32, many, median(runs.map((r) => (32 * r.one) / r.many)), 30),
  ];
}

/**
 * Batches as long as `--counts` says, each compared with the first: time a row and peak memory.
 * @param {Bench} bench
 * @returns {Promise<Line[]>}
 */
export async function rows(bench) {
  const hosts = [await bench.serve(), await bench.serve()];
  /** @type {{ count: number, each: number, peak: number }[]} */
  const runs = [];
  for (const count of bench.counts) {
    const { wall, peak } = await batch(bench, count, hosts, 1);
    runs.push({ count, each: wall / count, peak });
  }
  return runs.map(({ count, each, peak }) => ({
    row: 'rows',
    against: `${count} rows: ${runs[0].count} rows, time a row`,
    time: each / runs[0].each,
    memory: peak,
    note: `${each.toFixed(1)} / ${runs[0].each.toFixed(1)} ms a row`,
    goals: { time: 1, memory: 150 },
    units: { memory: ' MB' },
  }));
}
