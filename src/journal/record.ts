// Keeps the journal of a run: a consumer of the jobs' events.
import { resolve } from 'node:path';
import { Detach } from '../errors.ts';
import { pendingFile } from '../files/crash.ts';
import type { JobStep } from '../jobs/events.ts';
import type { JobFailure, JobRequest } from '../jobs/job.ts';
import type { Journal, JournalFacts, Watcher } from './journal.ts';

/** What the lines of a run have in common. */
export type RunFacts = Omit<JournalFacts, 'server' | 'row' | 'about'>;

export type RecordOptions = {
  /** Undefined keeps none. */
  readonly journal: Journal | undefined;
  readonly facts: RunFacts;
  readonly watcher: Watcher;
  readonly redact: (text: string) => string;
  /** Told the first time that a line cannot be written: that does not end a job. */
  readonly failed: (error: unknown) => void;
  readonly signal: AbortSignal;
};

export class JournalRecord implements Disposable {
  readonly #options: RecordOptions;
  /** Those whose files are on their way: they are done, whatever comes. */
  readonly #saving = new WeakSet<JobRequest>();
  /** Jobs in hand, by the id under which they are known now. */
  readonly #ids = new Map<JobRequest, string>();
  readonly #cancelling = (): void => this.#noteCancelling();
  #hasFailed = false;

  constructor(options: RecordOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', this.#cancelling, { once: true });
  }

  /** Writes down what an event means for the journal. */
  async record(server: string, request: JobRequest, event: JobStep): Promise<void> {
    if (this.#options.journal === undefined) return;
    const id = event.prompt_id;
    switch (event.type) {
      case 'submitting':
        return this.#begin(server, request, id ?? '', 'submitting');
      case 'watching':
        this.#ids.set(request, id ?? '');
        return this.#append(id, { event: 'watching', watcher: this.#options.watcher });
      case 'submitted':
        return this.#submitted(server, request, id ?? '');
      case 'naming': {
        const { filename, subfolder, type } = event.output;
        this.#saving.add(request);
        const piece = await pendingFile(event.part).catch(() => undefined);
        if (piece === undefined) return; // somebody took it away: saving it will say so
        return this.#append(id, { event: 'piece', output: { filename, subfolder, type }, piece, of: event.of });
      }
      case 'saved': {
        const { path, filename, subfolder, type } = event.file;
        const absolute = path === null ? null : resolve(this.#options.facts.cwd, path);
        return this.#append(id, { event: 'file', file: { path: absolute, filename, subfolder, type } });
      }
      case 'done':
        this.#append(this.#ids.get(request), { event: 'saved' });
        return this.#forget(request);
      case 'failed':
        this.#failedWith(request, event.result);
        return this.#forget(request);
      case 'detached':
        return this.#forget(request);
      default:
        return;
    }
  }

  /** Notes that a job is over, for whoever took it off the server or gave it up. */
  noteEnd(promptId: string, reason: 'cancelled' | 'job_lost', message: string): void {
    const code = reason === 'cancelled' ? 'cancelled' : 'execution';
    this.#append(promptId, { event: 'ended', error: { code, reason, message } });
  }

  #submitted(server: string, request: JobRequest, id: string): void {
    if (request.attach === id) return;
    if (this.#ids.get(request) === id) this.#append(id, { event: 'submitted' });
    else this.#begin(server, request, id, 'submitted');
  }

  /** Sent again under a new id, or the server chose its own: the old id is not to be collected. */
  #begin(server: string, request: JobRequest, id: string, event: 'submitting' | 'submitted'): void {
    const before = this.#ids.get(request);
    if (before !== undefined && before !== id) this.noteEnd(before, 'job_lost', `goes on as ${id}`);
    this.#ids.set(request, id);
    const { facts, watcher } = this.#options;
    const { about, row, output } = request;
    const name = output?.kind === 'folder' ? output.template.written : facts.name; // a row may have its own
    this.#append(id, { event, facts: { ...facts, name, server, row, about }, watcher });
  }

  #failedWith(request: JobRequest, failure: JobFailure): void {
    const id = this.#ids.get(request);
    if (id === undefined || !this.#isOver(failure, request.attach !== undefined)) return;
    const { code, reason, message } = failure.error;
    this.#append(id, { event: 'ended', error: { code, reason, message: this.#options.redact(message) } });
  }

  /**
   * Nothing is left to collect: it failed, or we took it off the server. A failed save and a silent server are no end,
   * nor is leaving in the middle of a download: the job itself was done.
   */
  #isOver({ error, timings_ms }: JobFailure, isAttached: boolean): boolean {
    if (this.#options.signal.reason instanceof Detach) return false;
    const isLeft = error.code === 'cancelled' || error.code === 'timeout';
    if (isLeft && (isAttached || timings_ms.downloading > 0)) return false;
    return !['save', 'unreachable', 'auth', 'internal'].includes(error.code);
  }

  /** Before the jobs are taken off the server: if we do not live to see that, it was us all the same. */
  #noteCancelling(): void {
    if (this.#options.signal.reason instanceof Detach) return;
    for (const [request, id] of this.#ids)
      if (request.attach === undefined && !this.#saving.has(request)) this.#append(id, { event: 'cancelling' });
  }

  #append(id: string | null | undefined, event: Parameters<Journal['append']>[1]): void {
    if (id === null || id === undefined) return;
    try {
      this.#options.journal?.append(id, event);
    } catch (error) {
      if (!this.#hasFailed) this.#options.failed(error);
      this.#hasFailed = true;
    }
  }

  #forget(request: JobRequest): void {
    this.#ids.delete(request);
  }

  [Symbol.dispose](): void {
    this.#options.signal.removeEventListener('abort', this.#cancelling);
  }
}
