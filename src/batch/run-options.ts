// What a run of many jobs is told.
import type { Connection } from '../connection/connection.ts';
import type { JobRequest } from '../jobs/job.ts';
import type { JobSpec } from '../plan/spec.ts';
import type { RowArchive } from './archived.ts';
import type { Summary } from './events.ts';

export type RunOptions = {
  readonly servers: readonly Connection[];
  /** Those of them that do not answer yet. */
  readonly lost?: ReadonlySet<Connection> | undefined;
  /** The job as that server would run it. Throws what makes it impossible there. */
  readonly plan: (spec: JobSpec, server: Connection, signal: AbortSignal) => Promise<JobRequest>;
  /** Cancels the jobs on their servers; with a `Detach` as its reason they go on. */
  readonly signal: AbortSignal;
  /** Jobs that wait on each server, besides the one that runs; default 1. */
  readonly ahead?: number | undefined;
  /** Jobs are submitted and left to themselves. */
  readonly submitOnly?: boolean | undefined;
  /** So many failed jobs end the run. */
  readonly maxFailures?: number | undefined;
  /** When no server is left: each remaining job fails as the last one did, instead of not being tried. */
  readonly failRest?: boolean | undefined;
  readonly archive?: RowArchive | undefined;
  /** What the jobs are counted into; default a new one. */
  readonly summary?: Summary | undefined;
};
