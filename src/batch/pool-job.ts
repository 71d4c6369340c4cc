// One job that is to be done somewhere in a pool.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import type { JobEvent } from '../jobs/events.ts';
import { aboutNothing, type About, type JobFailure, type JobRequest } from '../jobs/job.ts';

export type Work = {
  readonly row: number;
  /** The model it is known to want, for the choice of a server. */
  readonly model: string | undefined;
  /** Its request for one server; throws what makes it impossible there. */
  readonly plan: (server: Connection) => Promise<JobRequest>;
  /** Servers that cannot do it, and why. */
  readonly refusedBy: Map<Connection, ComfyGenError>;
  /** It was sent there before: looked for before it is sent again. */
  sent: { readonly server: string; readonly promptId: string } | undefined;
  /** Outputs of the job in `sent` that are on disk already. */
  readonly saved: Set<string>;
  /** Ids that it had and that are given up: whatever comes of them is not to be collected. */
  readonly left: string[];
  /** Told in the failure of a job that was never sent. */
  readonly about: About;
};

/** Who watches one attempt at a job. */
export type Watch = {
  readonly request: JobRequest;
  /** Every event, also of an attempt that goes on elsewhere. */
  readonly note: (event: JobEvent) => void;
};

export type Watchers = {
  readonly begin: (server: Connection, work: Work, request: JobRequest) => Watch;
  /** The events as everybody shall see them: each job ends once. */
  readonly show: (event: JobEvent, server: Connection | undefined, work: Work) => Promise<void>;
  /** The object of a job that failed before it was sent. */
  readonly failure: (work: Work, server: string, error: ComfyGenError) => JobFailure;
  /** A server was lost or came back. */
  readonly serverIs: (server: Connection, state: 'lost' | 'back') => void;
};

export type WorkMore = Partial<Pick<Work, 'model' | 'sent' | 'saved' | 'about'>>;

export function newWork(row: number, plan: Work['plan'], more: WorkMore = {}): Work {
  const { model, sent, saved = new Set(), about = aboutNothing } = more;
  return { row, plan, model, sent, saved, about, left: [], refusedBy: new Map() };
}

/** It is made anew, wherever that is. */
export function forget(work: Work): void {
  if (work.sent !== undefined) work.left.push(work.sent.promptId);
  work.sent = undefined;
  work.saved.clear();
}

/** What a job that was not sent ends with when the run is over. */
export function endOf({ reason }: AbortSignal): ComfyGenError {
  return reason instanceof ComfyGenError ? reason : new ComfyGenError('cancelled', 'cancelled', { cause: reason });
}
