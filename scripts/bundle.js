// What the package runs, as few files that start fast. bundle/ is the command: src/cli and the packages that it uses, minified, a chunk
// a command. lib/ is the library: its modules put together by what the entries share, readable, with no package in it.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
/** @import { BuildOptions, Metafile, Plugin } from 'esbuild' */

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const { peerDependencies, optionalDependencies } = /** @type {Record<string, Record<string, string> | undefined>} */ (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
);
/** What users install for themselves, if they want it; cosmiconfig asks for typescript where a config is a program. */
const optional = [...Object.keys({ ...peerDependencies, ...optionalDependencies }), 'typescript'];

/** What src/ imports from undici, from the files that hold it: undici's own index starts all of it, 60 ms of a job. */
const partsOfUndici = `
  export { default as Agent } from 'undici/lib/dispatcher/agent.js';
  export { default as buildConnector } from 'undici/lib/core/connect.js';
  import ask from 'undici/lib/api/api-request.js';
  export const request = (url, { dispatcher, ...options }) =>
    ask.call(dispatcher, { ...options, origin: url.origin, path: url.pathname + url.search });`;
/** What it imports while it runs. */
const formsOfUndici = `
  export { FormData } from 'undici/lib/web/fetch/formdata.js';
  export { Response } from 'undici/lib/web/fetch/response.js';`;

/** @type {Plugin} */
const undici = {
  name: 'parts of undici',
  setup(made) {
    // its parser is there twice, with SIMD and, for machines without, as plain WebAssembly: the plain one runs on all
    made.onResolve({ filter: /llhttp_simd-wasm\.js$/ }, () => ({
      path: join(root, 'node_modules/undici/lib/llhttp/llhttp-wasm.js'),
    }));
    made.onResolve({ filter: /^undici$/ }, ({ kind }) => ({
      path: kind === 'dynamic-import' ? 'forms' : 'parts',
      namespace: 'undici',
      sideEffects: false,
    }));
    made.onLoad({ filter: /.*/, namespace: 'undici' }, ({ path }) => ({
      resolveDir: root,
      contents: path === 'forms' ? formsOfUndici : partsOfUndici,
    }));
  },
};

/** Of these packages only what src/ takes: else cosmiconfig's search comes along, and yaml's parts for other uses. */
const partsOfOthers = /** @type {Record<string, string>} */ ({
  cosmiconfig: `
    import { loadYaml } from 'cosmiconfig/dist/loaders.js';
    export const defaultLoaders = { '.yaml': loadYaml };`,
  yaml: `export { parseDocument } from './node_modules/yaml/browser/index.js';`,
});

/**
 * The demo server's node definitions, 100 KB of data: in the package once, for both.
 * @type {Plugin}
 */
const shared = {
  name: 'shared with the library',
  setup(made) {
    made.onResolve({ filter: /\/(old-)?definitions\.ts$/ }, ({ path, importer }) =>
      dirname(importer) === join(root, 'src/demo/nodes')
        ? { path: `../lib/${basename(path, '.ts')}.js`, external: true }
        : undefined,
    );
  },
};

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
      const part = Object.hasOwn(partsOfOthers, path) ? partsOfOthers[path] : undefined;
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

/** @satisfies {BuildOptions} */
const both = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  metafile: true,
  logLevel: 'warning',
};

/** @returns {Promise<Metafile>} */
async function command() {
  const { metafile } = await build({
    ...both,
    entryPoints: ['src/cli/main.ts', 'src/cli/process-terminal.ts'],
    outdir: 'bundle',
    mainFields: ['module', 'main'], // jsonc-parser's main loads its parts in a way no bundler follows
    minify: true,
    legalComments: 'none', // the licences are in a file of their own
    external: optional,
    plugins: [undici, unused, shared, lazyPackages],
    banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
  });
  return metafile;
}

/** @returns {Promise<Metafile>} */
async function library() {
  const { metafile } = await build({
    ...both,
    entryPoints: {
      index: 'src/index.ts',
      convert: 'src/convert/convert.ts',
      metadata: 'src/metadata.ts',
      demo: 'src/demo/demo.ts',
      definitions: 'src/demo/nodes/definitions.ts',
      'old-definitions': 'src/demo/nodes/old-definitions.ts',
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
 * @param {Metafile} metafile
 */
function licences(metafile) {
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
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
 * @param {Metafile} metafile
 */
function clean(folder, { outputs }) {
  for (const name of readdirSync(join(root, folder)))
    if (!Object.hasOwn(outputs, `${folder}/${name}`)) rmSync(join(root, folder, name));
}

const [ofCommand, ofLibrary] = await Promise.all([command(), library()]);
clean('bundle', ofCommand);
clean('lib', ofLibrary);
writeFileSync(join(root, 'bundle', 'THIRD_PARTY_LICENSES'), licences(ofCommand));
// what types the entries have, for whoever reads bin/
for (const name of ['main', 'process-terminal'])
  writeFileSync(join(root, 'bundle', `${name}.d.ts`), `export * from '../dist/cli/${name}.js';\n`);
