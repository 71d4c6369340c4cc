// npm run bench: what the tool takes as a ratio to programs that do the least possible, measured in the same run. Nothing is asserted.
// Prints the rows of docs/performance.md; scripts/on-node.js runs it with other Nodes. Each row is a function in scripts/bench/.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { flood } from './bench/flood.js';
import { convert, large } from './bench/load.js';
import { jobs, rows, servers } from './bench/many.js';
import { closeBench, openBench } from './bench/measure.js';
import { profile, profiled } from './bench/profile.js';
import { floor, job, last, memory, rivals, startUpRow } from './bench/short.js';
import { asRow, asTable, setting } from './bench/table.js';
/** @import { Bench } from './bench/measure.js' */
/** @import { Line } from './bench/table.js' */

const usage = `usage: npm run bench -- [--only <rows>] [--rounds <n>] [--few <n>] [--runs <n>] [--counts <n,n>] [--rival <name=command>]...
       npm run bench -- --profile <row> [--rounds <n>]
  --only    rows by name, with commas: version,help,completion,job,floor,memory,last (together the default, "short"),
            large,flood,convert,jobs,servers,rows ("long"), rivals; "all" is short, long and rivals
  --rounds  pairs of a short row and of convert (15)
  --few     pairs or runs of large, flood, jobs, servers (3)
  --runs    how often all rows are measured (1)
  --counts  rows of the batches of "rows" (1000,10000,100000)
  --rival   another program that makes a picture: "name=command line"; {url} in it is the address of the server, {port} its port
  --profile where the time of a row's own command goes: ${profiled.join(', ')}
`;

/** @type {Record<string, (bench: Bench) => Promise<Line[]>>} */
const short = {
  version: async (bench) => startUpRow(bench, 'version'),
  help: async (bench) => startUpRow(bench, 'help'),
  completion: async (bench) => startUpRow(bench, 'completion'),
  ...{ job, floor, memory, last },
};
/** @type {typeof short} */
const long = { large, flood, convert, jobs, servers, rows };
/** @type {typeof short} */
const all = { ...short, ...long, rivals };

/** @param {string | undefined} only */
function rowsOf(only) {
  const groups = new Map(Object.entries({ short, long, all }).map(([name, group]) => [name, Object.keys(group)]));
  return (only ?? 'short').split(',').flatMap((word) => groups.get(word) ?? [word]);
}

async function main() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '15' },
      few: { type: 'string', default: '3' },
      runs: { type: 'string', default: '1' },
      counts: { type: 'string', default: '1000,10000,100000' },
      profile: { type: 'string' },
      rival: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean' },
    },
  });
  const wanted = rowsOf(values.only ?? (values.rival.length > 0 ? 'rivals' : undefined));
  const numbers = [values.rounds, values.few, values.runs, ...values.counts.split(',')].map(Number);
  const isKnown = wanted.every((name) => Object.hasOwn(all, name)) && profiled.includes(values.profile ?? 'job');
  if (values.help || !isKnown || !numbers.every((n) => n >= 1)) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const [rounds, few, runs, ...counts] = numbers;
  const bench = openBench(join(dirname(fileURLToPath(import.meta.url)), '..'), {
    ...{ rounds, few, counts, rivals: values.rival },
  });
  try {
    if (values.profile !== undefined) await profile(bench, values.profile);
    else await measureAll(bench, wanted, runs);
  } finally {
    closeBench(bench);
  }
  return 0;
}

/**
 * Prints the table, also of what there is when a row fails.
 * @param {Bench} bench
 * @param {readonly string[]} wanted
 * @param {number} runs
 */
async function measureAll(bench, wanted, runs) {
  console.log(`${setting({ rounds: bench.rounds, few: bench.few, runs })}\n`);
  /** @type {Line[]} */
  const done = [];
  try {
    for (let run = 1; run <= runs; run++)
      for (const name of wanted) {
        for (const line of await all[name](bench)) {
          done.push(line);
          process.stderr.write(`run ${run} of ${runs}: ${asRow([line])}\n`);
        }
        bench.stop();
      }
  } finally {
    console.log(asTable(done));
  }
}

process.exitCode = await main();
