// Code of ours whose compiled form is kept on disk, so that the next process need not compile it.
import { lstatSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { makeFolderSync } from './folder.ts';

type Exports = Readonly<Record<string, unknown>>;

/**
 * What a CommonJS file exports, in ASCII and without `import()`: Node 20 refuses that in cached code. What it requires of
 * its own folder, by `./name`, is loaded in the same way. `folder` tells by its name what the files hold: V8 compares no
 * more of a source than its length. The compiled form holds the functions that the first run needed, so what runs other
 * parts names another `folder`. Where that cannot be a folder of ours alone the code is compiled as ever. Folders beside
 * it are of other versions and other parts: they stay as long as they are used.
 *
 * Node's own `enableCompileCache` (22.8) keeps a form without the functions that are compiled as they are first called:
 * with it a job took 360 ms of CPU, with this 275 (Node 24), without either 490.
 */
export function loadCached(path: string, folder: string): Exports {
  const require = createRequire(path);
  const own = `${folder}-${process.version}-${process.platform}-${process.arch}`;
  if (!isOurs(own)) return require(path) as Exports;
  const loaded = new Map<string, { exports: Exports }>();
  const made: (() => void)[] = [];
  process.once('exit', (code) => {
    if (code !== 0 || made.length === 0) return; // a run that failed has run too little
    for (const keep of made) keep();
    dropUnused(own);
  });
  const load = (name: string): Exports => {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(name, module); // before it runs: two files may require each other
    const file = join(dirname(path), name);
    const ask = (id: string): unknown => (id.startsWith('./') ? load(id.slice(2)) : require(id));
    compiled(file, own, (keep) => made.push(keep))(module.exports, ask, module, file, dirname(file));
    return module.exports;
  };
  return load(basename(path));
}

const dayMs = 86_400_000;

/** Whoever can write there decides what we run. Its time of change is when it was last used, to a day. */
function isOurs(folder: string): boolean {
  try {
    makeFolderSync(folder, 0o700);
    const { uid, mode, mtimeMs } = statSync(folder);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return false;
    if (Date.now() - mtimeMs > dayMs) markUsed(folder);
    return true;
  } catch {
    return false;
  }
}

function markUsed(folder: string): void {
  try {
    utimesSync(folder, new Date(), new Date());
  } catch {
    // a disk that cannot be written is read all the same
  }
}

type Run = (...given: readonly unknown[]) => void;

/** The file as the function that it is in CommonJS. `atEnd` gets what keeps its compiled form, where that is to be made. */
function compiled(path: string, folder: string, atEnd: (keep: () => void) => void): Run {
  const kept = join(folder, basename(path));
  const cachedData = readWhole(kept);
  // as latin1: a string of bytes is made and read faster than one that may hold every letter
  const source = `(function(exports,require,module,__filename,__dirname){${readFileSync(path, 'latin1')}\n})`;
  const script = new Script(source, { filename: path, ...(cachedData === undefined ? {} : { cachedData }) });
  if (script.cachedDataRejected !== false) atEnd(() => keep(kept, script));
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

function keep(path: string, script: Script): void {
  const part = `${path}.${process.pid}`;
  try {
    const data = script.createCachedData();
    writeFileSync(part, Buffer.concat([data, data]), { mode: 0o600 });
    renameSync(part, path);
  } catch {
    rmSync(part, { force: true }); // no cache then
  }
}

const unusedDays = 30;
const maxBytes = 100_000_000;

/** Of the folders beside this one, drops those that nobody used for long, and the longest unused of what is too much. */
function dropUnused(folder: string): void {
  try {
    const found = readdirSync(dirname(folder), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const all = found.map(({ name }) => join(dirname(folder), name));
    const others = all.filter((path) => path !== folder).map((path) => ({ path, usedAt: lstatSync(path).mtimeMs }));
    let bytes = sizeOf(folder);
    for (const { path, usedAt } of others.sort((a, b) => b.usedAt - a.usedAt)) {
      bytes += sizeOf(path);
      const isUnused = Date.now() - usedAt > unusedDays * dayMs;
      if (isUnused || bytes > maxBytes) rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // another process drops them too
  }
}

const sizeOf = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + lstatSync(join(folder, name)).size, 0);
