// What a run of many jobs tells, and how it ended.
import type { Connection } from '../connection/connection.ts';
import { abortError, ComfyGenError, Detach, foldExitCodes } from '../errors.ts';
import type { JobStep } from '../jobs/events.ts';
import type { JobFailure, JobRequest, JobResult } from '../jobs/job.ts';
import type { JobSpec } from '../plan/spec.ts';
import { SeedRanges } from './seed-ranges.ts';

export type RunEvent =
  | {
      readonly kind: 'job';
      readonly spec: JobSpec;
      /** Where the job is, or was last. */
      readonly server: Connection | undefined;
      /** Absent while it could not even be planned. */
      readonly request: JobRequest | undefined;
      readonly event: JobStep;
      /** The end of an attempt only: the job goes on elsewhere. For records, not for people. */
      readonly goesOn: boolean;
    }
  /** The job goes on under another id: whatever comes of this one is not to be collected. */
  | { readonly kind: 'abandoned'; readonly promptId: string; readonly server: Connection }
  | { readonly kind: 'server'; readonly server: Connection; readonly state: 'lost' | 'back' };

/** How a run went, in numbers: of many jobs none is kept. */
export type Summary = {
  done: number;
  failed: number;
  /** Those of the failed that we ended ourselves: Ctrl-C, `timeout`. */
  cancelled: number;
  /** Files that were saved. */
  files: number;
  /** Those of the jobs that are done. */
  readonly seeds: SeedRanges;
  /** The first few different ones of the jobs that are done. */
  readonly prompts: Set<string>;
  /** Exit codes of the jobs that ended, 0 for a success. */
  readonly codes: Set<number>;
  /** The exit code of the first job that was cancelled or ran out of time. */
  aborted: number | undefined;
  /** Every job came to its end. */
  isComplete: boolean;
};

export const newSummary = (): Summary => ({
  done: 0,
  failed: 0,
  cancelled: 0,
  files: 0,
  seeds: new SeedRanges(),
  prompts: new Set(),
  codes: new Set(),
  aborted: undefined,
  isComplete: false,
});

const promptsKept = 3;

export function addDone(summary: Summary, { seed, prompt }: Pick<JobResult, 'seed' | 'prompt'>): void {
  summary.done++;
  if (seed !== null) summary.seeds.add(seed);
  if (prompt !== null && prompt !== '' && summary.prompts.size < promptsKept) summary.prompts.add(prompt);
  summary.codes.add(0);
}

export function addFailed(summary: Summary, { error }: JobFailure): void {
  summary.failed++;
  summary.codes.add(error.exit_code);
  if (error.code !== 'timeout' && error.code !== 'cancelled') return;
  summary.cancelled++;
  summary.aborted ??= error.exit_code;
}

/** The exit code of a run: what aborted it, else one code for all that ended alike, `partial` else. */
export function exitCodeOf(summary: Summary, signal: AbortSignal): number {
  const { aborted } = signal;
  const reason: unknown = signal.reason;
  if (aborted && reason instanceof Detach) return abortError(signal).exit_code;
  if (aborted && summary.aborted !== undefined) return summary.aborted;
  if (aborted && !summary.isComplete && reason instanceof ComfyGenError) return reason.exit_code;
  return foldExitCodes(summary.codes);
}
