// One process at a time on an archive: a lock file with the owner's number, taken over only when that process is gone.
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { ComfyGenError } from '../errors.ts';
import { codeOf } from '../files/codes.ts';
import type { IsAlive } from '../files/crash.ts';
import { writeError } from '../files/write.ts';

export type Owner = { readonly pid: number; readonly machine: string; readonly at: number };

/** Throws `bad_option` when another process holds it. Disposal gives it back. */
export async function takeLock(path: string, owner: Owner, isAlive: IsAlive): Promise<AsyncDisposable> {
  const own = `${path}.${crypto.randomUUID()}`;
  try {
    await writeFile(own, JSON.stringify(owner), { mode: 0o600 });
  } catch (cause) {
    throw writeError(cause, path);
  }
  try {
    for (let tried = 0; tried < 20; tried++) {
      try {
        await link(own, path); // fails when the name is taken: never half a file under it
        return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
      } catch (cause) {
        if (codeOf(cause) !== 'EEXIST') throw writeError(cause, path);
      }
      await dropStale(path, owner, isAlive);
    }
    throw inUse(path);
  } finally {
    await rm(own, { force: true });
  }
}

async function dropStale(path: string, owner: Owner, isAlive: IsAlive): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const holder = parseOwner(text);
  if (holder !== undefined && (holder.machine !== owner.machine || isAlive(holder))) throw inUse(path, holder);
  const moved = `${path}.${crypto.randomUUID()}`;
  await rename(path, moved).catch(() => undefined); // somebody was quicker: the next look tells
  const taken = await readFile(moved, 'utf8').catch(() => undefined);
  if (taken !== undefined && taken !== text) await link(moved, path).catch(() => undefined); // not the one we looked at
  await rm(moved, { force: true });
}

function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number')
      return undefined;
    return value as Owner; // written by us
  } catch {
    return undefined;
  }
}

function inUse(path: string, holder?: Owner): ComfyGenError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.machine}`;
  return new ComfyGenError('bad_option', `${who} works on this archive already (${path})`, {
    hint: 'choose another folder with <option output>, or <option archive>',
  });
}
