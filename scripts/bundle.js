// The command as few files that start fast: bundle/, made of src/cli and the packages that it uses, a chunk a command.
// The library stays the readable modules of dist/.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
/** @import { Metafile, Plugin } from 'esbuild' */

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
      const whole = /** @type {Readonly<Record<string, unknown>>} */ (await import(path));
      const isTranspiled = Object.hasOwn(whole, '__esModule'); // what Node calls its default is no name of its own
      const names = Object.keys(whole).filter(
        (name) => /^[a-z]\w*$/i.test(name) && !(isTranspiled && name === 'default'),
      );
      return { resolveDir: root, contents: `export { ${names.join(', ')} } from '${path}';` };
    });
  },
};

/** @returns {Promise<Metafile>} */
async function bundle() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts', 'src/cli/process-terminal.ts'],
    outdir: 'bundle',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'], // jsonc-parser's main loads its parts in a way no bundler follows
    target: 'node20.19',
    minify: true,
    legalComments: 'none', // the licences are in a file of their own
    external: optional,
    plugins: [undici, lazyPackages],
    banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
    metafile: true,
    logLevel: 'warning',
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

const metafile = await bundle();
for (const name of readdirSync(join(root, 'bundle')))
  if (!Object.hasOwn(metafile.outputs, `bundle/${name}`)) rmSync(join(root, 'bundle', name));
writeFileSync(join(root, 'bundle', 'THIRD_PARTY_LICENSES'), licences(metafile));
// what types the entries have, for whoever reads bin/
for (const name of ['main', 'process-terminal'])
  writeFileSync(join(root, 'bundle', `${name}.d.ts`), `export * from '../dist/cli/${name}.js';\n`);
