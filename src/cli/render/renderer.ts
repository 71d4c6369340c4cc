// What draws a run on standard error: a function of events, disposed on every way out.
import type { JobEvent } from '../../jobs/events.ts';

export type Renderer = Disposable & {
  readonly event: (event: JobEvent) => void;
  /** A line for people that belongs to no job: a warning, a choice that was made. */
  readonly note: (text: string, kind: 'info' | 'warning') => void;
};

/** Nothing but errors, which the caller prints. */
export const silent: Renderer = {
  event: () => undefined,
  note: () => undefined,
  [Symbol.dispose]: () => undefined,
};
