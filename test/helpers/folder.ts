// A working folder for each run in this process: relative paths and process.cwd() mean the run's own.
import { AsyncLocalStorage } from 'node:async_hooks';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isAbsolute, join } from 'node:path';

type Call = (...args: unknown[]) => unknown;

const folders = new AsyncLocalStorage<string>();

export function inFolder<T>(folder: string, run: () => Promise<T>): Promise<T> {
  return folders.run(folder, run);
}

const ofTwoPaths = /^(link|rename|copyFile|cp)(Sync)?$/;
const ofOnePath =
  /^(access|appendFile|chmod|exists|lstat|lutimes|mkdir|open|opendir|readdir|readFile|readlink|realpath|rm|rmdir|stat|statfs|truncate|unlink|utimes|writeFile)(Sync)?$|^create(Read|Write)Stream$/;

function own(path: unknown): unknown {
  const folder = folders.getStore();
  return folder !== undefined && typeof path === 'string' && !isAbsolute(path) ? join(folder, path) : path;
}

function patch(functions: Record<string, Call>): void {
  for (const [name, plain] of Object.entries(functions)) {
    if (ofTwoPaths.test(name)) functions[name] = (a, b, ...more) => plain(own(a), own(b), ...more);
    else if (ofOnePath.test(name)) functions[name] = (path, ...more) => plain(own(path), ...more);
  }
}

const cwd = process.cwd.bind(process);
process.cwd = () => folders.getStore() ?? cwd();
patch(fs.promises as unknown as Record<string, Call>); // every function that is patched takes paths first
patch(fs as unknown as Record<string, Call>);
syncBuiltinESMExports();
