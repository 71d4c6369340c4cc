// The disk before anything is written: is there room, may we write; and a folder for files that do not stay.
import { constants } from 'node:fs';
import { access, mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type DiskFacts = {
  /** The folder itself, or the nearest one above it that is there. */
  readonly existing: string;
  readonly isFolder: boolean;
  readonly writable: boolean;
  /** Undefined where the system does not tell. */
  readonly freeBytes: number | undefined;
};

/** Looks without making anything. `folder` is absolute. */
export async function diskFacts(folder: string): Promise<DiskFacts> {
  const existing = await nearestExisting(folder);
  return {
    existing,
    isFolder: await stat(existing).then(
      (s) => s.isDirectory(),
      () => false,
    ),
    writable: await holds(access(existing, constants.W_OK | constants.X_OK)),
    freeBytes: await statfs(existing).then(
      (s) => s.bavail * s.bsize,
      () => undefined,
    ),
  };
}

async function nearestExisting(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    if (at === dirname(at) || (await holds(stat(at)))) return at;
  }
}

async function holds(question: Promise<unknown>): Promise<boolean> {
  return question.then(
    () => true,
    () => false,
  );
}

/** A new empty folder; it goes with its scope, and everything in it. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'comfy-gen-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
