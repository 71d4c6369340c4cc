// What the package runs, as few files that start fast. bundle/ is the command: src/cli and the packages that it uses, minified.
// lib/ is the library: its modules put together by what the entries share, readable, with no package in it.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
/** @import { Metafile, Plugin } from 'esbuild' */

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const { peerDependenciesMeta, optionalDependencies } = /** @type {Record<string, object | undefined>} */ (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
);
/** For scripts/bench/profile.js: the same files, and beside each the map that tells what each place in it was. */
const withMaps = process.argv.includes('--maps');
/** What users install for themselves, if they want it; cosmiconfig asks for typescript where a config is a program. */
const optional = [...Object.keys({ ...peerDependenciesMeta, ...optionalDependencies }), 'typescript'];

/** Of these packages only what src/ takes: else all of undici comes along, cosmiconfig's search, and yaml's parts for other uses. */
const partsOfPackages = /** @type {Record<string, string>} */ ({
  undici: `
    export { FormData } from 'undici/lib/web/fetch/formdata.js';
    export { Response } from 'undici/lib/web/fetch/response.js';`,
  cosmiconfig: `
    import { loadYaml } from 'cosmiconfig/dist/loaders.js';
    export const defaultLoaders = { '.yaml': loadYaml };`,
  yaml: `export { parseDocument } from './node_modules/yaml/browser/index.js';`,
});

/**
 * What nothing here comes to: cosmiconfig's loaders of programs and JSON, and all of ora's spinners but its own two.
 * @type {Plugin}
 */
const unused = {
  name: 'unused',
  setup(made) {
    made.onResolve({ filter: /^(import-fresh|parse-json)$/ }, () => ({ external: true }));
    made.onLoad({ filter: /cli-spinners.spinners\.json$/ }, ({ path }) => {
      const { dots, line } = /** @type {Record<string, object>} */ (JSON.parse(readFileSync(path, 'utf8')));
      return { loader: 'json', contents: JSON.stringify({ dots, line }) };
    });
  },
};

/**
 * Packages that src/ imports while it runs: of those in CommonJS, esbuild would hand over no name but `default`.
 * @type {Plugin}
 */
const lazyPackages = {
  name: 'lazy packages',
  setup(made) {
    made.onResolve({ filter: /^[a-z@][^:]*$/ }, ({ path, kind, importer }) =>
      kind === 'dynamic-import' && importer.startsWith(join(root, 'src')) && !isOptional(path)
        ? { path, namespace: 'lazy' }
        : undefined,
    );
    made.onLoad({ filter: /.*/, namespace: 'lazy' }, async ({ path }) => {
      const part = Object.hasOwn(partsOfPackages, path) ? partsOfPackages[path] : undefined;
      if (part !== undefined) return { resolveDir: root, contents: part };
      const whole = /** @type {Readonly<Record<string, unknown>>} */ (await import(path));
      const isTranspiled = Object.hasOwn(whole, '__esModule'); // what Node calls its default is no name of its own
      const names = Object.keys(whole).filter(
        (name) => /^[a-z]\w*$/i.test(name) && !(isTranspiled && name === 'default'),
      );
      return { resolveDir: root, contents: `export { ${names.join(', ')} } from '${path}';` };
    });
  },
};

/**
 * The two programs, each one file: a file costs more to find and link than to compile, and CommonJS gets at Node's own
 * modules without an `import`, which runs every getter that they export: 40 ms for those of node:http.
 */
const programs = {
  /** What answers --version by itself. */
  start: `export { main } from './src/cli/main.ts';
    export { processTerminal } from './src/cli/process-terminal.ts';`,
  /** All the rest; a part that is only imported while it runs is only evaluated then. */
  app: `export { run } from './src/cli/run.ts';
    export { outputError } from './src/cli/output-error.ts';
    export const printValues = async (...given) => (await import('./src/cli/completion/values.ts')).printValues(...given);
    export const showFailure = async (...given) => (await import('./src/cli/failure.ts')).showFailure(...given);`,
};

/** What `start` imports while it runs: the other program, out of the cache of compiled code, one for each command. */
const laterPart = (/** @type {string} */ file) => `
  import { basename, join } from 'node:path';
  import { findCommand } from './src/cli/commands.ts';
  import { homeFolder } from './src/cli/process-terminal.ts';
  import { platformFolder } from './src/config/folders.ts';
  import { loadCached } from './src/files/code-cache.ts';
  const { argv, env, platform } = process;
  const word = argv.includes('--help') ? 'help' : (findCommand(argv[2] ?? 'help')?.name ?? 'generate');
  const cache = platformFolder('cache', { env, platform, home: homeFolder() });
  module.exports = loadCached(join(__dirname, '${file}'), join(cache, 'code', word));`;

/** @type {(file: string) => Plugin} */
const laterParts = (file) => ({
  name: 'later parts',
  setup(made) {
    made.onResolve({ filter: /^\.\// }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: file, namespace: 'later' } : undefined,
    );
    made.onLoad({ filter: /.*/, namespace: 'later' }, () => ({ resolveDir: root, contents: laterPart(file) }));
  },
});

/**
 * The file that this program became, by its name, and what it is made of.
 * @param {keyof typeof programs} name
 * @param {string} entryNames
 * @param {readonly Plugin[]} plugins
 */
async function bundle(name, entryNames, plugins) {
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: { contents: programs[name], resolveDir: root, sourcefile: name },
    outdir: 'bundle',
    entryNames,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    mainFields: ['module', 'main'], // jsonc-parser's main loads its parts in a way no bundler follows
    target: 'node20.19',
    supported: { 'dynamic-import': false }, // files/code-cache.ts says why; optional packages are required
    minify: true,
    legalComments: 'none', // the licences are in a file of their own
    external: optional,
    plugins: [...plugins],
    define: { 'import.meta.url': 'ownUrl' },
    banner: { js: "const ownUrl=require('node:url').pathToFileURL(__filename).href;" },
    metafile: true,
    logLevel: 'warning',
    sourcemap: withMaps ? 'external' : false,
  });
  const files = Object.keys(metafile.outputs).map((path) => basename(path));
  return { file: files.find((file) => file.endsWith('.cjs')) ?? '', files, metafile };
}

/** @returns {Promise<Metafile>} */
async function readableLibrary() {
  const { metafile } = await build({
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    metafile: true,
    logLevel: 'warning',
    entryPoints: {
      index: 'src/index.ts',
      convert: 'src/convert/convert.ts',
      metadata: 'src/metadata.ts',
      demo: 'src/demo/demo.ts',
    },
    outdir: 'lib',
    packages: 'external',
  });
  return metafile;
}

/** @param {string} path a package, or a file of one */
function isOptional(path) {
  return optional.some((name) => path === name || path.startsWith(`${name}/`));
}

/**
 * The licence of every package whose code is in the bundle.
 * @param {readonly Metafile[]} metafiles
 */
function licences(metafiles) {
  const used = metafiles.flatMap(({ outputs }) => Object.values(outputs)).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = used.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(folders)]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** @param {string} folder */
function licenceOf(folder) {
  const { name, version, license } = /** @type {Record<string, string>} */ (
    require(join(root, folder, 'package.json'))
  );
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'License', 'LICENSE-MIT.txt'].find(
    (one) => {
      try {
        return readFileSync(join(root, folder, one)).length > 0;
      } catch {
        return false;
      }
    },
  );
  if (file === undefined) throw new Error(`${folder}: no licence file, so its code cannot be in the bundle`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
}

/**
 * Takes away what the build before made and this one did not.
 * @param {string} folder
 * @param {readonly string[]} kept
 */
function clean(folder, kept) {
  for (const name of readdirSync(join(root, folder))) if (!kept.includes(name)) rmSync(join(root, folder, name));
}

const [app, library] = await Promise.all([bundle('app', 'app-[hash]', [unused, lazyPackages]), readableLibrary()]);
const start = await bundle('start', 'start', [laterParts(app.file)]);
const made = [app, start];
writeFileSync(join(root, 'bundle', 'THIRD_PARTY_LICENSES'), licences(made.map(({ metafile }) => metafile)));
// what types it has, for whoever reads bin/
writeFileSync(
  join(root, 'bundle', 'start.d.cts'),
  `import type { Terminal } from '../dist/cli/terminal.js';
export declare function main(argv: readonly string[], terminal: Terminal): Promise<number>;
export declare function processTerminal(): Terminal;
`,
);
clean('bundle', [...made.flatMap(({ files }) => files), 'THIRD_PARTY_LICENSES', 'start.d.cts']);
clean(
  'lib',
  Object.keys(library.outputs).map((path) => basename(path)),
);
