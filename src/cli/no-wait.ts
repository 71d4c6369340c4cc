// --no-wait: submits, prints the ids, leaves; the jobs go on.
import type { Connection } from '../connection/connection.ts';
import type { Work } from '../batch/pool-job.ts';
import type { JobFailure, JobRequest, JobResult } from '../jobs/job.ts';
import { submitOnly } from '../jobs/run.ts';
import { exitCodes, toComfyGenError } from '../errors.ts';
import { keepJournal } from '../journal/record.ts';
import { showError } from './output/error.ts';
import { emptyFailure, jsonLine } from './output/objects.ts';
import type { Pool } from './run-specs.ts';
import { redactResult } from './secrets.ts';
import type { Session } from './context.ts';

/** Each on the server that it was planned for. */
export async function leaveJobs(
  session: Session,
  jobs: readonly { readonly server: Connection; readonly request: JobRequest }[],
): Promise<number> {
  const codes = new Set<number>();
  for (const { server, request } of jobs) codes.add(await leave(session, server, request, jobs.length > 1));
  return common(codes);
}

/**
 * The jobs of a batch, spread over the servers in turn; those that are on a server already stay there.
 * `earlier` tells, after the last one, the codes of rows that were skipped.
 */
export async function leaveWorks(
  session: Session,
  { servers, lost }: Pool,
  works: AsyncIterable<Work>,
  prepare: (work: Work, server: Connection, request: JobRequest) => JobRequest,
  earlier: () => Iterable<number>,
): Promise<number> {
  const codes = new Set<number>();
  const up = servers.filter((server) => lost?.has(server) !== true);
  let turn = 0;
  for await (const work of works) {
    session.signal.throwIfAborted();
    if (work.sent !== undefined) {
      codes.add(0);
      continue;
    }
    codes.add(await leaveSomewhere(session, [...up.slice(turn), ...up.slice(0, turn)], work, prepare));
    turn = (turn + 1) % up.length;
  }
  for (const code of earlier()) codes.add(code);
  return common(codes);
}

/** On the first of the servers that can do it; what was sent is never tried on another. */
async function leaveSomewhere(
  session: Session,
  servers: readonly Connection[],
  work: Work,
  prepare: (work: Work, server: Connection, request: JobRequest) => JobRequest,
): Promise<number> {
  let refusal: unknown;
  for (const server of servers) {
    let request: JobRequest;
    try {
      request = await work.plan(server);
    } catch (thrown) {
      session.signal.throwIfAborted();
      refusal ??= thrown;
      continue;
    }
    return leave(session, server, prepare(work, server, request), true);
  }
  const error = toComfyGenError(refusal);
  return tellResult(session, { ...emptyFailure(error, work.row), ...work.about }, true);
}

async function leave(session: Session, server: Connection, request: JobRequest, many: boolean): Promise<number> {
  const journal = keepJournal(session, server.server, request);
  const result = await submitOnly(server, journal.request, session.signal);
  journal.left(result);
  return tellResult(session, result, many);
}

async function tellResult(session: Session, result: JobResult | JobFailure, many: boolean): Promise<number> {
  const { settings: s, terminal } = session;
  if (s.json.value) await terminal.out(jsonLine(redactResult(result, session.log.redact)));
  else if (result.ok) await terminal.out(`${result.prompt_id ?? ''}\n`);
  if (!result.ok) showError(terminal, session.paint, result.error, many ? result.row : undefined);
  return result.ok ? 0 : result.error.exit_code;
}

function common(codes: ReadonlySet<number>): number {
  const [only = 0] = codes;
  return codes.size <= 1 ? only : exitCodes.partial;
}
