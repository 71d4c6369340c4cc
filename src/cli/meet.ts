// First contact with the servers of a run, and planning a job for whichever of them can do it.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError, toComfyGenError } from '../errors.ts';
import type { JobRequest } from '../jobs/job.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { checkWorkflow, problemsToError } from '../workflow/check.ts';
import type { Known, Met, MetPool, Planned } from './request.ts';
import { connect, type Session } from './session.ts';
import type { Say } from './start-jobs.ts';

/** Greets the servers and asks for their node definitions; a dry run does without one. */
export async function meet(session: Session, say: Say): Promise<Known> {
  const servers = await connect(session);
  try {
    return servers.length === 1 ? await greet(session, servers[0], say) : await meetPool(session, servers, say);
  } catch (error) {
    if (!session.settings.dryRun.value || !(error instanceof ComfyGenError) || error.code !== 'unreachable')
      throw error;
    say(`no server (${error.message}): names are not checked`, 'warning');
    return undefined;
  }
}

async function greet(session: Session, server: Connection, say: Say): Promise<Met> {
  const stats = await server.handshake(session.signal);
  if (stats.demo && !session.settings.demo.value)
    say(`${server.server} is a demo server: its pictures are drawn, no model runs`, 'info');
  return { server, info: await server.objectInfo(session.signal) };
}

/** Of several servers those that answer are enough; the others may join later. */
async function meetPool(session: Session, servers: readonly Connection[], say: Say): Promise<Known> {
  const met = new Map<Connection, Promise<Met>>();
  const meetOne = (server: Connection): Promise<Met> => {
    const known = met.get(server) ?? greet(session, server, say);
    met.set(server, known);
    known.catch(() => met.delete(server));
    return known;
  };
  const settled = await Promise.allSettled(servers.map(meetOne));
  session.signal.throwIfAborted();
  const first = settled.find((one) => one.status === 'fulfilled');
  const failures = settled.flatMap((one) => (one.status === 'rejected' ? [toComfyGenError(one.reason)] : []));
  const other = failures.find(({ code }) => code !== 'unreachable');
  if (other !== undefined) throw other;
  if (first === undefined) throw failures[0] ?? new ComfyGenError('connection_failed', 'no server');
  for (const failure of failures) say(`${failure.message}: the other servers begin without it`, 'warning');
  const lost = new Set(servers.filter((_server, i) => settled[i]?.status === 'rejected'));
  return { ...first.value, pool: { servers, lost, meet: meetOne } };
}

/** Plans a job for the first server of the pool that can do it; what all refuse is refused as the first did. */
export async function planAnywhere(known: Known, planFor: (known: Known) => Promise<Planned>): Promise<Planned> {
  if (known?.pool === undefined) return planFor(known);
  const { pool } = known;
  let refusal: unknown;
  for (const server of [known.server, ...pool.servers.filter((s) => s !== known.server && !pool.lost.has(s))]) {
    try {
      return { ...(await planFor(await pool.meet(server))), server, planFor };
    } catch (error) {
      if (!(error instanceof ComfyGenError) || error.code !== 'validation') throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** The job for one server of the pool: planned anew where recipes decide, else the same graph if it can run there. */
export async function requestFor(
  known: Met & { readonly pool?: MetPool | undefined },
  planned: Planned,
  server: Connection,
): Promise<JobRequest> {
  if (known.pool === undefined || server === (planned.server ?? known.server)) return planned.request;
  const met = await known.pool.meet(server);
  if (planned.planFor !== undefined) return (await planned.planFor(met)).request;
  const problems = checkWorkflow(planned.workflow, met.info);
  if (problems.length > 0) throw problemsToError(problems);
  return planned.request;
}

/** The definitions of every server that answered, for the names that a sweep's pattern fits. */
export async function definitionsOf(known: Known): Promise<readonly ObjectInfo[]> {
  if (known?.pool === undefined) return known === undefined ? [] : [known.info];
  const { pool } = known;
  const up = pool.servers.filter((server) => !pool.lost.has(server));
  return (await Promise.all(up.map((server) => pool.meet(server)))).map(({ info }) => info);
}
