// What the package runs, as few files that start fast. bundle/ is the command: src/cli and the packages that it uses, minified.
// lib/ is the library: its modules put together by what the entries share, readable; the packages that it uses are in bundle/.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { rolldown } from 'rolldown';
import { licences } from './licences.js';
/** @import { SourceMapMappings } from '@jridgewell/sourcemap-codec' */
/** @import { InputOptions, OutputOptions, Plugin } from 'rolldown' */

const root = fileURLToPath(new URL('..', import.meta.url));
const { version, peerDependenciesMeta, optionalDependencies } =
  /** @type {{ version: string, peerDependenciesMeta: object, optionalDependencies: object }} */ (
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  );
/** For scripts/bench/profile.js: the same files, and beside each the map that tells what each place in it was. */
const withMaps = process.argv.includes('--maps');
/** What users install for themselves, if they want it; cosmiconfig asks for typescript where a config is a program. */
const optional = [...Object.keys({ ...peerDependenciesMeta, ...optionalDependencies }), 'typescript'];

/** Packages that command and library use: a file each, which both load. Of undici the forms, without its client. */
const sharedPackages = /** @type {Record<string, string>} */ ({
  'csv-parse': `export { parse } from 'csv-parse';`,
  undici: `
    import forms from 'undici/lib/web/fetch/formdata.js';
    import answers from 'undici/lib/web/fetch/response.js';
    export const { FormData } = forms;
    export const { Response } = answers;`,
  ws: `
    import * as ws from 'ws';
    export const { WebSocket, WebSocketServer } = ws;`,
});

/** Of these packages only what src/ takes: else cosmiconfig's search comes along, and yaml's parts for other uses. */
const partsOfPackages = /** @type {Record<string, string>} */ ({
  cosmiconfig: `
    import { loadYaml } from 'cosmiconfig/dist/loaders.js';
    export const defaultLoaders = { '.yaml': loadYaml };`,
  yaml: `export { parseDocument } from './node_modules/yaml/browser/index.js';`,
});

/**
 * Those, and without what nothing here comes to: cosmiconfig's loaders of programs and JSON, all of ora's spinners but its own two.
 * @type {Plugin}
 */
const parts = {
  name: 'parts of packages',
  resolveId(id, importer = '') {
    if (/^(import-fresh|parse-json)$/.test(id)) return { id, external: true };
    const isPart = Object.hasOwn(partsOfPackages, id) && importer.startsWith(join(root, 'src'));
    return isPart ? { id: join(root, `${id}-parts`), moduleSideEffects: false } : undefined;
  },
  load: (id) => partsOfPackages[/^(\w+)-parts$/.exec(basename(id))?.[1] ?? ''],
  transform(code, id) {
    if (!/cli-spinners.spinners\.json$/.test(id)) return undefined;
    const { dots, line } = /** @type {Record<string, object>} */ (JSON.parse(code));
    return JSON.stringify({ dots, line });
  },
};

/**
 * A program that has no file of its own.
 * @type {(name: string, code: string) => Plugin}
 */
const program = (name, code) => ({
  name,
  resolveId: (id) => (id === name ? join(root, name) : undefined),
  load: (id) => (id === join(root, name) ? code : undefined),
});

/**
 * The files of `sharedPackages`, by package.
 * @type {(files: ReadonlyMap<string, string>, folder: string) => Plugin}
 */
const shared = (files, folder) => ({
  name: 'shared packages',
  resolveId(id) {
    const file = files.get(id);
    return file === undefined ? undefined : { id: `${folder}/${file}`, external: 'absolute' };
  },
});

/** What answers --version, --help, that of a command, and the names of recipes by itself. */
const start = `export { main } from './src/cli/main.ts';
  export { processTerminal } from './src/cli/process-terminal.ts';`;

/** All the rest. */
const app = `export { run } from './src/cli/run.ts';
  export { outputError } from './src/cli/output-error.ts';
  export const namesOf = async (...given) => (await import('./src/cli/completion/names.ts')).namesOf(...given);
  export const showFailure = async (...given) => (await import('./src/cli/failure.ts')).showFailure(...given);`;

/**
 * What `start` imports while it runs: the other program, out of the cache of compiled code, one for each build and command.
 * @type {(file: string, build: string) => string}
 */
const later = (file, build) => `
  import { basename, join } from 'node:path';
  import { findCommand } from './src/cli/commands.ts';
  import { homeFolder } from './src/cli/process-terminal.ts';
  import { platformFolder } from './src/config/folders.ts';
  import { loadCached } from './src/files/code-cache.ts';
  const { argv, env, platform } = process;
  const asksHelp = argv.some((word) => ['-h', '--help', '--help-all'].includes(word));
  const word = asksHelp ? 'help' : (findCommand(argv[2] ?? 'help')?.name ?? 'generate');
  const cache = platformFolder('cache', { env, platform, home: homeFolder() });
  export const { run, outputError, namesOf, showFailure } = loadCached(join(__dirname, './${file}'), join(cache, 'code', word + '-${build}'));`;

/** @type {(file: string, build: string) => Plugin} */
const laterParts = (file, build) => ({
  name: 'later parts',
  resolveId: (id, _importer, { kind }) =>
    kind === 'dynamic-import' && id.startsWith('./') && !isData(id) ? join(root, 'later parts') : undefined,
  load: (id) => (id === join(root, 'later parts') ? later(file, build) : undefined),
});

const isData = (/** @type {string} */ id) => /[\\/](?:short-front|short-pages|recipe-names)\.ts$/.test(id);

/**
 * Modules that are data, as the compiled ones have it: what it is made of takes longer to load than all else that `start`
 * does. What is much, and seldom asked for, lies in a file beside.
 * @type {Plugin}
 */
const data = {
  name: 'data',
  async load(id) {
    if (!isData(id)) return undefined;
    const compiled = join(root, 'dist', relative(join(root, 'src'), id)).replace(/ts$/, 'js');
    /** @type {Record<string, unknown>} */
    const values = await import(pathToFileURL(compiled).href);
    const [[name, value], ...more] = Object.entries(values);
    if (more.length > 0) throw new Error(`${id}: one export is data`);
    const written = JSON.stringify(value);
    if (written.length < 20_000) return `export const ${name} = ${written};`;
    const fileName = basename(id).replace(/ts$/, 'json');
    this.emitFile({ type: 'asset', fileName, source: written });
    return `import { readFileSync } from 'node:fs';
      import { join } from 'node:path';
      export const ${name} = JSON.parse(readFileSync(join(__dirname, '${fileName}'), 'utf8'));`;
  },
};

/** @type {InputOptions} */
const common = {
  cwd: root,
  platform: 'node',
  transform: { target: 'node20.19' },
  checks: { ineffectiveDynamicImport: false }, // in tests and in lib/ they have their use
};

/**
 * Files of bundle/: CommonJS, since an `import` of a module of Node's runs every getter that it exports, 40 ms for those of
 * node:http; without `import()`, as files/code-cache.ts says; minified.
 * @param {InputOptions} input
 * @param {OutputOptions} output
 */
async function bundle(input, output) {
  const made = await rolldown({
    ...common,
    external: isOptional,
    resolve: { mainFields: ['module', 'main'] }, // jsonc-parser's main loads its parts in a way no bundler follows
    preserveEntrySignatures: 'allow-extension',
    ...input,
  });
  const { output: files } = await made.write({
    dir: join(root, 'bundle'),
    format: 'cjs',
    dynamicImportInCjs: false,
    minify: true,
    comments: false, // the licences are in a file of their own
    chunkFileNames: '[name]-[hash].cjs',
    sourcemap: withMaps ? 'hidden' : false,
    postBanner: delayed,
    ...output,
  });
  await made.close();
  for (const { type, fileName } of files) if (type === 'chunk') finish(join(root, 'bundle', fileName));
  return files;
}

/** A module of Node's that is loaded as something is first asked of it. */
const delayed = `const delayed=id=>{
let made;const whole=()=>made??=require(id);
const describe=key=>{const found=Reflect.getOwnPropertyDescriptor(whole(),key);return found&&{...found,configurable:true}};
return new Proxy({},{get:(_,key)=>key==='default'?whole():whole()[key],has:(_,key)=>key in whole(),ownKeys:()=>Reflect.ownKeys(whole()),getOwnPropertyDescriptor:(_,key)=>describe(key)})};`;

/** Those that take time, 10 ms for crypto, and that many a run does not need; ws loads half of them. */
const slowModules =
  /(?<=[\w$]=)require(?=\("(?:\.\/ws-[\w-]+\.cjs|(?:node:)?(?:child_process|crypto|dns|fs\/promises|https?|module|net|os|readline|stream|stream\/promises|timers\/promises|tls|tty|v8|vm|worker_threads|zlib))"\)[,;])/g;

/** `import os from 'node:os'`, which copies all that the module has, and so would load it at once. */
const copiedModules = /(([\w$]+)=delayed\("[^"]+"\));\2=[\w$]+\.[\w$]+\(\2,1\);/g;

/**
 * Loads modules of Node's late, and writes letters outside ASCII as escapes, as files/code-cache.ts reads them.
 * @param {string} path
 */
function finish(path) {
  const code = readFileSync(path, 'utf8').replace(slowModules, 'delayed').replace(copiedModules, '$1;');
  if (/\\[\u0080-\uffff]|String\.raw`[^`]*[\u0080-\uffff]/.test(code))
    throw new Error(`${path}: an escape would change it`);
  const escape = (/** @type {string} */ c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(path, code.replace(/[\u0080-\uffff]/g, escape));
  if (withMaps && existsSync(`${path}.map`)) moveColumns(`${path}.map`, code); // a file that only passes on what others have gets none
}

/**
 * @param {string} path of the map
 * @param {string} code without escapes
 */
function moveColumns(path, code) {
  const map = /** @type {{ mappings: string }} */ (JSON.parse(readFileSync(path, 'utf8')));
  const escaped = code.split('\n').map((line) => [...line.matchAll(/[\u0080-\uffff]/g)].map(({ index }) => index));
  const lines = decode(map.mappings).map((segments, i) =>
    segments.map(([column, ...to]) => [column + 5 * escaped[i].filter((at) => at < column).length, ...to]),
  );
  writeFileSync(path, JSON.stringify({ ...map, mappings: encode(/** @type {SourceMapMappings} */ (lines)) }));
}

/** What runs together lies together, a file each: one more to read costs more than some code that is not run. */
const groups = [
  { name: 'front', priority: 3, test: belongsTo('app', 'cli/run.ts', 'cli/help/page.ts', 'cli/completion/names.ts') },
  { name: 'families', priority: 2, test: belongsTo('recipes/families.ts') },
  { name: 'job', priority: 1, test: belongsTo('cli/commands/generate.ts') },
  { name: 'shared', minShareCount: 2 }, // the rest: each command alone, and what several of them use
];

/**
 * These modules; a group takes what they import along.
 * @type {(...names: string[]) => (id: string) => boolean}
 */
function belongsTo(...names) {
  const paths = names.map((name) => join(root, name === 'app' ? name : `src/${name}`));
  return (id) => paths.includes(id);
}

/** @type {(name: string) => ReturnType<typeof bundle>} */
async function packageFile(name) {
  return bundle(
    { input: { [name]: `${name}-parts` }, plugins: [program(`${name}-parts`, sharedPackages[name])] },
    { entryFileNames: '[name]-[hash].cjs', codeSplitting: false },
  );
}

/**
 * @param {Plugin} packages
 * @returns {Promise<readonly string[]>}
 */
async function readableLibrary(packages) {
  const made = await rolldown({
    ...common,
    input: {
      index: 'src/index.ts',
      convert: 'src/convert/convert.ts',
      metadata: 'src/metadata.ts',
      demo: 'src/demo/demo.ts',
    },
    external: isOptional,
    plugins: [packages],
  });
  const { output } = await made.write({
    dir: join(root, 'lib'),
    comments: false,
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  await made.close();
  const names = output.map(({ fileName }) => fileName);
  for (const name of names.filter((one) => one.endsWith('.map'))) keepLines(join(root, 'lib', name));
  return names;
}

/**
 * Of a source map only where the line of the source changes: a quarter of its size.
 * @param {string} path
 */
function keepLines(path) {
  const map = /** @type {{ mappings: string }} */ (JSON.parse(readFileSync(path, 'utf8')));
  const lines = decode(map.mappings).map((segments) =>
    segments.filter(([, ...to], i) => i === 0 || String(to.slice(0, 2)) !== String(segments[i - 1].slice(1, 3))),
  );
  const places = lines.map((segments) => segments.map(([column, ...to]) => [column, ...to.slice(0, 3)]));
  const mappings = encode(/** @type {SourceMapMappings} */ (places));
  writeFileSync(path, JSON.stringify({ ...map, names: [], mappings }));
}

/** @param {string} path a package, or a file of one */
function isOptional(path) {
  return optional.some((name) => path === name || path.startsWith(`${name}/`));
}

/**
 * Of what the files hold, as they are now.
 * @param {readonly { fileName: string }[]} files
 */
function hash(files) {
  const sum = createHash('sha256');
  for (const name of files.map(({ fileName }) => fileName).sort()) sum.update(readFileSync(join(root, 'bundle', name)));
  return sum.digest('hex').slice(0, 16);
}

/**
 * Takes away what the build before made and this one did not.
 * @param {string} folder
 * @param {readonly string[]} kept
 */
function clean(folder, kept) {
  for (const name of readdirSync(join(root, folder))) if (!kept.includes(name)) rmSync(join(root, folder, name));
}

const packageNames = Object.keys(sharedPackages);
const packageFiles = await Promise.all(packageNames.map(packageFile));
const fileOf = new Map(packageNames.map((name, i) => [name, packageFiles[i][0].fileName]));
const [appFiles, library] = await Promise.all([
  bundle(
    { input: { app: 'app' }, plugins: [program('app', app), parts, shared(fileOf, '.')] },
    { entryFileNames: '[name]-[hash].cjs', strictExecutionOrder: true, codeSplitting: { groups } },
  ),
  readableLibrary(shared(fileOf, '../bundle')),
]);
const entry = appFiles.find((file) => file.type === 'chunk' && file.isEntry)?.fileName ?? '';
const startFiles = await bundle(
  {
    input: { start: 'start' },
    plugins: [
      program('start', start),
      laterParts(entry, `${version}-${hash([...packageFiles.flat(), ...appFiles])}`),
      data,
    ],
  },
  { entryFileNames: '[name].cjs', codeSplitting: false },
);
const made = [...packageFiles.flat(), ...appFiles, ...startFiles];
writeFileSync(join(root, 'bundle', 'THIRD_PARTY_LICENSES'), licences(made));
// what types it has, for whoever reads bin/
writeFileSync(
  join(root, 'bundle', 'start.d.cts'),
  `import type { Terminal } from '../dist/cli/terminal.js';
export declare function main(argv: readonly string[], terminal: Terminal): Promise<number>;
export declare function processTerminal(): Terminal;
`,
);
const written = made.flatMap(({ fileName }) =>
  withMaps && fileName.endsWith('.cjs') ? [fileName, `${fileName}.map`] : [fileName],
);
clean('bundle', [...written, 'THIRD_PARTY_LICENSES', 'start.d.cts']);
clean('lib', library);
