// The table of `npm run bench`: a row for each comparison, with one figure a run, and what it was measured on.
import { cpus, loadavg, release, type } from 'node:os';

/** @typedef {'time' | 'cpu' | 'memory'} What */
/**
 * One comparison. `time`, `cpu` and `memory` are ratios to what it is compared with, if `units` does not say otherwise;
 * `note` has the figures themselves, ours first. A goal is the most that a figure may be; where `isMoreBetter`, the least.
 * @typedef {{
 *   row: string, against: string, time?: number, cpu?: number, memory?: number, note: string,
 *   goals: Partial<Record<What, number>>, units?: Partial<Record<What, string>>, isMoreBetter?: boolean,
 * }} Line
 */

/** @type {Record<What, string>} */
const names = { time: 'time', cpu: 'CPU', memory: 'memory' };
/** @type {What[]} */
const whats = ['time', 'cpu', 'memory'];

/**
 * Where and when: put above the table.
 * @param {{ rounds: number, few: number, runs: number }} counts
 */
export function setting({ rounds, few, runs }) {
  const cores = cpus();
  const date = new Date().toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
  const machine = `${type()} ${release()}, ${cores.length} cores (${cores[0]?.model.trim() ?? 'unknown'})`;
  const load = loadavg().map((n) => n.toFixed(1));
  return (
    `Node ${process.version}, ${date}, ${machine}, load at the start ${load.join(' ')}. ` +
    `${runs} ${runs === 1 ? 'run' : 'runs'} a row, each the median of ${rounds} pairs in turn; long rows of ${few}.`
  );
}

/**
 * The whole table.
 * @param {readonly Line[]} lines of all runs, in the order in which they were measured
 */
export function asTable(lines) {
  /** @type {Map<string, Line[]>} */
  const rows = new Map();
  for (const line of lines) {
    const name = `${line.row} ${line.against}`;
    rows.set(name, [...(rows.get(name) ?? []), line]);
  }
  const head =
    '| row | against | time | CPU | memory | ours / theirs | goal | reached |\n|---|---|---|---|---|---|---|---|';
  return [head, ...[...rows.values()].map(asRow)].join('\n');
}

/**
 * One row of the table; the figures of each run side by side, the note of the run whose time is the median.
 * @param {readonly Line[]} lines the same row in each run
 */
export function asRow(lines) {
  const [{ row, against }] = lines;
  const figures = whats.map((what) => {
    const known = lines.filter((line) => line[what] !== undefined).map((line) => shown(line, what));
    return known.length === 0 ? '–' : known.join(' ') + (lines[0].units?.[what] ?? '');
  });
  const middle = [...lines].sort((a, b) => (a.time ?? 0) - (b.time ?? 0))[Math.floor(lines.length / 2)];
  return `| \`${row}\` | ${[against, ...figures, middle.note, goalOf(lines[0]), reached(lines)].join(' | ')} |`;
}

/** @param {Line} line @param {What} what */
const shown = (line, what) => (line[what] ?? 0).toFixed(line.units?.[what] === ' MB' ? 0 : 2);

/** @param {Line} line */
const goalOf = ({ goals, units, isMoreBetter }) =>
  whats
    .filter((what) => goals[what] !== undefined)
    .map((what) => `${names[what]} ${isMoreBetter ? '>=' : '<='} ${goals[what]}${units?.[what] ?? ''}`)
    .join(', ');

/**
 * Whether all goals were reached, as the table shows the figures, and in how many of the runs.
 * @param {readonly Line[]} lines
 */
function reached(lines) {
  const good = lines.filter((line) =>
    whats.every((what) => {
      const [figure, goal] = [Number(shown(line, what)), line.goals[what]];
      return goal === undefined || (line.isMoreBetter ? figure >= goal : figure <= goal);
    }),
  ).length;
  if (good === lines.length) return 'yes';
  return good === 0 ? 'no' : `${good} of ${lines.length}`;
}
