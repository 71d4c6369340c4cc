// npm run bench -- --profile <row>: where the time of a row's own command goes, from CPU profiles of several runs.
// Places in the bundle are told by the maps of `node scripts/bundle.js --maps`, which is run first.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertArgs } from './load.js';
import { batchArgs } from './many.js';
import { jobOn, median } from './measure.js';
import { startUp } from './short.js';
/** @import { SourceMapPayload } from 'node:module' */
/** @import { Bench } from './measure.js' */

/** @typedef {{ functionName: string, url: string, lineNumber: number, columnNumber: number }} Place */
/** @typedef {{ id: number, callFrame: Place, children?: number[] }} Node */
/** @typedef {{ nodes: Node[], samples: number[], timeDeltas: number[] }} Profile */
/**
 * A function of a stack: what it is called in the tables, and the file that it is in.
 * @typedef {{ name: string, file: string }} Frame
 */

/**
 * The command of each row that has one of its own.
 * @type {Record<string, (bench: Bench) => readonly string[] | Promise<readonly string[]>>}
 */
const commands = {
  version: (bench) => [bench.bin, ...startUp.version.args],
  help: (bench) => [bench.bin, ...startUp.help.args],
  completion: (bench) => [bench.bin, ...startUp.completion.args],
  job: async (bench) => jobOn(bench, await bench.serve()),
  last: async (bench) => jobOn(bench, await bench.serve('--step-ms', '500')),
  large: async (bench) => jobOn(bench, await bench.serve('--fault', 'view-size=1000000000')),
  convert: (bench) => convertArgs(bench, 'convert'),
  jobs: async (bench) => batchArgs(bench, 200, [await bench.serve('--step-ms', '20')], 1),
  servers: async (bench) => {
    const hosts = Array.from({ length: 32 }, async () => bench.serve('--step-ms', '200'));
    return batchArgs(bench, 4 * hosts.length, await Promise.all(hosts), 10);
  },
};
const longRows = ['large', 'jobs', 'servers'];

export const profiled = Object.keys(commands);

/**
 * Prints the tables. Runs the command `bench.rounds` times without and with the profiler, in turn; long rows `bench.few` times.
 * @param {Bench} bench
 * @param {string} row one of `profiled`
 */
export async function profile(bench, row) {
  const built = spawnSync(process.execPath, [join(bench.root, 'scripts', 'bundle.js'), '--maps'], { stdio: 'inherit' });
  if (built.status !== 0) throw new Error('scripts/bundle.js --maps failed');
  const { measured, profiles } = await runsOf(bench, await commands[row](bench), longRows.includes(row));
  const { groups, files, functions } = sumsOf(profiles, bench.root);
  const [wall, cpu, start] = /** @type {const} */ (['wall', 'cpu', 'start']).map((what) =>
    median(measured.map((one) => one[what])),
  );
  groups.set("Node's own start and end (`node -e 0`)", start);
  const total = [...groups.values()].reduce((sum, ms) => sum + ms, 0);
  const lines = [
    `\`${row}\`, Node ${process.version}: ${wall.toFixed(0)} ms, CPU ${cpu.toFixed(0)} ms, medians of ${measured.length}. ` +
      `With the profiler ${total.toFixed(0)} ms, means of as many:\n`,
    ...tableOf('where the time goes', groups, total, 20),
    ...tableOf('file, self time', files, total, 20),
    ...tableOf('function, self time', functions, total, 30),
  ];
  console.log(lines.join('\n'));
}

/**
 * Runs a command without the profiler, bare node, and the command with the profiler, in turn.
 * @param {Bench} bench
 * @param {readonly string[]} args
 * @param {boolean} isLong
 */
async function runsOf(bench, args, isLong) {
  const folder = join(bench.folder, 'profile');
  mkdirSync(folder);
  await bench.run(args); // fills the caches
  /** @type {{ wall: number, cpu: number, start: number }[]} */
  const measured = [];
  for (let i = 0; i < (isLong ? bench.few : bench.rounds); i++) {
    const { wall, cpu } = await bench.run(args);
    measured.push({ wall, cpu, start: (await bench.time(['-e', '0'])).wall });
    await bench.run(['--cpu-prof', '--cpu-prof-interval', '100', '--cpu-prof-dir', folder, ...args]);
    rmSync(join(bench.folder, 'ours'), { recursive: true, force: true });
  }
  /** @type {Profile[]} */
  const profiles = [];
  for (const file of readdirSync(folder)) {
    /** @type {Profile} */
    const one = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    profiles.push(one);
  }
  return { measured, profiles };
}

/**
 * ms of each kind of work, file and function; means of all profiles.
 * @param {readonly Profile[]} profiles
 * @param {string} root
 */
function sumsOf(profiles, root) {
  /** @type {Record<'groups' | 'files' | 'functions', Map<string, number>>} */
  const sums = { groups: new Map(), files: new Map(), functions: new Map() };
  const frameOf = framesOf(root);
  for (const { nodes, samples, timeDeltas } of profiles) {
    const frames = new Map(nodes.map(({ id, callFrame }) => [id, frameOf(callFrame)]));
    const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
    samples.forEach((id, i) => {
      /** @type {Frame[]} */
      const stack = [];
      for (let at = /** @type {number | undefined} */ (id); at !== undefined; at = parents.get(at))
        stack.push(frames.get(at) ?? { name: '', file: '' });
      const group = groupOf(stack);
      if (group === undefined) return;
      const [{ name, file }] = stack;
      const ms = timeDeltas[i] / 1000 / profiles.length;
      add(sums.groups, group, ms);
      add(sums.files, file || name, ms);
      add(sums.functions, `${file} ${name}`.trim(), ms);
    });
  }
  return sums;
}

/**
 * @param {Map<string, number>} sums
 * @param {string} name
 * @param {number} ms
 */
function add(sums, name, ms) {
  sums.set(name, (sums.get(name) ?? 0) + ms);
}

/**
 * What a place in a program is called: in the bundle the source that it was made from, else the file below `root`.
 * @param {string} root
 * @returns {(place: Place) => Frame}
 */
function framesOf(root) {
  /** @type {Map<string, SourceMap | undefined>} */
  const maps = new Map();
  return ({ functionName, url, lineNumber, columnNumber }) => {
    const isFile = url.startsWith('file:') || url.startsWith('/');
    if (!isFile) return { name: functionName || '(anonymous)', file: url };
    const path = url.startsWith('file:') ? fileURLToPath(url) : url;
    if (!maps.has(path)) maps.set(path, mapOf(path));
    const found = maps.get(path)?.findEntry(lineNumber, columnNumber);
    if (found === undefined || !('originalSource' in found) || typeof found.originalSource !== 'string')
      return { name: `${functionName || '(anonymous)'}:${lineNumber + 1}`, file: relative(root, path) };
    const { name = functionName || '(anonymous)' } = /** @type {{ name?: string }} */ (found);
    return { name: `${name}:${found.originalLine + 1}`, file: found.originalSource.replace(/^(?:\.\.\/)+/, '') };
  };
}

/** @param {string} path */
function mapOf(path) {
  if (!existsSync(`${path}.map`)) return undefined;
  /** @type {SourceMapPayload} */
  const payload = JSON.parse(readFileSync(`${path}.map`, 'utf8'));
  return new SourceMap(payload);
}

const isLoader = /^node:internal\/modules\/|^node:vm$|^src\/files\/code-cache\.ts$|^start$|^bin\//;
const isBuiltInLoader = /^node:internal\/bootstrap\/realm$/;
const isStart = /^node:internal\/(?:bootstrap|main|process\/pre_execution)/;

/**
 * What kind of work the innermost function of a stack does; undefined for what `node -e 0` does too.
 * @param {readonly Frame[]} stack innermost first
 */
function groupOf([leaf, ...callers]) {
  if (leaf.file === '' && leaf.name === '(idle)') return 'waiting';
  if (leaf.file === '' && leaf.name === '(garbage collector)') return 'garbage collection';
  if (leaf.file === '' && /^\((?:program|root)\)$/.test(leaf.name)) return 'native code that no function called';
  for (const { file } of [leaf, ...callers]) {
    if (isBuiltInLoader.test(file)) return isInStart(callers) ? undefined : "loading Node's built-in modules";
    if (isLoader.test(file)) return 'finding, reading and compiling our code';
    if (isStart.test(file)) return undefined;
    if (file === '' || file.startsWith('node:')) continue;
    if (leaf.file === '' || leaf.file.startsWith('node:')) return "Node's modules, called by our code";
    return file.includes('node_modules/') ? 'packages in the bundle' : 'our code';
  }
  return "Node's modules, called by events";
}

/** @param {readonly Frame[]} callers */
const isInStart = (callers) =>
  callers.every(({ file }) => file === '' || (file.startsWith('node:internal/') && !isLoader.test(file)));

/**
 * @param {string} title
 * @param {ReadonlyMap<string, number>} sums
 * @param {number} total
 * @param {number} most rows
 */
function tableOf(title, sums, total, most) {
  const rows = [...sums].sort(([, a], [, b]) => b - a).slice(0, most);
  return [
    `| ${title} | ms | % |\n|---|---|---|`,
    ...rows.map(([name, ms]) => `| ${name} | ${ms.toFixed(1)} | ${((100 * ms) / total).toFixed(0)} |`),
    '',
  ];
}
