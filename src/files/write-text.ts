// A small text file: one that replaces its older self, whole or not at all, or one that is new.
import { chmod, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './folder.ts';
import { moveWithoutReplacing, writeError } from './write.ts';

export const writeText = (path: string, text: string): Promise<void> => replaceFile(path, text);

/** The same for bytes. */
export function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  return inPlace(path, path, async (part) => {
    await makeFolder(dirname(path));
    await writeFile(part, content);
    await rename(part, path);
  });
}

/** The same of a file of the user's: its mode stays, and a link stays a link. `mode` is that of a new one. */
export async function replaceText(path: string, text: string | Uint8Array, mode: number): Promise<void> {
  const target = await realpath(path).catch(() => path);
  await inPlace(path, target, async (part) => {
    const before = await stat(target).catch(() => undefined);
    await makeFolder(dirname(target), before === undefined && mode === 0o600 ? 0o700 : undefined);
    await writeFile(part, text, { mode });
    if (before !== undefined) await chmod(part, before.mode & 0o7777);
    await rename(part, target);
  });
}

/** A new file, its folder with it; never over another. */
export function writeNew(path: string, text: string, mode: number): Promise<void> {
  return inPlace(path, path, async (part) => {
    await makeFolder(dirname(path), mode === 0o600 ? 0o700 : undefined);
    await writeFile(part, text, { mode });
    await moveWithoutReplacing(part, path);
  });
}

/** `write` fills a file beside `target` and moves it there; of a failure, told of `path`, nothing is left. */
async function inPlace(path: string, target: string, write: (part: string) => Promise<void>): Promise<void> {
  const part = `${target}.${crypto.randomUUID()}.part`;
  try {
    await write(part);
  } catch (cause) {
    await rm(part, { force: true });
    throw writeError(cause, path);
  }
}
