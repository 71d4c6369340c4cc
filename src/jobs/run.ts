// The pipeline of one job: submit, monitor, download; sent again once when a restart lost it. Ends with done or failed.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError, Leave, toComfyGenError } from '../errors.ts';
import type { HistoryEntry, OutputRef } from '../protocol/http.ts';
import { cancelQuietly } from './cancel.ts';
import { explainEnd } from './end.ts';
import type { JobEvent } from './events.ts';
import type { JobFailure, JobRequest, JobResult, SavedFile } from './job.ts';
import { monitor, type JobEnd } from './monitor.ts';
import { errorReport } from './report.ts';
import { saveOutput } from './save.ts';
import { submit } from './submit.ts';
import { newTicket, stamp, type Ticket } from './ticket.ts';

/** What a run has to show so far; failures report it too. */
type Tally = {
  readonly request: JobRequest;
  readonly server: Connection;
  /** By the monotonic clock, in ms, as all times here. */
  readonly beganAt: number;
  ticket: Ticket | undefined;
  accepted: boolean;
  cached: boolean;
  outputs: readonly OutputRef[];
  files: SavedFile[];
  workflowFile: string | null;
  downloadStartedAt: number | undefined;
};

/**
 * Submits, monitors, downloads. Aborting the signal cancels the job on the server; its reason becomes the failure.
 * Never throws for a job's failure: the last event is `done` or `failed`.
 */
export async function* run(
  server: Connection,
  request: JobRequest,
  signal: AbortSignal,
): AsyncGenerator<JobEvent, readonly OutputRef[]> {
  const tally = newTally(server, request);
  try {
    yield* attempts(tally, signal);
    yield stamp(request.row, promptId(tally), { type: 'done', result: report(tally, true) });
  } catch (thrown) {
    const error = await withdraw(tally, thrown, signal);
    request.failed?.(error);
    yield stamp(request.row, promptId(tally), {
      type: 'failed',
      result: { ...report(tally, false), error: errorReport(error) },
    });
  } finally {
    tally.ticket?.[Symbol.dispose]();
  }
  return tally.outputs;
}

/** Submits and leaves: the result has no files, the job goes on. */
export async function submitOnly(
  server: Connection,
  request: JobRequest,
  signal: AbortSignal,
): Promise<JobResult | JobFailure> {
  const tally = newTally(server, request);
  try {
    await server.handshake(signal);
    const ticket = (tally.ticket = await newTicket(server, request));
    await submit(ticket, signal);
    tally.accepted = true;
    return report(tally, true);
  } catch (thrown) {
    const error = await withdraw(tally, thrown, signal);
    request.failed?.(error);
    return { ...report(tally, false), error: errorReport(error) };
  } finally {
    tally.ticket?.[Symbol.dispose]();
  }
}

function newTally(server: Connection, request: JobRequest): Tally {
  return {
    request,
    server,
    beganAt: performance.now(),
    ticket: undefined,
    accepted: false,
    cached: false,
    outputs: [],
    files: [],
    workflowFile: null,
    downloadStartedAt: undefined,
  };
}

function promptId(tally: Tally): string | null {
  return tally.accepted ? (tally.ticket?.id ?? null) : null;
}

async function* attempts(tally: Tally, signal: AbortSignal): AsyncGenerator<JobEvent> {
  const { request, server } = tally;
  await server.handshake(signal);
  for (let attempt = 1; ; attempt++) {
    tally.ticket?.[Symbol.dispose]();
    const ticket = (tally.ticket = await newTicket(server, request));
    tally.accepted = request.attach !== undefined;
    if (request.attach === undefined) await submit(ticket, signal);
    tally.accepted = true;
    yield stamp(request.row, ticket.id, { type: 'submitted', server: server.server });
    const end = yield* stamped(monitor(ticket, signal), ticket);
    ticket.endedAt = performance.now();
    if (end.state === 'finished') {
      yield* finish(tally, ticket, end.entry, end.ran, signal);
      await request.record?.('ended', ticket.id);
      return;
    }
    if (end.state === 'deleted')
      throw new ComfyGenError('job_deleted', `job ${ticket.id} was deleted on the server by somebody else`);
    if (attempt === 2 || request.attach !== undefined) {
      throw new ComfyGenError(
        'job_lost',
        `job ${ticket.id} was lost in a restart of the server${attempt === 2 ? ', for the second time' : ''}`,
      );
    }
    const message = `job ${ticket.id} was lost in a restart of the server (out of memory?): it is sent once more`;
    yield stamp(request.row, ticket.id, { type: 'warning', reason: 'resubmitted', message });
  }
}

async function* stamped(source: ReturnType<typeof monitor>, ticket: Ticket): AsyncGenerator<JobEvent, JobEnd> {
  for (;;) {
    const next = await source.next();
    if (next.done === true) return next.value;
    yield stamp(ticket.request.row, ticket.id, next.value);
  }
}

async function* finish(
  tally: Tally,
  ticket: Ticket,
  entry: HistoryEntry,
  ran: boolean,
  signal: AbortSignal,
): AsyncGenerator<JobEvent> {
  const { request, server } = tally;
  const outcome = explainEnd(request.workflow, entry, server.server);
  tally.cached = outcome === undefined && !ran && isWhollyCached(request, entry);
  const kept = entry.outputs.filter((o) => o.type === 'output');
  tally.outputs = kept.length > 0 ? kept : entry.outputs.filter((o) => o.type !== 'input');
  if (request.output !== undefined) yield* download(tally, ticket, outcome === undefined, signal);
  if (outcome !== undefined) throw outcome;
  if (tally.outputs.length === 0 && request.allowEmpty !== true)
    throw new ComfyGenError('no_output', 'the job ended well but made no file');
  if (tally.cached) {
    const message =
      'the server had this very result already (same graph, same seed): nothing new was made; --force makes it anew';
    yield stamp(request.row, ticket.id, { type: 'warning', reason: 'cached', message });
  }
}

function isWhollyCached(request: JobRequest, entry: HistoryEntry): boolean {
  const ids = Object.keys(request.workflow);
  const cached = new Set(entry.cached);
  return ids.length > 0 && ids.every((id) => cached.has(id));
}

/** What finished before a failure is saved as well; then the failure is what is told. */
async function* download(tally: Tally, ticket: Ticket, strict: boolean, signal: AbortSignal): AsyncGenerator<JobEvent> {
  const { request, server } = tally;
  const target = request.output;
  if (target === undefined || tally.outputs.length === 0) return;
  const at = new Date();
  tally.downloadStartedAt = performance.now();
  const { naming } = request;
  const of = tally.outputs.length;
  let failure: unknown;
  for (const [i, ref] of tally.outputs.entries()) {
    if (request.skip?.(ref) === true) continue;
    try {
      const order = { target, about: request.about, row: request.row, index: i + 1, promptId: ticket.id, at, signal };
      const file = await saveOutput(server, ref, {
        ...order,
        maxDownload: request.maxDownload,
        transform: request.transform,
        naming: naming && ((path, output) => naming(path, output, of)),
      });
      tally.files.push(file);
      if (tally.files.length === 1 && request.saveWorkflow === true && file.path !== null)
        tally.workflowFile = await saveWorkflow(request, file.path);
      yield stamp(request.row, ticket.id, { type: 'saved', file });
    } catch (error) {
      if (signal.aborted) throw error;
      failure ??= error;
    }
  }
  if (strict && failure !== undefined) throw asSaveFailure(failure);
}

/** A server that goes away while we download is a failed save: the job itself was done. */
function asSaveFailure(failure: unknown): ComfyGenError {
  const error = toComfyGenError(failure);
  if (error.code !== 'unreachable') return error;
  return new ComfyGenError('download_failed', error.message, {
    cause: error,
  });
}

async function saveWorkflow(request: JobRequest, picture: string): Promise<string> {
  const { writeBeside } = await import('../files/beside.ts');
  const { stringifyJson } = await import('../protocol/json.ts');
  return writeBeside(picture, '.json', `${stringifyJson(request.workflow, 2)}\n`);
}

/** The job is over for us: taken off the server unless somebody told us to leave it; the reason to report comes back. */
async function withdraw(tally: Tally, thrown: unknown, signal: AbortSignal): Promise<ComfyGenError> {
  const { ticket, request } = tally;
  const reason: unknown = signal.aborted ? signal.reason : thrown;
  const error =
    reason instanceof Leave
      ? new ComfyGenError('cancelled', 'left; the job goes on', { exit_code: 129 })
      : asCancelled(reason, signal);
  const stays = reason instanceof Leave || request.attach !== undefined;
  const ours = signal.aborted || error.reason === 'job_stalled';
  if (ticket !== undefined && ticket.endedAt === undefined && ours && !stays)
    await cancelQuietly(tally.server, ticket.id);
  if (ticket !== undefined && (!stays || error.code !== 'cancelled') && error.code !== 'unreachable')
    await request.record?.('ended', ticket.id);
  return error;
}

function asCancelled(reason: unknown, signal: AbortSignal): ComfyGenError {
  if (signal.aborted && !(reason instanceof ComfyGenError))
    return new ComfyGenError('cancelled', 'cancelled', { cause: reason });
  return toComfyGenError(reason);
}

function report(tally: Tally, ok: true): JobResult;
function report(tally: Tally, ok: false): Omit<JobResult, 'ok'> & { ok: false };
function report(tally: Tally, ok: boolean): Omit<JobResult, 'ok'> & { ok: boolean } {
  const { request, ticket } = tally;
  const now = performance.now();
  const submitted = ticket?.submittedAt ?? now;
  const ended = ticket?.endedAt ?? now;
  const started = ticket?.startedAt ?? ended;
  return {
    ok,
    row: request.row,
    prompt_id: promptId(tally),
    server: tally.server.server,
    ...request.about,
    cached: tally.cached,
    files: tally.files,
    workflow_file: tally.workflowFile,
    timings_ms: {
      queued: Math.round(Math.max(started - submitted, 0)),
      running: Math.round(Math.max(ended - started, 0)),
      downloading: Math.round(tally.downloadStartedAt === undefined ? 0 : now - tally.downloadStartedAt),
      total: Math.round(now - tally.beganAt),
    },
  };
}
