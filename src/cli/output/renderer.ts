// What draws a run on standard error: a function of events, disposed on every way out.
import type { JobEvent } from '../../jobs/events.ts';

/** What a line says of a job beside its event. `wasSent`: by an earlier command, this one only watches. */
export type RunningJob = { readonly wasSent: boolean; readonly prompt: string | null };

export type Renderer = Disposable & {
  /** `server` is where the job is, or was last. */
  readonly event: (event: JobEvent, server: string, job: RunningJob) => void;
  /** A line for people that belongs to no job: a warning, a choice that was made. */
  readonly note: (text: string, kind: 'info' | 'warning') => void;
  /** A server of the pool was lost or came back. */
  readonly serverIs: (server: string, state: 'lost' | 'back') => void;
  /** Something else writes to the terminal: what is drawn makes room for it. */
  readonly aside: (write: () => Promise<void>) => Promise<void>;
};

/** How many jobs a run has, as far as it is known yet. */
export type Counts = { total: number; skipped: number };

/** Nothing but errors, which the caller prints. */
export const silent: Renderer = {
  event: () => undefined,
  note: () => undefined,
  serverIs: () => undefined,
  aside: (write) => write(),
  [Symbol.dispose]: () => undefined,
};

export const serverText = (server: string, state: 'lost' | 'back'): string =>
  state === 'lost' ? `${server} does not answer` : `${server} is back`;
