// One process at a time on an archive: a lock file with the owner's number, taken over only when that process is gone.
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
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

/** Removes the lock of a process that is gone. One at a time does so: else a second could remove the lock that a third has just taken. */
async function dropStale(path: string, owner: Owner, isAlive: IsAlive): Promise<void> {
  if (!(await isStale(path, owner, isAlive))) return;
  const guard = `${path}.stale`;
  try {
    await writeFile(guard, '', { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw writeError(cause, path);
    const { mtimeMs } = await stat(guard).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > 10_000) await rm(guard, { force: true }); // who made it is gone too
    await setTimeout(20);
    return;
  }
  try {
    if (await isStale(path, owner, isAlive)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

/** Is it there, of a process that is gone? Throws `bad_option` where that process lives. */
async function isStale(path: string, owner: Owner, isAlive: IsAlive): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const holder = parseOwner(text);
  if (holder !== undefined && (holder.machine !== owner.machine || isAlive(holder))) throw inUse(path, holder);
  return true;
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
