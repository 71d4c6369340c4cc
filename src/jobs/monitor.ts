// Follows one submitted job to its end. The socket is a hint; jobs, history and queue are the truth (sections 3 to 5, 12).
import type { JobState } from '../connection/options.ts';
import type { SocketMessage } from '../connection/socket.ts';
import { ComfyGenError } from '../errors.ts';
import type { HistoryEntry, OutputRef } from '../protocol/http.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import { titleOf } from '../workflow/workflow.ts';
import type { JobNews } from './events.ts';
import { hasSender, isSender, socketImage } from './socket-images.ts';
import { asksPreviews, type Submission } from './submission.ts';
import { keepResults, newWatch, type Announced, type Watch } from './watch.ts';

export type JobEnd =
  | {
      readonly state: 'finished';
      readonly entry: HistoryEntry;
      readonly ran: boolean;
      readonly images: readonly OutputRef[];
    }
  /** In neither queue nor history and never reported over: a restart lost it, or somebody deleted it. */
  | { readonly state: 'lost' }
  | { readonly state: 'deleted' };

/** Between two polls of a server whose messages come. */
const seldomMs = 5000;

/** A vanished job is looked for again after this time before it counts as gone. */
const goneMs = 2000;

export async function* monitor(
  submission: Submission,
  signal: AbortSignal,
  announced: Announced,
): AsyncGenerator<JobNews, JobEnd> {
  const now = performance.now();
  const watch = newWatch(submission, now, announced);
  if (submission.request.attach === undefined && submission.feed.state === 'open') {
    yield* queuedAt(watch, Math.max((submission.feed.queueRemaining ?? 1) - 1, 0));
  }
  for (;;) {
    signal.throwIfAborted();
    const received = await submission.messages.next(watch.nextPoll - performance.now(), signal);
    signal.throwIfAborted();
    if (received !== undefined) yield* read(watch, received);
    if (performance.now() < watch.nextPoll) continue;
    const end = yield* poll(watch, signal);
    if (end?.state === 'finished') yield* lastImages(watch, signal);
    if (end !== undefined) return end;
    yield* patience(watch);
  }
}

function* queuedAt(watch: Watch, ahead: number): Generator<JobNews> {
  if (watch.started || watch.queued === ahead) return;
  watch.queued = ahead;
  yield { type: 'queued', ahead };
}

function* begin(watch: Watch): Generator<JobNews> {
  if (watch.started) return;
  if (watch.queued === undefined) yield* queuedAt(watch, 0);
  watch.started = true;
  watch.submission.startedAt = performance.now();
  yield { type: 'started' };
}

function* read(watch: Watch, received: SocketMessage): Generator<JobNews> {
  if (received.kind === 'connection') {
    if (received.state === 'lost') watch.wasAway = true;
    watch.nextPoll = Math.min(watch.nextPoll, performance.now() + (received.state === 'lost' ? 300 : 0));
    yield* connectionIs(watch, received.state);
    return;
  }
  if (received.kind === 'frame') {
    const { frame } = received;
    const { request, id } = watch.submission;
    if (frame.kind === 'text' && received.running === id) yield* busyWith(watch, frame.node, frame.text);
    if (frame.kind !== 'preview' || (frame.prompt_id ?? received.running) !== id) return;
    const sender = frame.node ?? watch.node;
    if (isSender(request.workflow, sender)) watch.images.push(socketImage(sender, frame, watch.images));
    else if (!asksPreviews(request)) return;
    sign(watch);
    if (!asksPreviews(request)) return;
    const node = frame.node === undefined ? {} : { node: frame.node };
    yield { type: 'preview', ...node, mime: frame.mime, bytes: frame.image.length, image: frame.image };
    return;
  }
  yield* readMessage(watch, received.message);
}

function* connectionIs(watch: Watch, state: 'lost' | 'restored' | 'polling'): Generator<JobNews> {
  if (state === 'lost' && watch.lost) return;
  watch.lost = state === 'lost';
  yield { type: 'connection', state };
}

function sign(watch: Watch): void {
  watch.lastSign = watch.lastStep = performance.now();
  watch.pollGap = seldomMs;
  watch.nextPoll = Math.max(watch.nextPoll, Math.min(performance.now() + 2000, watch.nextPoll + seldomMs));
}

function* readMessage(watch: Watch, message: ServerMessage): Generator<JobNews> {
  const { submission, meter } = watch;
  if (message.type === 'status' && !watch.started) {
    const isFirst = watch.pollGap !== seldomMs; // from now on the socket tells when there is something to ask for
    const isNew = submission.request.attach === undefined; // another may be over since long
    watch.pollGap = seldomMs;
    watch.nextPoll = Math.min(isFirst && isNew ? Infinity : watch.nextPoll, performance.now() + 1000);
  }
  if (!('prompt_id' in message) || message.prompt_id !== submission.id) return;
  sign(watch);
  switch (message.type) {
    case 'execution_start':
      yield* begin(watch);
      return;
    case 'execution_cached':
      yield* begin(watch);
      for (const node of message.nodes) {
        if (!Object.hasOwn(submission.request.workflow, node)) continue;
        meter.finish(node);
        yield* nodeIs(watch, node, 'cached');
      }
      return;
    case 'executing':
      if (message.node === null) {
        watch.nextPoll = 0; // over, never "good": history says which
        watch.isOver = true;
        return;
      }
      yield* begin(watch);
      watch.ran = true;
      watch.node = message.node;
      yield* nodeIs(watch, message.node, 'running');
      return;
    case 'progress':
      yield* begin(watch);
      watch.ran = true;
      if (message.node !== undefined) yield* progressed(watch, message.node, message.value, message.max);
      return;
    case 'progress_state':
      yield* begin(watch);
      for (const node of message.nodes) yield* nodeState(watch, node);
      return;
    case 'executed':
      keepResults(watch, { [message.display_node ?? message.node]: message.output });
      return;
    case 'execution_success':
    case 'execution_interrupted':
    case 'execution_error':
      // an ExecutionBlocked branch reported itself: the job goes on (3.3)
      if (message.type === 'execution_error' && message.exception_type === 'ExecutionBlocked') return;
      watch.over = message;
      watch.nextPoll = Math.min(watch.nextPoll, performance.now() + 300); // history is written before `executing: null`
      return;
    default:
      return;
  }
}

type NodeState = Extract<ServerMessage, { type: 'progress_state' }>['nodes'][number];

function* nodeState(watch: Watch, node: NodeState): Generator<JobNews> {
  const id = node.display_node ?? node.node;
  if (node.activity !== undefined && node.state === 'running') yield* busyWith(watch, id, node.activity);
  if (node.state === 'finished') {
    if (watch.meter.isFinished(id)) return;
    watch.meter.finish(id, performance.now());
    yield* nodeIs(watch, id, 'finished');
    return;
  }
  if (node.max > 1) yield* progressed(watch, id, node.value, node.max);
}

const maxActivity = 200;

function* busyWith(watch: Watch, node: string, told: string): Generator<JobNews> {
  const text = (told.trim().split('\n')[0] ?? '').slice(0, maxActivity);
  const activity = `${node} ${text}`;
  if (text === '' || activity === watch.activity) return;
  watch.activity = activity;
  yield { type: 'activity', node, title: titleOf(watch.submission.request.workflow, node), text };
}

function* progressed(watch: Watch, node: string, value: number, max: number): Generator<JobNews> {
  if (watch.submission.request.steps === false) return;
  const now = performance.now();
  if (!watch.meter.advance(node, value, max, now)) return;
  const { share, eta_ms, ...tiles } = watch.meter.read(now);
  yield { type: 'progress', node, value, max, share, ...tiles, ...(eta_ms === undefined ? {} : { eta_ms }) };
}

function* nodeIs(watch: Watch, node: string, state: 'running' | 'finished' | 'cached'): Generator<JobNews> {
  const { workflow, steps } = watch.submission.request;
  if (steps === false) return;
  const class_type = Object.hasOwn(workflow, node) ? (workflow[node]?.class_type ?? '') : '';
  yield { type: 'node', node, title: titleOf(workflow, node), class_type, state };
}

async function* poll(watch: Watch, signal: AbortSignal): AsyncGenerator<JobNews, JobEnd | undefined> {
  const { submission } = watch;
  let found: JobState;
  try {
    found = await submission.server.lookUp(submission.id, signal, { isOver: watch.isOver });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ComfyGenError) || error.code !== 'unreachable') throw error;
    watch.wasAway = true;
    yield* connectionIs(watch, 'lost');
    if (!(await submission.server.comesBack(signal))) throw error;
    yield* connectionIs(watch, 'restored');
    found = await submission.server.lookUp(submission.id, signal);
  }
  const slow = submission.feed.state === 'open' && watch.lastStep > watch.began;
  watch.pollGap = Math.min(watch.pollGap * 1.6, slow ? seldomMs : 1500);
  watch.nextPoll = performance.now() + watch.pollGap;
  watch.absentSince = found.state === 'absent' ? (watch.absentSince ?? performance.now()) : undefined;
  switch (found.state) {
    case 'pending':
      if (found.ahead !== undefined) yield* queuedAt(watch, found.ahead);
      noteSign(watch, `pending ${found.ahead ?? ''}`);
      return undefined;
    case 'running':
      yield* begin(watch);
      noteSign(watch, 'running');
      return undefined;
    case 'finished':
      return { state: 'finished', entry: found.entry, ran: watch.ran, images: watch.images };
    case 'absent':
      return absent(watch);
  }
}

/** History may know the end before we have read all that the socket brought. */
async function* lastImages(watch: Watch, signal: AbortSignal): AsyncGenerator<JobNews> {
  const { request, feed, messages } = watch.submission;
  if (!hasSender(request.workflow)) return;
  const until = performance.now() + (feed.state === 'open' && request.attach === undefined ? goneMs : 0);
  while (watch.over === undefined) {
    const received = await messages.next(until - performance.now(), signal);
    signal.throwIfAborted();
    if (received === undefined) return;
    yield* read(watch, received);
  }
}

/** A change in what the polls see is a sign of life too. */
function noteSign(watch: Watch, fingerprint: string): void {
  if (fingerprint !== watch.lastFingerprint) watch.lastSign = watch.lastStep = performance.now();
  watch.lastFingerprint = fingerprint;
}

function absent(watch: Watch): JobEnd | undefined {
  const since = watch.absentSince ?? performance.now();
  if (performance.now() - since < goneMs) {
    watch.nextPoll = Math.min(
      watch.nextPoll,
      Math.max(since + goneMs, performance.now() + (watch.over === undefined ? goneMs : 100)),
    );
    return undefined;
  }
  // its end was reported, its history cleared by somebody since: the socket's word is what is left
  if (watch.over !== undefined)
    return { state: 'finished', entry: entryFrom(watch.over, watch), ran: watch.ran, images: watch.images };
  const wasAway = watch.wasAway || watch.submission.server.failures > watch.failures;
  return { state: wasAway ? 'lost' : 'deleted' };
}

function entryFrom(over: ServerMessage, { outputs, texts }: Watch): HistoryEntry {
  const success = over.type === 'execution_success';
  return { outputs, texts, terminal: over, status: success ? 'success' : 'error', cached: [] };
}

function* patience(watch: Watch): Generator<JobNews> {
  const { stallMs } = watch.submission.request;
  const silent = performance.now() - watch.lastStep;
  if (stallMs !== undefined && silent >= stallMs) {
    throw new ComfyGenError('job_stalled', `no sign of progress for ${Math.round(silent / 1000)} s`);
  }
  if (stallMs !== undefined) watch.nextPoll = Math.min(watch.nextPoll, watch.lastStep + stallMs);
  const { quietMs } = watch;
  if (performance.now() - watch.lastSign < quietMs) return;
  watch.quietMs *= 2; // a job whose steps take a minute each would warn at each of them
  const message = `no sign of job ${watch.submission.id} for ${quietMs / 1000} s: a large model may be loading; see \`comfy-gen queue\`, or set --stall-timeout`;
  yield { type: 'warning', reason: 'quiet', message };
}
