// The archive of a batch: which rows are done, which were sent and never saved. Append-only JSONL, one process at a time.
import { closeSync, createReadStream, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dirname } from 'node:path';
import { exitCodes, type Kind } from '../errors.ts';
import { findNamed, pendingFile, sweepParts, type IsAlive, type PendingFile } from '../files/crash.ts';
import { checkFolder, writeError } from '../files/write.ts';
import { outputKey, type OutputName } from '../jobs/job.ts';
import { KeyTable } from './key-table.ts';
import { takeLock, type Owner } from './lock.ts';

/** A row as the archive knows it: a digest of its options and which time they occur. */
export type RowId = { readonly key: string; readonly seedless: boolean };

type PendingOutput = PendingFile & { readonly output: string };

/** Sent, and as far as the archive knows never finished. */
export type Open = {
  readonly promptId: string;
  readonly server: string;
  /** Digits. */
  readonly seed: string | null;
  /** Keys of outputs that are on disk already. */
  readonly saved: Set<string>;
  /** How many outputs the job made; undefined before the first was downloaded. */
  of: number | undefined;
  readonly pending: PendingOutput[];
};

export type Status = 'new' | Settled | Open;
type Settled = 'done' | { readonly failed: Kind };

/** What rows may have come to; its place here, from 1, stands for it where there may be millions. */
const settled: readonly Settled[] = ['done', ...(Object.keys(exitCodes) as Kind[]).map((failed) => ({ failed }))];
const doneAt = 1;
const failedAt = (code: string): number =>
  settled.findIndex((one) => one !== 'done' && one.failed === code) + 1 || failedAt('internal'); // another version's

/** Rows by their keys. */
type Known = { readonly open: Map<string, Open>; readonly settled: KeyTable };
const nothingKnown = (): Known => ({ open: new Map(), settled: new KeyTable() });

type Line = { readonly event: string; readonly key?: string; readonly run?: string } & Readonly<
  Record<string, unknown>
>;

export const archiveName = '.comfy-gen-archive.jsonl';

/** Rows that failed like this wait for --retry-failed when they have a seed: the same would happen again. */
const lasting: readonly Kind[] = ['validation', 'execution', 'interrupted'];
export const isLasting = (code: Kind): boolean => lasting.includes(code);

/** After these the server may still have the job, or its files: it is looked for there first. */
const perhapsThere: readonly Kind[] = ['unreachable', 'save', 'auth', 'internal'];

export class Archive implements AsyncDisposable {
  readonly #path: string;
  readonly #run: string;
  readonly #seeded = nothingKnown();
  /** They count within their own run only. */
  #seedless = nothingKnown();
  readonly #lock: AsyncDisposable;
  #file: number | undefined;

  private constructor(path: string, run: string, lock: AsyncDisposable) {
    this.#path = path;
    this.#run = run;
    this.#lock = lock;
  }

  /** `folder` is where its files are; `run` names the command: what it left unfinished is continued under the same name. */
  static async open(
    path: string,
    run: string,
    owner: Owner,
    isAlive: IsAlive,
    folder = dirname(path),
  ): Promise<Archive> {
    await checkFolder(dirname(path)); // with --no-wait nobody made it yet
    const archive = new Archive(path, run, await takeLock(`${path}.lock`, owner, isAlive));
    try {
      const file = (archive.#file = archive.#openFile());
      if (fstatSync(file).size > 0) await archive.#read();
      await archive.#adopt(folder, isAlive);
      return archive;
    } catch (error) {
      await archive[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What is known of a row. A failure that may pass next time is none; a row without a seed may always. */
  status({ key, seedless }: RowId): Status {
    const known = seedless ? this.#seedless : this.#seeded;
    const open = known.open.get(key);
    if (open !== undefined) return open.of !== undefined && open.saved.size >= open.of ? 'done' : open;
    const end = settled[known.settled.get(key) - 1];
    if (end === undefined || end === 'done') return end ?? 'new';
    return isLasting(end.failed) && !seedless ? end : 'new';
  }

  /** Ids of the jobs that were sent and never finished. */
  openIds(): ReadonlySet<string> {
    return new Set(this.#open().map(({ promptId }) => promptId));
  }

  #open(): readonly Open[] {
    return [this.#seeded, this.#seedless].flatMap((known) => [...known.open.values()]);
  }

  sent(id: RowId, promptId: string, server: string, seed: string | null): void {
    this.#append({ event: 'sent', ...this.#of(id), prompt_id: promptId, server, seed });
  }

  /** A file is whole and about to get its name; the job made `of` files. */
  async pending(id: RowId, path: string, output: OutputName, of: number): Promise<void> {
    this.#append({ event: 'piece', ...this.#of(id), output: outputKey(output), of, ...(await pendingFile(path)) });
  }

  saved(id: RowId, output: OutputName, path: string | null): void {
    this.#append({ event: 'saved', ...this.#of(id), output: outputKey(output), path });
  }

  done(id: RowId): void {
    (id.seedless ? this.#seedless : this.#seeded).open.delete(id.key);
    this.#append({ event: 'done', ...this.#of(id) });
  }

  failed(id: RowId, code: Kind): void {
    this.#append({ event: 'failed', ...this.#of(id), code });
  }

  /** Nothing of the run is left to be tried again: the next run of the same command begins anew. */
  finished(): void {
    this.#append({ event: 'finished', run: this.#run });
  }

  #of({ key, seedless }: RowId): { key: string; run?: string } {
    return seedless ? { key, run: this.#run } : { key };
  }

  #append(line: Line): void {
    if (this.#file === undefined) return;
    try {
      writeSync(this.#file, `${JSON.stringify({ v: 1, at: Date.now(), ...line })}\n`);
    } catch (cause) {
      throw writeError(cause, this.#path);
    }
  }

  #openFile(): number {
    try {
      const file = openSync(this.#path, 'a+', 0o600);
      const { size } = fstatSync(file);
      const last = Buffer.alloc(1);
      if (size > 0) readSync(file, last, 0, 1, size - 1);
      if (size > 0 && last[0] !== 10) writeSync(file, '\n'); // a line that a crash cut off
      return file;
    } catch (cause) {
      throw writeError(cause, this.#path);
    }
  }

  async #read(): Promise<void> {
    try {
      for await (const text of createInterface({ input: createReadStream(this.#path, 'utf8') })) {
        const line = parseLine(text);
        if (line !== undefined) this.#apply(line);
      }
    } catch (cause) {
      throw writeError(cause, this.#path);
    }
  }

  /** Rows without a seed name their run. */
  #apply(line: Line): void {
    if (line.run !== undefined && line.run !== this.#run) return;
    if (line.event === 'finished') {
      this.#seedless = nothingKnown();
      return;
    }
    const { key } = line;
    if (key === undefined) return;
    const known = line.run === undefined ? this.#seeded : this.#seedless;
    const open = known.open.get(key);
    if (line.event === 'sent') known.open.set(key, openOf(line));
    else if (line.event === 'piece' && open !== undefined) {
      open.of = Number(line['of']);
      open.pending.push({ output: String(line['output']), ino: Number(line['ino']), size: Number(line['size']) });
    } else if (line.event === 'saved') open?.saved.add(String(line['output']));
    else if (line.event === 'done') settle(known, key, doneAt);
    else if (line.event === 'failed') {
      const failed = line['code'] as Kind; // written by us
      // once its files came the job is over, and only they can be missing
      const stays = perhapsThere.includes(failed) || (open?.of !== undefined && !isLasting(failed));
      if (open === undefined || !stays) settle(known, key, failedAt(failed));
    }
  }

  /** Files that got their name just before a crash count as saved. */
  async #adopt(folder: string, isAlive: IsAlive): Promise<void> {
    const open = this.#open();
    const unsure = open.flatMap(({ pending, saved }) => pending.filter(({ output }) => !saved.has(output)));
    await sweepParts(folder, isAlive);
    const named = await findNamed(folder, unsure);
    for (const { pending, saved } of open) for (const file of pending) if (named.has(file)) saved.add(file.output);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    await this.#lock[Symbol.asyncDispose]();
  }
}

function openOf({ prompt_id, server, seed }: Line): Open {
  return {
    promptId: String(prompt_id),
    server: String(server),
    seed: typeof seed === 'string' && /^\d{1,20}$/.test(seed) ? seed : null,
    saved: new Set(),
    of: undefined,
    pending: [],
  };
}

function settle(known: Known, key: string, at: number): void {
  known.open.delete(key);
  known.settled.set(key, at);
}

function parseLine(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text);
    if (typeof line !== 'object' || line === null || !('event' in line) || typeof line.event !== 'string')
      return undefined;
    return line as Line; // written by us; what is read of it is converted
  } catch {
    return undefined;
  }
}
