// The pipeline of one job: upload, submit, monitor, save; sent again once when a restart lost it. Ends with done or failed.
import type { Connection } from '../connection/connection.ts';
import { abortError, ComfyGenError, Detach, toComfyGenError } from '../errors.ts';
import type { HistoryEntry, OutputRef } from '../protocol/http.ts';
import { Ahead } from './ahead.ts';
import { cancelQuietly } from './cancel.ts';
import { explainEnd, foundNothing } from './end.ts';
import type { JobStep } from './events.ts';
import type { JobRequest } from './job.ts';
import { keysOf, maskKeys } from './keys.ts';
import { monitor, type JobEnd } from './monitor.ts';
import { saveOutputs } from './outputs.ts';
import { PreviewFile } from './preview-file.ts';
import { failureOf, newRunState, promptIdOf, resultOf, type RunState } from './report.ts';
import { missedImages } from './socket-images.ts';
import { newSubmission, stamp, type Submission } from './submission.ts';
import { sendUploads, submit } from './submit.ts';

/**
 * Uploads, submits, monitors, saves. Aborting the signal cancels the job on the server; its reason becomes the failure.
 * A reader that leaves cancels it too. Never throws for a job's failure: the last event is `done` or `failed`, or `detached` for one that is only submitted.
 */
export async function* run(
  server: Connection,
  request: JobRequest,
  signal: AbortSignal,
  { submitOnly = false }: { readonly submitOnly?: boolean } = {},
): AsyncGenerator<JobStep, readonly OutputRef[]> {
  const state = newRunState(server, request);
  let isOver = false;
  try {
    if (request.attach !== undefined) yield stamp(request.row, request.attach, { type: 'watching' });
    await server.handshake(signal);
    state.request = await sendUploads(server, request, signal);
    if (submitOnly) {
      yield* send(state, signal);
      isOver = true;
      yield stamp(request.row, promptIdOf(state), { type: 'detached', result: resultOf(state) });
    } else {
      yield* attempts(state, signal);
      isOver = true;
      yield stamp(request.row, promptIdOf(state), { type: 'done', result: resultOf(state) });
    }
  } catch (thrown) {
    const { error, takenOff } = await withdraw(state, thrown, signal);
    const cause = maskKeys(error, keysSentBy(state));
    isOver = true;
    const failed = { type: 'failed', result: failureOf(state, cause), cause } as const;
    yield stamp(request.row, promptIdOf(state), takenOff ? { ...failed, taken_off: true } : failed);
  } finally {
    if (!isOver) await withdraw(state, new ComfyGenError('cancelled', 'the reader left'), signal, true);
    state.submission?.[Symbol.dispose]();
  }
  return state.outputs;
}

/** Keys of partner services that the job holds. */
function keysSentBy({ request, server }: RunState): readonly string[] {
  return [...keysOf(request.extraData), ...(server.partnerKey === undefined ? [] : [server.partnerKey])];
}

/** A new submission, sent; one that is followed only was sent before. */
async function* send(state: RunState, signal: AbortSignal): AsyncGenerator<JobStep, Submission> {
  const { request, server } = state;
  state.submission?.[Symbol.dispose]();
  state.accepted = false;
  const submission = (state.submission = await newSubmission(server, request, signal));
  if (request.attach === undefined) {
    yield stamp(request.row, submission.id, { type: 'submitting' });
    await submit(submission, signal);
  }
  state.accepted = true;
  submission.feed.follow(submission.id);
  yield stamp(request.row, submission.id, { type: 'submitted', server: server.server });
  return submission;
}

async function* attempts(state: RunState, signal: AbortSignal): AsyncGenerator<JobStep> {
  const { request } = state;
  for (let attempt = 1; ; attempt++) {
    const submission = yield* send(state, signal);
    if (attempt === 1)
      for (const message of request.notes ?? [])
        yield stamp(request.row, submission.id, { type: 'warning', reason: 'note', message });
    await using ahead = new Ahead(state.server, state.request, signal);
    const end = yield* stamped(monitor(submission, signal, ahead.expect), submission);
    submission.endedAt = performance.now();
    if (end.state === 'finished') {
      yield* finish(state, submission, { ...end, ahead }, signal);
      return;
    }
    if (end.state === 'deleted')
      throw new ComfyGenError('job_deleted', `job ${submission.id} was deleted on the server by somebody else`);
    if (attempt === 2 || request.attach !== undefined) {
      throw new ComfyGenError(
        'job_lost',
        `job ${submission.id} was lost in a restart of the server${attempt === 2 ? ', for the second time' : ''}`,
      );
    }
    const message = `job ${submission.id} was lost in a restart of the server (out of memory?): it is sent once more`;
    yield stamp(request.row, submission.id, { type: 'warning', reason: 'resubmitted', message });
  }
}

async function* stamped(
  source: ReturnType<typeof monitor>,
  { request, id }: Submission,
): AsyncGenerator<JobStep, JobEnd> {
  const file = request.previewFile === undefined ? undefined : new PreviewFile(request.previewFile);
  try {
    for (;;) {
      const next = await source.next();
      if (next.done === true) await file?.end();
      const message = file?.problem();
      if (message !== undefined) yield stamp(request.row, id, { type: 'warning', reason: 'not_writable', message });
      if (next.done === true) return next.value;
      const { value: news } = next;
      if (news.type === 'preview') file?.take(news.image);
      if (news.type !== 'preview' || request.previews === true) yield stamp(request.row, id, news);
    }
  } finally {
    await file?.end();
  }
}

async function* finish(
  state: RunState,
  submission: Submission,
  { entry, ran, images, ahead }: Extract<JobEnd, { state: 'finished' }> & { readonly ahead: Ahead },
  signal: AbortSignal,
): AsyncGenerator<JobStep> {
  const { request, server } = state;
  const outcome = explainEnd(request.workflow, entry, server.server);
  state.cached = outcome === undefined && !ran && isWhollyCached(request, entry);
  const kept = [...entry.outputs.filter((o) => o.type === 'output'), ...images];
  const all = kept.length > 0 ? kept : entry.outputs.filter((o) => o.type !== 'input');
  const isBesides = (o: OutputRef): boolean => request.besides?.includes(o.node) === true;
  state.outputs = [...all.filter((o) => !isBesides(o)), ...all.filter(isBesides)];
  state.texts = entry.texts;
  for (const text of entry.texts) yield stamp(request.row, submission.id, { type: 'text', ...text });
  if (foundNothing(request.workflow, entry.texts)) {
    const message = 'nothing in the image is what the words of the mask name: nothing was repainted';
    yield stamp(request.row, submission.id, { type: 'warning', reason: 'empty_mask', message });
  }
  yield* saveOutputs(state, submission, { ahead, strict: outcome === undefined }, signal);
  if (outcome !== undefined) throw outcome;
  const missed = missedImages(request.workflow, images);
  if (state.outputs.length === 0 && state.texts.length === 0 && request.allowEmpty !== true)
    throw missed ?? new ComfyGenError('no_output', 'the job ended well but made no file');
  if (state.cached) {
    const message =
      'the server has this result cached (same workflow, same seed) and ran nothing; <option force> runs it again';
    yield stamp(request.row, submission.id, { type: 'warning', reason: 'cached', message });
  }
}

function isWhollyCached(request: JobRequest, entry: HistoryEntry): boolean {
  const ids = Object.keys(request.workflow);
  const cached = new Set(entry.cached);
  return ids.length > 0 && ids.every((id) => cached.has(id));
}

/** The job is over for us: taken off the server unless somebody told us to leave it; what to report comes back. */
async function withdraw(
  state: RunState,
  thrown: unknown,
  signal: AbortSignal,
  readerLeft = false,
): Promise<{ readonly error: ComfyGenError; readonly takenOff: boolean }> {
  const { submission, request } = state;
  const error = signal.aborted ? abortError(signal) : toComfyGenError(thrown);
  const stays = (signal.aborted && signal.reason instanceof Detach) || request.attach !== undefined;
  const isOurEnd = signal.aborted || readerLeft || error.reason === 'job_stalled';
  const isToCancel = submission !== undefined && submission.endedAt === undefined && isOurEnd && !stays;
  return { error, takenOff: isToCancel && (await cancelQuietly(state.server, submission.id)) };
}
