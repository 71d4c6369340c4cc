// A job as its server's queue or history tells of it: what `queue --json` and `history --json` print.
import type { OutputRef } from '../protocol/http.ts';

/** A job that runs or waits. */
export type QueuedJob = {
  readonly prompt_id: string;
  readonly state: 'running' | 'pending';
  /** In the order in which they will run, from 0. */
  readonly position: number;
  readonly server: string;
  /** This client sent it. */
  readonly mine: boolean;
};

/** A job that is over. */
export type PastJob = {
  readonly prompt_id: string;
  /** `success`, `error`, `interrupted`; `unknown` where the server tells nothing. */
  readonly status: string;
  /** How many files it made. */
  readonly outputs: number;
  readonly server: string;
  readonly files: readonly OutputRef[];
};
