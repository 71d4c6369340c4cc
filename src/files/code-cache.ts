// Code of ours whose compiled form is kept on disk, so that the next process need not compile it.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { makeFolderSync } from './folder.ts';

type Exports = Readonly<Record<string, unknown>>;

/**
 * What a CommonJS file exports, in ASCII and without `import()`: Node 20 refuses that in cached code. What it requires of
 * its own folder, by `./name`, is loaded in the same way. A file tells by its name what it holds: V8 compares no more of a
 * source than its length. The compiled form holds the functions that the first run needed, so what runs other parts of
 * a file names another `folder`. Where that cannot be a folder of ours alone the code is compiled as ever.
 *
 * Node's own `enableCompileCache` (22.8) keeps a form without the functions that are compiled as they are first called:
 * with it a job took 360 ms of CPU, with this 275 (Node 24), without either 490.
 */
export function loadCached(path: string, folder: string): Exports {
  const require = createRequire(path);
  if (!isOurs(folder)) return require(path) as Exports;
  const loaded = new Map<string, { exports: Exports }>();
  const made: (() => void)[] = [];
  process.once('exit', (code) => {
    if (code === 0) for (const keep of made) keep(); // a run that failed has run too little
  });
  const load = (name: string): Exports => {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(name, module); // before it runs: two files may require each other
    const file = join(dirname(path), name);
    const ask = (id: string): unknown => (id.startsWith('./') ? load(id.slice(2)) : require(id));
    compiled(file, folder, (keep) => made.push(keep))(module.exports, ask, module, file, dirname(file));
    return module.exports;
  };
  return load(basename(path));
}

/** Whoever can write there decides what we run. */
function isOurs(folder: string): boolean {
  try {
    makeFolderSync(folder, 0o700);
    const { uid, mode } = statSync(folder);
    return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
  } catch {
    return false;
  }
}

const versionMark = `-${process.version}-${process.arch}`;

type Run = (...given: readonly unknown[]) => void;

/** The file as the function that it is in CommonJS. `atEnd` gets what keeps its compiled form, where that is to be made. */
function compiled(path: string, folder: string, atEnd: (keep: () => void) => void): Run {
  const kept = join(folder, `${basename(path)}${versionMark}`);
  const cachedData = readWhole(kept);
  // as latin1: a string of bytes is made and read faster than one that may hold every letter
  const source = `(function(exports,require,module,__filename,__dirname){${readFileSync(path, 'latin1')}\n})`;
  const script = new Script(source, { filename: path, ...(cachedData === undefined ? {} : { cachedData }) });
  if (script.cachedDataRejected !== false) atEnd(() => keep(kept, script, dirname(path)));
  return script.runInThisContext() as Run;
}

/**
 * V8 does not look whether the form is damaged: it ends the process. So it is kept twice, and must be twice the same:
 * loading node:crypto for a hash takes longer than all the rest of this.
 */
function readWhole(path: string): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    const data = bytes.subarray(bytes.length / 2);
    return data.equals(bytes.subarray(0, bytes.length / 2)) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Writes it, and drops what this Node kept of code that is gone. */
function keep(path: string, script: Script, home: string): void {
  const part = `${path}.${process.pid}`;
  try {
    const data = script.createCachedData();
    writeFileSync(part, Buffer.concat([data, data]), { mode: 0o600 });
    renameSync(part, path);
    const folder = dirname(path);
    const isOld = (name: string): boolean =>
      name.endsWith(versionMark) && !existsSync(join(home, name.slice(0, -versionMark.length)));
    for (const name of readdirSync(folder).filter(isOld)) rmSync(join(folder, name), { force: true });
  } catch {
    rmSync(part, { force: true }); // no cache then
  }
}
