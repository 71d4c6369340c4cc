// What Redis knows of a job that is on a server: where it was sent and under which id, files saved so far, and its news.
import type { Job } from 'bullmq';
import type { JobStep } from '../jobs/events.ts';
import { isRecord as isForRecords } from '../jobs/events.ts';
import type { JobFailure, SavedFile } from '../jobs/job.ts';
import { isRecord } from '../protocol/json.ts';
import type { QueuedJob } from './queued-job.ts';
import { isSavedFile, isTold, readFailure, type ToldEvent } from './read.ts';

/** `job.progress`. Each writing of it is an event to those who watch. */
export type Progress = {
  /** Written before the POST: whoever takes the job over asks there first. */
  readonly sent?: Sent | undefined;
  readonly files: readonly SavedFile[];
  /** How many servers were lost while they ran it. */
  readonly losses: number;
  /** What happened since the last writing. */
  readonly events: readonly ToldEvent[];
  /** What it failed with, before BullMQ's own word of it. */
  readonly failure?: JobFailure | undefined;
};

export type Sent = { readonly server: string; readonly prompt_id: string };

const nothing: Progress = { files: [], losses: 0, events: [] };

/** Events are told together, so often at most. */
const flushMs = 500;
/** More of them at once would be a flood: the oldest are left out. */
const maxEvents = 100;

export function readProgress(value: unknown): Progress {
  if (!isRecord(value)) return nothing;
  const { sent, files, losses, events, failure } = value;
  const isSent = isRecord(sent) && typeof sent['server'] === 'string' && typeof sent['prompt_id'] === 'string';
  return {
    sent: isSent ? (sent as Sent) : undefined, // looked at just above
    files: Array.isArray(files) ? files.filter(isSavedFile) : [],
    losses: typeof losses === 'number' ? losses : 0,
    events: Array.isArray(events) ? events.filter(isTold) : [],
    failure: readFailure(failure),
  };
}

export class JobRecord {
  readonly #job: Job<QueuedJob>;
  #progress: Progress;
  #flushedAt = -Infinity;

  constructor(job: Job<QueuedJob>) {
    this.#job = job;
    this.#progress = { ...readProgress(job.progress), events: [], failure: undefined };
  }

  get sent(): Sent | undefined {
    return this.#progress.sent;
  }

  get files(): readonly SavedFile[] {
    return this.#progress.files;
  }

  get losses(): number {
    return this.#progress.losses;
  }

  /** Resolves when what must not be lost is in Redis. */
  async note(step: JobStep, server: string): Promise<void> {
    if (step.type === 'submitting' && step.prompt_id !== null)
      return this.#write({ sent: { server, prompt_id: step.prompt_id } });
    if (isForRecords(step) || step.type === 'preview' || step.type === 'done' || step.type === 'failed') return;
    if (this.#job.data.watched)
      this.#progress = { ...this.#progress, events: [...this.#progress.events, step].slice(-maxEvents) };
    if (step.type === 'saved') return this.#write({ files: [...this.#progress.files, step.file] });
    if (this.#job.data.watched && performance.now() - this.#flushedAt > flushMs) await this.#write({});
  }

  /** The job is made anew: what is known of an earlier submission counts no more. */
  forget(): void {
    this.#progress = { ...this.#progress, sent: undefined, files: [] };
  }

  async lost(): Promise<void> {
    await this.#write({ losses: this.#progress.losses + 1 });
  }

  async failed(failure: JobFailure): Promise<void> {
    await this.#write({ failure });
  }

  async #write(change: Partial<Progress>): Promise<void> {
    const progress = { ...this.#progress, ...change };
    this.#flushedAt = performance.now();
    this.#progress = { ...progress, events: [], failure: undefined };
    await this.#job.updateProgress(progress);
  }
}
