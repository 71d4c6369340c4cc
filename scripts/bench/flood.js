// The row of progress messages and previews by the thousand.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inTurn, jobOn, median } from './measure.js';
import { sinceLastEvent } from './short.js';
/** @import { Bench } from './measure.js' */
/** @import { Line } from './table.js' */

const perSecond = 5000;
const seconds = 3;

const floods = [
  { what: 'progress', said: 'progress messages', more: [] },
  { what: 'previews', said: 'steps of progress and a preview of 8 kB that nobody wants', more: [] },
  {
    what: 'asked',
    said: 'steps of progress and a preview of 8 kB, kept in a file',
    more: ['--preview-file', 'now.jpg'],
  },
];

/**
 * What a job takes more while 5,000 steps a second come than when none do, as a share of a core. They come from a process
 * of their own (flood-server.js), which also sees how late the last of them is read.
 * @param {Bench} bench
 * @returns {Promise<Line[]>}
 */
export async function flood(bench) {
  const quiet = await bench.serve('--step-ms', String(1000 * seconds + 400));
  /** @type {Line[]} */
  const lines = [];
  for (const { what, said, more } of floods) {
    const front = await startFront(bench, quiet, what);
    const pairs = await inTurn(
      bench.few,
      async () => measure(bench, front.url, more),
      async () => measure(bench, quiet, more),
    );
    front.stop();
    const cpu = median(pairs.map(({ a, b }) => (a.cpu - b.cpu) / (1000 * seconds)));
    const late = median(pairs.map(({ a, b }) => a.late - b.late));
    const read = median(front.told.map(({ lateMs }) => lateMs));
    const took = median(front.told.map(({ tookMs }) => tookMs));
    const note = `${perSecond * seconds} in ${took.toFixed(0)} ms, the last read ${read.toFixed(1)} ms later; the file ${late.toFixed(1)} ms later than without`;
    lines.push({ row: 'flood', against: `5,000 ${said} a second: one core`, cpu, note, goals: { cpu: 0.3 } });
  }
  return lines;
}

/**
 * @param {Bench} bench
 * @param {string} url
 * @param {readonly string[]} more
 */
async function measure(bench, url, more) {
  const { cpu, out } = await bench.run(jobOn(bench, url, ...more));
  return { cpu, late: await sinceLastEvent(url, out.trim()) };
}

/**
 * @param {Bench} bench
 * @param {string} upstream
 * @param {string} what
 */
async function startFront({ root }, upstream, what) {
  const args = [join(root, 'scripts', 'bench', 'flood-server.js'), upstream, String(perSecond), String(seconds), what];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = createInterface(child.stdout);
  const [url] = /** @type {[string]} */ (await once(said, 'line'));
  /** @type {{ tookMs: number, lateMs: number }[]} */
  const told = [];
  said.on('line', (line) => {
    const flooded = /** @type {typeof told[number]} */ (JSON.parse(line));
    told.push(flooded);
  });
  return { url, told, stop: () => child.kill() };
}
