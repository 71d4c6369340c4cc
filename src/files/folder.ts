// A folder and the ones above it, made as they are missing.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './codes.ts';

/** As mkdir's own `recursive`, which tries for ever where the folder above exists and nothing can be made in it (/proc). */
export async function makeFolder(folder: string, mode?: number): Promise<void> {
  try {
    await mkdir(folder, mode);
  } catch (cause) {
    const above = dirname(folder);
    if (codeOf(cause) === 'ENOENT' && above !== folder && (await isMissing(above))) {
      await makeFolder(above, mode);
      await makeFolder(folder, mode);
    } else if (!(await isFolder(folder))) throw cause;
  }
}

/** The same, at once. */
export function makeFolderSync(folder: string, mode?: number): void {
  try {
    mkdirSync(folder, mode);
  } catch (cause) {
    const above = dirname(folder);
    if (codeOf(cause) === 'ENOENT' && above !== folder && !existsSync(above)) {
      makeFolderSync(above, mode);
      makeFolderSync(folder, mode);
    } else if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw cause;
  }
}

async function isMissing(path: string): Promise<boolean> {
  return (await stat(path).catch(codeOf)) === 'ENOENT';
}

/** Is a folder there? */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (it) => it.isDirectory(),
    () => false,
  );
}
