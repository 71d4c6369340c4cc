// A job as its server's queue or history tells of it: what `queue --json` and `history --json` print.
import type { OutputRef } from '../protocol/http.ts';

/** What the graph of a job and its server tell of how it was asked for; `null` is unknown. */
export type AskedFor = {
  readonly prompt: string | null;
  /** As text: it may exceed 2^53. */
  readonly seed: string | null;
  /** When it was queued, ms since 1970, by the server's clock. */
  readonly created_at: number | null;
  /** This client sent it. */
  readonly mine: boolean;
};

/** A job that runs or waits. */
export type QueuedJob = AskedFor & {
  readonly prompt_id: string;
  readonly state: 'running' | 'pending';
  /** In the order in which they will run, from 0. */
  readonly position: number;
  readonly server: string;
};

/** A job that is over. */
export type PastJob = AskedFor & {
  readonly prompt_id: string;
  /** `success`, `error`, `interrupted`; `unknown` where the server tells nothing. */
  readonly status: string;
  /** How many files it made. */
  readonly outputs: number;
  readonly server: string;
  readonly files: readonly OutputRef[];
};
