// A report that replaces its older self: whole or not at all.
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './folder.ts';
import { writeError } from './write.ts';

export async function writeText(path: string, text: string): Promise<void> {
  const part = `${path}.${crypto.randomUUID()}.part`;
  try {
    await makeFolder(dirname(path));
    await writeFile(part, text);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    throw writeError(cause, path);
  }
}
