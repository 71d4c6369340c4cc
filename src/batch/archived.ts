// A batch under its archive: which rows are still to be made, and what is written down of each on its way.
import { dirname, resolve } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { Detach, type Kind } from '../errors.ts';
import type { JobStep } from '../jobs/events.ts';
import type { JobRequest, OutputTarget } from '../jobs/job.ts';
import { randomSeed } from '../plan/seeds.ts';
import type { JobSpec } from '../plan/spec.ts';
import { Archive, isLasting, type Open, type RowId, type Status } from './archive.ts';
import { KeyTable } from './key-table.ts';
import type { Owner } from './lock.ts';
import { digest } from './specs.ts';

/** What of a batch was settled in earlier runs. */
export type Earlier = {
  /** Rows that are not made again. */
  skipped: number;
  /** Those of them that failed and wait for `retryFailed`. */
  readonly stillFailed: Kind[];
};

export type ArchiveOptions = {
  /** Where the files are; default the archive's own folder. */
  readonly folder?: string | undefined;
  /** Names the command: what it left unfinished is continued under the same name. */
  readonly run: string;
  readonly owner: Owner;
  readonly isAlive: (process: { readonly pid: number; readonly at: number }) => boolean;
  readonly retryFailed: boolean;
  /** Which of these jobs were collected by other commands since. */
  readonly collected: (ids: ReadonlySet<string>) => Promise<ReadonlySet<string>>;
  readonly signal: AbortSignal;
};

/** The archive as a run uses it; without a folder nothing is known nor kept. */
export class RowArchive implements AsyncDisposable {
  readonly earlier: Earlier = { skipped: 0, stillFailed: [] };
  readonly #archive: Archive | undefined;
  readonly #options: ArchiveOptions;
  readonly #ids = new WeakMap<JobSpec, RowId>();
  readonly #sentAs = new WeakMap<JobSpec, string>();
  #collected: ReadonlySet<string> | undefined;
  /** Jobs of this run that failed in a way that may pass. */
  #again = 0;

  private constructor(archive: Archive | undefined, options: ArchiveOptions) {
    this.#archive = archive;
    this.#options = options;
  }

  /** Undefined: nothing is known nor kept. */
  static async open(path: string | undefined, options: ArchiveOptions): Promise<RowArchive> {
    const { run, owner, isAlive, folder } = options;
    const archive = path === undefined ? undefined : await Archive.open(path, run, owner, isAlive, folder);
    return new RowArchive(archive, options);
  }

  /** The rows that are to be made, each with its seed and with where it was sent before. */
  async *remaining(specs: AsyncIterable<JobSpec>): AsyncGenerator<JobSpec> {
    const times = new KeyTable();
    for await (const spec of specs) {
      const key = keyOf(spec);
      const nth = times.get(key) + 1;
      times.set(key, nth);
      const id = { key: nth === 1 ? key : `${key}.${nth}`, seedless: spec.seed === undefined };
      const status = await this.#statusOf(id);
      const isFailed = typeof status === 'object' && 'failed' in status;
      if (status === 'done' || (isFailed && !this.#options.retryFailed)) {
        this.earlier.skipped++;
        if (isFailed) this.earlier.stillFailed.push(status.failed);
        continue;
      }
      const made = withSeed(spec, typeof status === 'object' && !isFailed ? status : undefined);
      this.#ids.set(made, id);
      yield made;
    }
  }

  /** One that `resume` or `attach` collected meanwhile is done. */
  async #statusOf(id: RowId): Promise<Status> {
    const archive = this.#archive;
    const status = archive?.status(id) ?? 'new';
    if (archive === undefined || typeof status !== 'object' || 'failed' in status) return status;
    this.#collected ??= await this.#options.collected(archive.openIds());
    if (!this.#collected.has(status.promptId)) return status;
    archive.done(id);
    return 'done';
  }

  /** Writes down where a job is sent, each file just before it gets its name, and how it ended. */
  async note(
    spec: JobSpec,
    server: Connection | undefined,
    request: JobRequest | undefined,
    event: JobStep,
  ): Promise<void> {
    if (event.type === 'failed' && !isLasting(event.result.error.code)) this.#again++;
    const id = this.#ids.get(spec);
    const archive = this.#archive;
    if (id === undefined || archive === undefined) return;
    switch (event.type) {
      case 'submitting':
      case 'submitted': {
        const promptId = event.prompt_id ?? '';
        const isKnown = promptId === (this.#sentAs.get(spec) ?? request?.attach);
        this.#sentAs.set(spec, promptId);
        if (!isKnown) archive.sent(id, promptId, server?.server ?? '', request?.about.seed ?? null);
        return;
      }
      case 'naming':
        return archive.pending(id, event.part, event.output, event.of);
      case 'saved':
        return archive.saved(id, event.file, event.file.path);
      case 'done':
        return archive.done(id);
      case 'failed':
        if (!(this.#options.signal.reason instanceof Detach)) archive.failed(id, event.result.error.code);
        return;
      default:
        return;
    }
  }

  /** After the last row: unless something is to be tried again, the same command makes new images next time. */
  finish(isComplete: boolean): void {
    if (isComplete && this.#again === 0) this.#archive?.finished();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#archive?.[Symbol.asyncDispose]();
  }
}

/** Equal jobs have equal keys. */
const keyOf = ({ shape, prompt, seed }: JobSpec): string => digest([shape, prompt ?? null, seed ?? null]);

/** Its own seed, the one it was sent with, or one of ours. */
function withSeed(spec: JobSpec, open: Open | undefined): JobSpec {
  const sent = open && { server: open.server, promptId: open.promptId, saved: [...open.saved] };
  if (spec.seed !== undefined) return { ...spec, sent };
  return { ...spec, sent, seed: open?.seed ?? String(randomSeed()), seedIsOurs: true };
}

/** The folder of the archive: that of the files; undefined where they go to none. */
export function archiveFolder(target: OutputTarget | undefined): string | undefined {
  if (target === undefined || target.kind === 'sink') return undefined;
  return resolve(target.cwd ?? '', target.kind === 'folder' ? target.folder : dirname(target.path));
}
