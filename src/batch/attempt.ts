// One attempt of a job on one server: planned, sent, seen through to its end; and what a failure means for the job.
import { abortError, Detach, toComfyGenError } from '../errors.ts';
import { cancelQuietly } from '../jobs/cancel.ts';
import type { JobStep } from '../jobs/events.ts';
import { outputKey, type JobRequest } from '../jobs/job.ts';
import { run } from '../jobs/run.ts';
import { stamp } from '../jobs/submission.ts';
import { forget } from './pool-job.ts';
import { measure, placeOf, type RunningJob } from './pool.ts';
import { isThere, mayHaveDone } from './probe.ts';
import type { Reports } from './reports.ts';
import type { Roster } from './roster.ts';
import type { RunOptions } from './run-options.ts';

type Failed = Extract<JobStep, { type: 'failed' }>;

/** What the attempts of one run share. */
export type Run = {
  readonly options: RunOptions;
  readonly roster: Roster;
  readonly reports: Reports;
  /** Aborted when the whole run is. */
  readonly stop: AbortSignal;
};

/** Ends when the job has ended, or waits in the roster for its next attempt. `signal` takes it off this server. */
export async function attempt(running: RunningJob, on: Run, signal: AbortSignal): Promise<void> {
  const { job, server } = running;
  const { connection } = server;
  let request: JobRequest;
  const before = server.turn;
  server.turn = new Promise((resolve) => (running.isSent = resolve));
  try {
    await before;
    signal.throwIfAborted();
    if (job.sent !== undefined && !(await isThere(connection, job.sent.promptId, signal))) forget(job);
    const planned = await on.options.plan(job.spec, connection, signal);
    request = job.sent === undefined ? planned : { ...planned, attach: job.sent.promptId, saved: job.saved };
  } catch (thrown) {
    await refused(running, on, signal.aborted ? signal.reason : thrown);
    return;
  }
  for (const promptId of job.abandoned.splice(0))
    await on.reports.channel.put({ kind: 'abandoned', promptId, server: connection });
  await follow(running, on, request, signal);
}

async function follow(running: RunningJob, on: Run, request: JobRequest, signal: AbortSignal): Promise<void> {
  const { job, server } = running;
  const submitOnly = on.options.submitOnly === true;
  for await (const event of run(server.connection, request, signal, { submitOnly })) {
    learn(running, request, event);
    const goesOn = event.type === 'failed' && (await hasAnother(running, on, request, event, signal));
    if (!goesOn) await on.reports.keep(job.spec, server.connection, request, event);
    await on.reports.tell(job.spec, server.connection, request, event, goesOn);
    const isRefused = event.type === 'failed' && event.result.error.code === 'validation';
    if (isRefused && server.connection.definitions.areCached)
      // what the kept definitions allowed: they are old
      await server.connection.objectInfo(signal, { fresh: true }).catch(() => undefined);
    if (goesOn) return;
  }
}

/**
 * A job that a server can begin at once is begun before the next is sent there: of many servers that are given their first
 * jobs, each begins sooner. One that does not tell that it began is waited for no longer.
 */
const beginsWithinMs = 1000;

/** What an event says of the server, and of how far the job is. */
function learn(running: RunningJob, request: JobRequest, event: JobStep): void {
  const { job, server } = running;
  if (event.type === 'submitting') running.sentAs = event.prompt_id;
  if (event.type === 'submitted') {
    running.promptId = event.prompt_id;
    if (placeOf(running) > 0) running.isSent();
    else setTimeout(running.isSent, beginsWithinMs).unref();
  }
  if (event.type === 'queued') {
    server.othersAhead = Math.max(event.ahead - placeOf(running), 0);
    if (event.ahead > 0) running.isSent();
  }
  if (event.type === 'started') {
    running.started = true;
    running.isSent();
    server.othersAhead = 0;
  }
  if (event.type === 'saved') job.saved.add(outputKey(event.file));
  if (event.type === 'detached') server.detached++;
  if (event.type === 'done' && !event.result.cached && request.attach === undefined)
    measure(server, event.result.timings_ms.running);
}

/** Is this failure only the end of an attempt? Then the job waits for its next one. */
async function hasAnother(
  running: RunningJob,
  on: Run,
  request: JobRequest,
  { result, cause }: Failed,
  signal: AbortSignal,
): Promise<boolean> {
  const { job, server } = running;
  const { connection } = server;
  const { code, reason } = cause;
  // a POST that broke off may have arrived all the same
  const sentAs = reason === 'connection_refused' ? null : running.sentAs;
  const id = result.prompt_id ?? request.attach ?? running.promptId ?? sentAs;
  const wasSent = job.sent !== undefined;
  if (on.stop.aborted) {
    if (wasSent && id !== null && !(on.stop.reason instanceof Detach)) await cancelQuietly(connection, id);
    return false;
  }
  if (id !== null) job.sent = { server: connection.server, promptId: id };
  if (signal.aborted) {
    if (id === null || !(await mayHaveDone(connection, id))) forget(job);
    return again(running, on, 'taken back from a server that has much to do');
  }
  if (wasSent && reason === 'job_lost') {
    forget(job);
    return again(running, on, `job ${id ?? ''} was lost in a restart of the server: it is sent once more`);
  }
  if (code === 'unreachable' || (reason === 'download_failed' && !(await connection.answers(on.stop)))) {
    await on.roster.lose(server);
    if (on.roster.allLost() || (on.options.submitOnly === true && id !== null)) return false;
    return again(running, on, `${connection.server} does not answer: job ${id ?? ''} may go to another server`);
  }
  if (code === 'validation' && on.roster.servers.length > 1 && result.prompt_id === null) {
    job.refusedBy.set(connection, cause);
    if (on.roster.hasOther(job)) {
      on.roster.parked.push(job);
      return true;
    }
  }
  return false;
}

async function again({ job, server, promptId }: RunningJob, on: Run, message: string): Promise<true> {
  const event = stamp(job.spec.row, promptId, { type: 'warning', reason: 'resubmitted', message } as const);
  await on.reports.tell(job.spec, server.connection, undefined, event);
  job.hasBegun = true;
  on.roster.parked.push(job);
  return true;
}

/** It could not even be sent: elsewhere it may, else this is its end. */
async function refused({ job, server }: RunningJob, on: Run, thrown: unknown): Promise<void> {
  const { stop, roster } = on;
  const { connection } = server;
  const error = stop.aborted ? abortError(stop) : toComfyGenError(thrown);
  if (error.code === 'internal') throw error;
  if (stop.aborted && job.sent !== undefined && !(stop.reason instanceof Detach))
    await cancelQuietly(connection, job.sent.promptId);
  const isDown = error.code === 'unreachable' && !stop.aborted;
  if (isDown) await roster.lose(server);
  if (error.code === 'validation') job.refusedBy.set(connection, error);
  if ((isDown || error.code === 'validation') && roster.hasOther(job) && !stop.aborted) {
    roster.parked.push(job);
    return;
  }
  const [first] = job.refusedBy.values();
  await on.reports.fail(job, connection, first ?? error);
}
