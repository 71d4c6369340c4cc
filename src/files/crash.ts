// What a crash leaves in a folder: files that got their names unnoticed, and parts that never will.
import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A file that was about to get its name: by its inode it is found again, whatever its name is. */
export type PendingFile = { readonly ino: number; readonly size: number };

const machine = (): string => createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const part = /^\.comfy-gen-([0-9a-f]{8})-(\d+)-[0-9a-f-]+\.part$/;

/** The name of a file that is being written: whose it is can be told later. */
export const partName = (): string => `.comfy-gen-${machine()}-${process.pid}-${crypto.randomUUID()}.part`;

export async function pendingFile(path: string): Promise<PendingFile> {
  const { ino, size } = await stat(path);
  return { ino, size };
}

/** Does the process of this machine that had that number at that time (ms since 1970) still live? */
export type IsAlive = (process: { readonly pid: number; readonly at: number }) => boolean;

/** Nobody writes on a part that is this old: a download without a byte for 60 s has failed. */
const staleMs = 3_600_000;

/** Removes parts of processes of this machine that are gone, and what is older than an hour, whosever it is. */
export async function sweepParts(folder: string, isAlive: IsAlive): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [isPart, owner, pid] = part.exec(name) ?? [];
    if (isPart === undefined) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    const isDead = owner === machine() && !isAlive({ pid: Number(pid), at: found.mtimeMs });
    if (isDead || Date.now() - found.mtimeMs > staleMs) await rm(path, { force: true });
  }
}

/** Looks through the folder and all below it: which of the files got their names, and which ones? */
export async function findNamed(folder: string, files: readonly PendingFile[]): Promise<Map<PendingFile, string>> {
  const named = new Map<PendingFile, string>();
  if (files.length === 0) return named;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile() || part.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(() => undefined);
    const file = files.find(({ ino, size }) => found?.ino === ino && found.size === size);
    if (file !== undefined) named.set(file, path);
  }
  return named;
}
