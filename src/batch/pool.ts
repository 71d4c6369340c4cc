// The servers of a run: who is up, what each has in hand, how long its jobs take, and which would start a job first.
import type { Connection } from '../connection/connection.ts';
import type { Work } from './pool-job.ts';

/** A job in hand on a server. */
export type InHand = {
  readonly work: Work;
  readonly member: Member;
  /** Takes it off the server again. */
  readonly takeBack: () => void;
  /** Lets the next job of the server be sent. */
  isSent: () => void;
  started: boolean;
  promptId: string | null;
};

export type Member = {
  readonly server: Connection;
  readonly inHand: Set<InHand>;
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
  /** Resolves once the job before is sent: jobs arrive in their order. */
  turn: Promise<void>;
};

export function newMember(server: Connection): Member {
  return {
    server,
    inHand: new Set(),
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
function startsIn(member: Member, model: string | undefined, typicalMs: number): number {
  const jobMs = member.jobMs ?? typicalMs;
  const loads = model !== undefined && member.model !== undefined && model !== member.model;
  return (member.inHand.size + member.othersAhead) * jobMs + (loads ? jobMs / 2 : 0);
}

function typical(members: readonly Member[]): number {
  const known = members.flatMap(({ jobMs }) => jobMs ?? []);
  return known.length === 0 ? unmeasuredMs : known.reduce((sum, ms) => sum + ms, 0) / known.length;
}

/** The server that starts this job first; undefined when the job had better wait for one that is full now. */
export function firstToStart(members: readonly Member[], work: Work, seats: number): Member | undefined {
  const fit = members.filter((m) => m.isUp && !work.refusedBy.has(m.server));
  const typicalMs = typical(members);
  const sorted = fit.toSorted((a, b) => startsIn(a, work.model, typicalMs) - startsIn(b, work.model, typicalMs));
  const [best] = sorted;
  if (best === undefined || best.inHand.size < seats) return best;
  return sorted.find((m) => m.inHand.size < Math.min(2, seats)); // a slower one, but its queue must not run dry
}

/** Near the end: a job that only waits on a slow server, when an idle one would be done with it sooner. */
export function worthTakingBack(members: readonly Member[]): InHand | undefined {
  const typicalMs = typical(members);
  const idle = members.filter((m) => m.isUp && m.inHand.size === 0 && m.othersAhead === 0);
  for (const slow of members.filter((m) => m.inHand.size > 1)) {
    const last = [...slow.inHand].findLast(
      (job) => !job.started && job.promptId !== null && job.work.sent === undefined,
    );
    if (last === undefined) continue;
    const there = slow.inHand.size * (slow.jobMs ?? typicalMs);
    const better = idle.some((m) => !last.work.refusedBy.has(m.server) && (m.jobMs ?? typicalMs) < there * 0.8);
    if (better) return last;
  }
  return undefined;
}

/** Learns from a job that is done. */
export function measure(member: Member, runningMs: number): void {
  member.jobMs = member.jobMs === undefined ? runningMs : member.jobMs * 0.7 + runningMs * 0.3;
}

/** How many of our own jobs on the server were sent before this one. */
export function placeOf(job: InHand): number {
  return [...job.member.inHand].indexOf(job);
}
