// Rows of much data: an output of 1 GB, definitions of 20 MB.
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { both, inTurn, jobOn, median, ratio } from './measure.js';
/** @import { Bench } from './measure.js' */
/** @import { Line } from './table.js' */

/** @param {Bench} bench @returns {Promise<Line[]>} */
export async function large(bench) {
  const url = await bench.serve('--fault', 'view-size=1000000000');
  const bare = join(bench.folder, 'bare.bin');
  const pairs = await inTurn(
    bench.few,
    async () => bench.run(jobOn(bench, url)).then((done) => withoutFile(done, done.out.trim())),
    async () =>
      bench.run([join(bench.root, 'scripts', 'bare-job.js'), url, bare, 'undici']).then((d) => withoutFile(d, bare)),
  );
  return [
    {
      row: 'large',
      against: '1 GB output: bare script, undici and ws, written as it comes',
      ...{ time: ratio(pairs, 'wall'), cpu: ratio(pairs, 'cpu'), memory: ratio(pairs, 'peak') },
      note: `${both(pairs, 'wall')} ms, ${both(pairs, 'peak')} MB`,
      goals: { time: 1.1, memory: 1.15 },
    },
  ];
}

/**
 * @template T
 * @param {T} done
 * @param {string} file
 */
function withoutFile(done, file) {
  if (statSync(file).size < 1e9) throw new Error(`${file} has ${statSync(file).size} bytes`);
  rmSync(file);
  return done;
}

/**
 * The command line of one conversion of the largest template of our tests with definitions of 20 MB, or of only parsing both.
 * @param {Bench} bench
 * @param {'convert' | 'parse'} way
 */
export function convertArgs(bench, way) {
  const folder = join(bench.root, 'test', 'fixtures', 'conversion');
  const templates = readdirSync(folder).filter((name) => name !== 'definitions.json');
  const largest = templates.sort((a, b) => statSync(join(folder, b)).size - statSync(join(folder, a)).size)[0];
  const info = join(bench.folder, 'object_info.json');
  if (!existsSync(info))
    writeFileSync(info, definitionsOf(20e6, readFileSync(join(folder, 'definitions.json'), 'utf8')));
  return [join(bench.root, 'scripts', 'bench', 'convert-once.js'), way, join(folder, largest), info];
}

/**
 * Each time in a process of its own, which says how long it took.
 * @param {Bench} bench
 * @returns {Promise<Line[]>}
 */
export async function convert(bench) {
  /** @param {'convert' | 'parse'} way */
  const timeOf = async (way) => Number((await bench.run(convertArgs(bench, way))).out);
  const pairs = await inTurn(
    bench.rounds,
    async () => timeOf('convert'),
    async () => timeOf('parse'),
  );
  const against = '`JSON.parse` of the template and 20 MB of definitions';
  const time = median(pairs.map(({ a, b }) => a / b));
  const note = `${median(pairs.map(({ a }) => a)).toFixed(0)} / ${median(pairs.map(({ b }) => b)).toFixed(0)} ms`;
  return [{ row: 'convert', against, time, note, goals: { time: 3 } }];
}

/**
 * These definitions, and then the same under other names until there are so many bytes.
 * @param {number} bytes
 * @param {string} text
 */
function definitionsOf(bytes, text) {
  /** @type {Record<string, unknown>} */
  const definitions = JSON.parse(text);
  const known = Object.entries(definitions);
  const pieces = known.map(([name, definition]) => [name, JSON.stringify(definition)]);
  let size = 0;
  /** @type {string[]} */
  const out = [];
  for (let copy = 0; size < bytes; copy++) {
    for (const [name, definition] of pieces) {
      const entry = `${JSON.stringify(copy === 0 ? name : `${name} of pack ${copy}`)}:${definition}`;
      out.push(entry);
      size += entry.length + 1;
    }
  }
  return `{${out.join(',')}}`;
}
