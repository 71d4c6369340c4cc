// The journal: what was sent where and what came of it. Append-only JSONL, one line an event, safe for several processes.
import { appendFileSync, chmodSync, closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { codeOf } from '../files/codes.ts';
import type { PendingFile } from '../files/crash.ts';
import { makeFolderSync } from '../files/folder.ts';
import { writeError } from '../files/write.ts';

/** What a job was about and where its files were to go; written with the first line of a job. */
export type JournalFacts = {
  readonly server: string;
  /** The user named the server (flag, environment, own file): secrets may go there again. */
  readonly trusted: boolean;
  /** An in-process demo server: gone with its command, nothing can be collected from it. */
  readonly demo: boolean;
  readonly row: number;
  readonly cwd: string;
  readonly output: string;
  readonly name: string;
  /** What was to become of the files; absent in lines of earlier versions. */
  readonly format?: string | undefined;
  readonly quality?: number | undefined;
  readonly stripMetadata?: boolean | undefined;
  readonly about: Readonly<Record<string, unknown>>;
};

/** Who watches a job; while that process lives, nobody else collects it. */
export type Watcher = { readonly pid: number; readonly machine: string };

/** As the server names it. */
export type JournalOutput = { readonly filename: string; readonly subfolder: string; readonly type: string };
export type JournalFile = JournalOutput & { readonly path: string | null };
export type JournalError = { readonly code: string; readonly reason: string; readonly message: string };

export type JournalEvent =
  | { readonly event: 'submitting' | 'submitted'; readonly facts?: JournalFacts; readonly watcher?: Watcher }
  | { readonly event: 'watching'; readonly watcher: Watcher }
  /** We are about to take it off the server. */
  | { readonly event: 'cancelling' }
  /** About to get its name; the job made `of` files. */
  | { readonly event: 'piece'; readonly output: JournalOutput; readonly piece: PendingFile; readonly of: number }
  | { readonly event: 'file'; readonly file: JournalFile }
  | { readonly event: 'saved' }
  | { readonly event: 'ended'; readonly error: JournalError };

export type JournalLine = JournalEvent & { readonly at: number; readonly prompt_id: string };

/** Everything that the journal knows of one job. */
export type JournalEntry = {
  readonly prompt_id: string;
  at: number;
  /** `submitting` and `submitted` are open: `resume` collects them. */
  state: 'submitting' | 'submitted' | 'saved' | 'ended';
  endedAt: number | null;
  facts: JournalFacts | undefined;
  watcher: (Watcher & { readonly at: number }) | undefined;
  files: JournalFile[];
  /** Files that were about to get their names. */
  pending: { readonly output: JournalOutput; readonly piece: PendingFile; readonly of: number }[];
  error: JournalError | null;
  /** We took it off the server, or were about to. */
  wasCancelled: boolean;
};

/** Appends lines; the file is its owner's only. Throws `not_writable`, `disk_full`, … as any write does. */
export class Journal {
  readonly path: string;
  #ready = false;

  constructor(path: string) {
    this.path = path;
  }

  append(promptId: string, event: JournalEvent): void {
    const line = JSON.stringify({ v: 1, at: Date.now(), prompt_id: promptId, ...event });
    try {
      // one write of one line to a file opened for appending: lines of several processes do not mix
      appendFileSync(this.path, `${this.#open()}${line}\n`, { mode: 0o600 });
    } catch (cause) {
      throw writeError(cause, this.path);
    }
  }

  /** Makes the folder; a line that a crash cut off gets its end here, so that ours begins on its own. */
  #open(): string {
    if (this.#ready) return '';
    makeFolderSync(dirname(this.path), 0o700);
    const file = openSync(this.path, 'a+', 0o600);
    try {
      chmodSync(this.path, 0o600);
      const { size } = fstatSync(file);
      const last = Buffer.alloc(1);
      if (size > 0) readSync(file, last, 0, 1, size - 1);
      this.#ready = true;
      return size > 0 && last[0] !== 10 ? '\n' : '';
    } finally {
      closeSync(file);
    }
  }

  /** All jobs, or those of `ids`, oldest first; lines that are no lines of ours are passed over. No file is an empty journal. */
  async read(ids?: ReadonlySet<string>): Promise<ReadonlyMap<string, JournalEntry>> {
    const entries = new Map<string, JournalEntry>();
    const input = createReadStream(this.path, 'utf8');
    try {
      for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        const line = parseLine(text);
        if (line !== undefined && ids?.has(line.prompt_id) !== false) apply(entries, line);
      }
    } catch (cause) {
      if (!['ENOENT', 'ENOTDIR'].includes(codeOf(cause))) throw writeError(cause, this.path);
    }
    return entries;
  }
}

function parseLine(text: string): JournalLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    const known =
      typeof line === 'object' && line !== null && 'event' in line && 'at' in line && typeof line.at === 'number';
    if (!known || !('prompt_id' in line) || typeof line.prompt_id !== 'string') return undefined;
    return line as unknown as JournalLine; // written by us; what an apply reads of it is checked by `event`
  } catch {
    return undefined;
  }
}

function apply(entries: Map<string, JournalEntry>, line: JournalLine): void {
  const entry = entries.get(line.prompt_id) ?? {
    prompt_id: line.prompt_id,
    at: line.at,
    state: 'submitted' as const,
    endedAt: null,
    facts: undefined,
    watcher: undefined,
    files: [],
    pending: [],
    error: null,
    wasCancelled: false,
  };
  entries.set(line.prompt_id, entry);
  switch (line.event) {
    case 'submitting':
    case 'submitted':
      entry.state = line.event;
      entry.facts = line.facts ?? entry.facts;
      if (line.watcher !== undefined) entry.watcher = { ...line.watcher, at: line.at };
      break;
    case 'watching':
      entry.watcher = { ...line.watcher, at: line.at };
      break;
    case 'cancelling':
      entry.wasCancelled = true;
      break;
    case 'piece':
      entry.pending.push({ output: line.output, piece: line.piece, of: line.of });
      break;
    case 'file':
      entry.files.push(line.file);
      break;
    case 'saved':
    case 'ended':
      entry.state = line.event;
      entry.endedAt = line.at;
      entry.error = line.event === 'ended' ? line.error : null;
      break;
  }
}

/** Sent, and neither saved nor over. */
export function isOpen(entry: JournalEntry): boolean {
  return entry.state === 'submitting' || entry.state === 'submitted';
}
