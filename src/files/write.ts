// Files appear whole or not at all: a temporary file beside the target, then a move that never replaces anything.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, link, open, readFile, realpath, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { codeOf } from './codes.ts';
import { partName, sweepParts } from './crash.ts';
import { makeFolder } from './folder.ts';

/** A file being written beside its target; `commit` gives it its name, disposal without commit removes it. */
export class PartFile implements AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #writing = Promise.resolve();
  #syncing = Promise.resolve();
  #synced = 0;
  #open = true;
  #end = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  static async create(folder: string): Promise<PartFile> {
    const path = join(folder, partName());
    try {
      await sweepOnce(folder);
      return new PartFile(path, await inFolder(folder, () => open(path, 'wx+', 0o666)));
    } catch (cause) {
      throw writeError(cause, folder);
    }
  }

  /** What is given must not change any more: it is written in large pieces, while more comes. Errors may come one call later. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes < pieceBytes && this.#held.length < mostPieces) return;
    await this.#writing;
    this.#writing = this.#writeHeld();
    this.#writing.catch(() => undefined); // thrown at the next write, or by flush
  }

  /** All that was given is in the file. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#writeHeld();
  }

  async #writeHeld(): Promise<void> {
    let held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    try {
      while (held.length > 0) {
        const { bytesWritten } = await this.#handle.writev(held, this.#end);
        this.#end += bytesWritten;
        held = after(held, bytesWritten);
      }
      this.#syncLargeParts();
    } catch (cause) {
      throw writeError(cause, this.path);
    }
  }

  /** The disk begins while more comes: at the end of a large file there would be much to wait for. */
  #syncLargeParts(): void {
    if (this.#end - this.#synced < syncedBytes) return;
    this.#synced = this.#end;
    this.#syncing = this.#syncing.then(() => this.#handle.datasync());
    this.#syncing.catch(() => undefined); // thrown by settle: the system tells it once
  }

  /** Size and hash of what lies there now, after somebody changed it. */
  async measure(): Promise<{ bytes: number; sha256: string }> {
    const content = await readFile(this.path);
    return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  }

  /** Begins again: a handle's own position would stay where it was, and zeros would come first. */
  async reset(): Promise<void> {
    this.#held = [];
    this.#heldBytes = 0;
    await this.#writing;
    await this.#handle.truncate(0);
    this.#end = 0;
    this.#synced = 0;
  }

  /**
   * Moves the file to `wanted`, or to the first free of `wanted-2`, `wanted-3`, …; returns the path it got. A file there
   * that `replaces` says yes to gives way.
   */
  async commit(wanted: string, ending: string, replaces?: (path: string) => Promise<boolean>): Promise<string> {
    await this.settle();
    for (let n = 1; ; n++) {
      const target = `${wanted}${n === 1 ? '' : `-${n}`}${ending}`;
      try {
        await inFolder(dirname(target), () => moveWithoutReplacing(this.path, target));
        return target;
      } catch (cause) {
        if (codeOf(cause) !== 'EEXIST') throw writeError(cause, target);
        if ((await replaces?.(target)) !== true) continue;
        await rename(this.path, target).catch((failed: unknown) => {
          throw writeError(failed, target);
        });
        return target;
      }
    }
  }

  /** Onto the disk before it gets its name; full disks and network folders may say so only now. Nothing is written after this. */
  async settle(): Promise<void> {
    if (!this.#open) return;
    await this.flush();
    try {
      await this.#syncing;
      await this.#handle.sync();
      await this.#close();
    } catch (cause) {
      throw writeError(cause, this.path);
    }
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#syncing.catch(() => undefined);
    await this.#close();
    await rm(this.path, { force: true });
  }
}

const pieceBytes = 512 * 1024;
const syncedBytes = 64 * 1024 * 1024;
const mostPieces = 1024;

/** What is left of pieces of which so many bytes are gone. */
function after(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let gone = bytes;
  return pieces.flatMap((piece) => {
    const part = Math.min(gone, piece.length);
    gone -= part;
    return part === piece.length ? [] : [piece.subarray(part)];
  });
}

const swept = new Set<string>();

/** The folder is made where it is missing, which is found out by trying. */
async function inFolder<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await makeFolder(folder);
    return act();
  }
}

/** Takes away what a killed process left half-written; once a folder. */
export async function sweepOnce(folder: string): Promise<void> {
  if (swept.has(folder)) return;
  swept.add(folder);
  await sweepParts(folder, () => true);
}

/** A hard link fails when the name is taken; file systems without links get a placeholder first. */
export async function moveWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'].includes(codeOf(error))) throw error;
    await (await open(to, 'wx')).close();
    await rename(from, to);
    return;
  }
  await unlink(from);
}

/** Creates the folder if need be and finds out, before anything is sent, whether it can be written. */
export async function checkFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
    if (!(await stat(folder)).isDirectory()) throw new ComfyGenError('not_writable', `${folder} is not a folder`);
  } catch (cause) {
    throw writeError(cause, folder);
  }
}

/** The folder of `path`, symlinks followed, must lie in `root`: a link inside the output folder leads nowhere else. */
export async function assertInside(root: string, path: string): Promise<void> {
  if (resolve(dirname(path)) === resolve(root)) return;
  const base = await realpath(root).catch((cause: unknown) => {
    throw writeError(cause, path); // somebody deleted the folder meanwhile
  });
  let folder = resolve(dirname(path));
  for (;;) {
    const real = await realpath(folder).catch(() => undefined);
    if (real !== undefined) {
      if (real === base || real.startsWith(base.endsWith(sep) ? base : base + sep)) return;
      throw new ComfyGenError('not_writable', `${path} would lie outside ${root}`);
    }
    folder = dirname(folder);
  }
}

/** A failed write as one of our errors. */
export function writeError(cause: unknown, path: string): ComfyGenError {
  if (cause instanceof ComfyGenError) return cause;
  const code = codeOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ComfyGenError('disk_full', `no space left for ${path}`, { cause });
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return new ComfyGenError('not_writable', `${path}: a file is in the way`, { cause });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new ComfyGenError('not_writable', `no permission to write ${path}`, { cause });
  }
  return new ComfyGenError('write_failed', `cannot write ${path} (${code || String(cause)})`, { cause });
}
