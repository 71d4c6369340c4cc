// Brings dist/, lib/ and bundle/ up to date before the suites: only what changed, file by file and unchecked. Types are `npm run check`'s business.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const below = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(ending));
const timeOf = (path: string): number => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
const builtName = (source: string): string => source.replace(/\.ts$/, '.js');

export async function setup(): Promise<void> {
  mkdirSync(join(root, 'dist'), { recursive: true });
  const sources = below('src', '.ts');
  const known = new Set(sources.map(builtName));
  for (const name of below('dist', '.js')) if (!known.has(name)) rmSync(join(root, 'dist', name));
  const rules = Math.max(timeOf('tsconfig.json'), timeOf('node_modules/typescript/package.json'));
  const isStale = (name: string): boolean => {
    const built = timeOf(`dist/${builtName(name)}`);
    return built < timeOf(`src/${name}`) || built < rules;
  };
  const stale = sources.filter(isStale);
  if (stale.length > 0) await transpile(stale);
  const bundled = Math.min(...['bundle/start.cjs', 'bundle/THIRD_PARTY_LICENSES', 'lib/index.js'].map(timeOf));
  if (bundled < Math.max(rules, timeOf('scripts/bundle.js'), ...sources.map((name) => timeOf(`src/${name}`))))
    execFileSync(process.execPath, [join(root, 'scripts/bundle.js')]);
}

async function transpile(names: readonly string[]): Promise<void> {
  const { default: ts } = await import('typescript');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  for (const name of names) {
    const { outputText } = ts.transpileModule(readFileSync(join(root, 'src', name), 'utf8'), {
      fileName: join(root, 'src', name),
      compilerOptions: { ...options, module: ts.ModuleKind.ESNext, noEmit: false }, // one file tells no package's type
    });
    const to = join(root, 'dist', builtName(name));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, outputText);
  }
}
