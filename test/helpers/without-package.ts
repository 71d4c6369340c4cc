// A command in whose process a package cannot be found, as if it were not installed.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** NODE_OPTIONS of a process that finds no package whose name starts so. Writes a script into the folder. */
export async function withoutPackage(folder: string, start: string): Promise<string> {
  const path = join(folder, 'without.cjs');
  await writeFile(
    path,
    `const Module = require('node:module');
const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  if (name.startsWith(${JSON.stringify(start)})) throw Object.assign(new Error('none'), { code: 'MODULE_NOT_FOUND' });
  return resolve.call(this, name, ...rest);
};
`,
  );
  return `--require=${path}`;
}
