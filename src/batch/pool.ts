// The servers of a run: who is up, what each works on, how long its jobs take, and which would start a job first.
import type { Connection } from '../connection/connection.ts';
import type { PoolJob } from './pool-job.ts';

/** A job that was given to a server. */
export type RunningJob = {
  readonly job: PoolJob;
  readonly server: PoolServer;
  /** Takes it off the server again. */
  readonly takeBack: () => void;
  /** Lets the next job of the server be sent. */
  isSent: () => void;
  started: boolean;
  promptId: string | null;
  /** The id under which it was, or was about to be, sent. */
  sentAs: string | null;
};

export type PoolServer = {
  readonly connection: Connection;
  readonly jobs: Set<RunningJob>;
  /** Jobs that were left to it and are not watched. */
  detached: number;
  isUp: boolean;
  /** When it was lost, by the monotonic clock. */
  downSince: number;
  /** Measured time of a job; undefined before the first. */
  jobMs: number | undefined;
  /** Jobs of others that were before ours when we last heard. */
  othersAhead: number;
  /** The model of the job that was sent last. */
  model: string | undefined;
  /** Jobs that went to others while it was away: taken off it when it returns. */
  readonly orphans: Set<string>;
  /** Resolves once the next job may be sent: jobs arrive in their order. */
  turn: Promise<void>;
};

export function newPoolServer(connection: Connection): PoolServer {
  return {
    connection,
    jobs: new Set(),
    detached: 0,
    isUp: true,
    downSince: 0,
    jobMs: undefined,
    othersAhead: 0,
    model: undefined,
    orphans: new Set(),
    turn: Promise.resolve(),
  };
}

/** Before anything was measured all servers count alike. */
const unmeasuredMs = 1000;

/** How long until it would start another job, in ms. */
function startsIn(server: PoolServer, model: string | undefined, typicalMs: number): number {
  const jobMs = server.jobMs ?? typicalMs;
  const loads = model !== undefined && server.model !== undefined && model !== server.model;
  return (server.jobs.size + server.detached + server.othersAhead) * jobMs + (loads ? jobMs / 2 : 0);
}

function typical(servers: readonly PoolServer[]): number {
  const known = servers.flatMap(({ jobMs }) => jobMs ?? []);
  return known.length === 0 ? unmeasuredMs : known.reduce((sum, ms) => sum + ms, 0) / known.length;
}

/** The server that starts this job first; undefined when the job had better wait for one that is full now. */
export function firstToStart(
  servers: readonly PoolServer[],
  { refusedBy }: PoolJob,
  model: string | undefined,
  seats: number,
): PoolServer | undefined {
  const fit = servers.filter((s) => s.isUp && !refusedBy.has(s.connection));
  const typicalMs = typical(servers);
  const sorted = fit.toSorted((a, b) => startsIn(a, model, typicalMs) - startsIn(b, model, typicalMs));
  const [best] = sorted;
  if (best === undefined || best.jobs.size < seats) return best;
  return sorted.find((s) => s.jobs.size < Math.min(2, seats)); // a slower one, but its queue must not run dry
}

/** Near the end: a job that only waits on a slow server, when an idle one would be done with it sooner. */
export function worthTakingBack(servers: readonly PoolServer[]): RunningJob | undefined {
  const typicalMs = typical(servers);
  const idle = servers.filter((s) => s.isUp && s.jobs.size === 0 && s.othersAhead === 0);
  for (const slow of servers.filter((s) => s.jobs.size > 1)) {
    const last = [...slow.jobs].findLast(
      ({ started, promptId, job }) => !started && promptId !== null && job.sent === undefined,
    );
    if (last === undefined) continue;
    const there = slow.jobs.size * (slow.jobMs ?? typicalMs);
    const better = idle.some((s) => !last.job.refusedBy.has(s.connection) && (s.jobMs ?? typicalMs) < there * 0.8);
    if (better) return last;
  }
  return undefined;
}

/** Learns from a job that is done. */
export function measure(server: PoolServer, runningMs: number): void {
  server.jobMs = server.jobMs === undefined ? runningMs : server.jobMs * 0.7 + runningMs * 0.3;
}

/** How many of our own jobs on the server were sent before this one. */
export function placeOf(running: RunningJob): number {
  return [...running.server.jobs].indexOf(running);
}
