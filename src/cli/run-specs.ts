// Runs jobs on a pool of servers, draws their events, prints their results, and turns the outcome into an exit code.
import { runPool } from '../batch/run.ts';
import { newWork, type Watchers, type Work } from '../batch/pool-job.ts';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError, exitCodes, Leave } from '../errors.ts';
import type { JobEvent } from '../jobs/events.ts';
import type { JobFailure, JobRequest } from '../jobs/job.ts';
import { stamp } from '../jobs/ticket.ts';
import { keepJournal, noteEnd } from '../journal/record.ts';
import { emptyFailure } from './output/objects.ts';
import { pickRenderer } from './output/pick.ts';
import type { Counts } from './output/renderer.ts';
import type { Session } from './context.ts';
import { tell } from './output/results.ts';
import { isClosedPipe } from './terminal.ts';
import { transformOf } from '../plan/transform.ts';

/** Jobs that wait on a server besides the one that runs, so that its queue is never empty. */
const usualAhead = 1;

/** How a run went, in numbers: of many jobs none is kept. */
export type Outcome = {
  done: number;
  failed: number;
  /** Those of the failed that we ended ourselves: Ctrl-C, --timeout. */
  cancelled: number;
  readonly codes: Set<number>;
  /** The exit code of the first job that was cancelled or ran out of time. */
  aborted: number | undefined;
};

export type Pool = { readonly servers: readonly Connection[]; readonly lost?: ReadonlySet<Connection> | undefined };

/** What a batch adds: rows in its archive, an end after too many failures. */
export type Extras = {
  /** For many jobs; absent for one. */
  readonly counts?: Counts | undefined;
  readonly ahead?: number | undefined;
  readonly mayGoOn?: ((outcome: Outcome) => boolean) | undefined;
  readonly prepare?: ((work: Work, server: Connection, request: JobRequest) => JobRequest) | undefined;
  readonly note?: ((work: Work, event: JobEvent) => void) | undefined;
  /** Told how it went, and adds to it, before the exit code is made. `complete`: every job came to its end. */
  readonly end?: ((outcome: Outcome, complete: boolean) => void) | undefined;
};

/** Requests for one server. Returns the exit code. */
export async function runJobs(session: Session, server: Connection, requests: readonly JobRequest[]): Promise<number> {
  const works = requests.map((request) =>
    newWork(request.row, () => Promise.resolve(request), { about: request.about }),
  );
  return runWorks(session, { servers: [server] }, works, { counts: countsOf(requests) });
}

export const countsOf = ({ length }: { readonly length: number }): Counts | undefined =>
  length > 1 ? { total: length, skipped: 0 } : undefined;

/** Works off jobs on a pool, draws their events, prints their results. Returns the exit code. */
export async function runWorks(
  session: Session,
  pool: Pool,
  works: readonly Work[] | AsyncIterable<Work>,
  extras: Extras,
): Promise<number> {
  const names = pool.servers.map(({ server }) => server);
  const outcome: Outcome = { done: 0, failed: 0, cancelled: 0, codes: new Set(), aborted: undefined };
  const complete = await runWatched(session, pool, works, extras, outcome, names);
  extras.end?.(outcome, complete);
  return exitCode(session, outcome, complete);
}

async function runWatched(
  session: Session,
  pool: Pool,
  works: readonly Work[] | AsyncIterable<Work>,
  extras: Extras,
  outcome: Outcome,
  names: readonly string[],
): Promise<boolean> {
  using renderer = await pickRenderer(session, names, extras.counts);
  const transform = await transformOf(session);
  const telling = { session, renderer, many: extras.counts !== undefined };
  const causes = new WeakMap<Work, unknown>();
  const untold = new Set<Work>(Symbol.asyncIterator in works ? [] : works);
  let last: JobFailure | undefined;
  const show: Watchers['show'] = async (event, server, work) => {
    renderer.event(event, server?.server ?? '');
    await tell(telling, event, causes.get(work));
    extras.note?.(work, event);
    if (event.type === 'done' || event.type === 'failed') untold.delete(work);
    if (event.type === 'done') outcome.done++;
    if (event.type !== 'failed') return;
    last = event.result;
    count(outcome, event.result);
    // refused what the kept definitions allowed: they are old
    if (event.result.error.code === 'validation' && server?.definitionsAreCached === true)
      await server.objectInfo(session.signal, { fresh: true }).catch(() => undefined);
  };
  const watchers: Watchers = {
    begin: (server, work, request) => {
      const own = { transform, ...request, failed: (error: ComfyGenError) => void causes.set(work, error) };
      for (const id of work.left.splice(0))
        noteEnd(session, id, 'job_lost', `its server was lost: made anew on ${server.server}`);
      const journal = keepJournal(session, server.server, extras.prepare?.(work, server, own) ?? own);
      return { request: journal.request, note: journal.event };
    },
    show,
    failure: (work, server, error) => {
      causes.set(work, error);
      return { ...emptyFailure(error, work.row), server, ...work.about };
    },
    serverIs: (server, state) => names.length > 1 && renderer.serverIs(server.server, state),
  };
  const mayGoOn = (): boolean => extras.mayGoOn?.(outcome) ?? true;
  const order = { ahead: extras.ahead ?? usualAhead, signal: session.signal, watchers, mayGoOn };
  const complete = await runPool(works, { ...pool, ...order });
  if (!complete && !session.signal.aborted && last !== undefined) {
    // no server is left: what was not sent failed as the last one did
    const { error, server } = last;
    const failure = new ComfyGenError(error.reason, error.message, { hint: error.hint ?? undefined });
    for (const work of untold) {
      const result = { ...emptyFailure(failure, work.row), server, ...work.about };
      await show(stamp(work.row, null, { type: 'failed', result }), undefined, work);
    }
  }
  return complete;
}

function count(outcome: Outcome, { error }: JobFailure): void {
  outcome.failed++;
  outcome.codes.add(error.exit_code);
  if (error.code !== 'timeout' && error.code !== 'cancelled') return;
  outcome.cancelled++;
  outcome.aborted ??= error.exit_code;
}

/** One code for all that failed alike, `partial` else; a signal's own code. */
function exitCode({ signal }: Session, outcome: Outcome, complete: boolean): number {
  if (signal.aborted && signal.reason instanceof Leave) return 129;
  if (signal.aborted && isClosedPipe(signal.reason)) return 141;
  if (signal.aborted && outcome.aborted !== undefined) return outcome.aborted;
  if (signal.aborted && !complete && signal.reason instanceof ComfyGenError) return signal.reason.exit_code;
  if (outcome.failed === 0) return 0;
  const [only] = outcome.codes;
  return outcome.done === 0 && outcome.codes.size === 1 && only !== undefined ? only : exitCodes.partial;
}
