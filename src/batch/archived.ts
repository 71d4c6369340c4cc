// The archive as `batch` uses it: what becomes of each row, and what its jobs write down on their way.
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { Archive, isLasting, type RowId, type Standing } from './archive.ts';
import type { Work } from './pool-job.ts';
import type { Connection } from '../connection/connection.ts';
import { Leave } from '../errors.ts';
import type { JobEvent } from '../jobs/events.ts';
import type { JobRequest, OutputTarget } from '../jobs/job.ts';
import { isAlive, readJournal } from '../journal/record.ts';
import { pathOf, type Session } from '../cli/context.ts';

export class BatchArchive {
  readonly #session: Session;
  readonly #archive: Archive | undefined;
  readonly #ids = new WeakMap<Work, RowId>();
  #collected: ReadonlySet<string> | undefined;
  /** Jobs of this run that failed in a way that may pass. */
  #again = 0;

  private constructor(session: Session, archive: Archive | undefined) {
    this.#session = session;
    this.#archive = archive;
  }

  /** `run` names the command. With `--no-archive`, or where files go to no folder, nothing is known nor kept. */
  static async open(session: Session, target: OutputTarget | undefined, run: string): Promise<BatchArchive> {
    const folder = session.settings.archive.value ? folderOf(target) : undefined;
    if (folder === undefined) return new BatchArchive(session, undefined);
    const owner = { pid: process.pid, machine: hostname(), at: Date.now() };
    const archive = await Archive.open(pathOf(session, folder), run, owner, isAlive);
    session.atEnd(() => archive[Symbol.asyncDispose]());
    return new BatchArchive(session, archive);
  }

  /** What is known of the row. One that `resume` or `attach` collected meanwhile is done. */
  async standing(id: RowId): Promise<Standing> {
    const standing = this.#archive?.standing(id) ?? 'new';
    if (typeof standing !== 'object' || 'failed' in standing) return standing;
    this.#collected ??= new Set(
      [...(await readJournal(this.#session)).values()].flatMap((e) => (e.state === 'saved' ? [e.prompt_id] : [])),
    );
    if (!this.#collected.has(standing.promptId)) return standing;
    this.#archive?.done(id);
    return 'done';
  }

  belongs(work: Work, id: RowId): void {
    this.#ids.set(work, id);
  }

  /** The request, writing down where it is sent, and each file just before it gets its name. */
  prepare(work: Work, server: Connection, request: JobRequest): JobRequest {
    const id = this.#ids.get(work);
    const archive = this.#archive;
    if (id === undefined || archive === undefined) return request;
    let current = request.attach;
    return {
      ...request,
      record: async (state, promptId) => {
        if (state !== 'ended' && promptId !== current) {
          current = promptId;
          archive.sent(id, promptId, server.server, request.about.seed);
        }
        await request.record?.(state, promptId);
      },
      naming: (path, output, of) => archive.piece(id, path, output, of),
    };
  }

  note(work: Work, event: JobEvent): void {
    if (event.type === 'failed' && !isLasting(event.result.error.code)) this.#again++;
    const id = this.#ids.get(work);
    if (id === undefined || this.#archive === undefined) return;
    if (event.type === 'saved') this.#archive.saved(id, event.file, event.file.path);
    else if (event.type === 'done') this.#archive.done(id);
    else if (event.type === 'failed' && !(this.#session.signal.reason instanceof Leave))
      this.#archive.failed(id, event.result.error.code);
  }

  /** After the last row: unless something is to be tried again, the same command makes new pictures next time. */
  finish(complete: boolean): void {
    if (complete && this.#again === 0) this.#archive?.finished();
  }
}

function folderOf(target: OutputTarget | undefined): string | undefined {
  if (target?.kind === 'folder') return target.folder;
  return target?.kind === 'file' ? dirname(target.path) : undefined;
}
