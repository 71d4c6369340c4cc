// What one run of a job has to show, and how results and failures tell it.
import type { Connection } from '../connection/connection.ts';
import type { ComfyGenError } from '../errors.ts';
import type { OutputRef, OutputText } from '../protocol/http.ts';
import {
  aboutNothing,
  type ErrorReport,
  type JobFailure,
  type JobRequest,
  type JobResult,
  type SavedFile,
} from './job.ts';
import type { Submission } from './submission.ts';

/** What has become of a job so far; a failure reports it too. */
export type RunState = {
  /** As it is sent: with the names that the server gave to uploads. */
  request: JobRequest;
  readonly server: Connection;
  /** By the monotonic clock, in ms, as all times here. */
  readonly beganAt: number;
  submission: Submission | undefined;
  accepted: boolean;
  cached: boolean;
  outputs: readonly OutputRef[];
  texts: readonly OutputText[];
  files: SavedFile[];
  workflowFile: string | null;
  downloadStartedAt: number | undefined;
};

export function newRunState(server: Connection, request: JobRequest): RunState {
  return {
    request,
    server,
    beganAt: performance.now(),
    submission: undefined,
    accepted: false,
    cached: false,
    outputs: [],
    texts: [],
    files: [],
    workflowFile: null,
    downloadStartedAt: undefined,
  };
}

/** The id that the server knows the job by; null before it was accepted. */
export function promptIdOf(state: RunState): string | null {
  return state.accepted ? (state.submission?.id ?? null) : null;
}

export function resultOf(state: RunState): JobResult {
  return { ok: true, ...shown(state) };
}

export function failureOf(state: RunState, error: ComfyGenError): JobFailure {
  return { ok: false, ...shown(state), error: errorReport(error) };
}

/** The failure of a job that was done when this went wrong. */
export function failedAfter(result: JobResult, error: ComfyGenError): JobFailure {
  return { ...result, ok: false, error: errorReport(error) };
}

function shown(state: RunState): Omit<JobResult, 'ok'> {
  const { request, submission } = state;
  const now = performance.now();
  const submitted = submission?.submittedAt ?? now;
  const ended = submission?.endedAt ?? now;
  const started = submission?.startedAt ?? ended;
  const { sweep, ...about } = request.about;
  return {
    row: request.row,
    prompt_id: promptIdOf(state),
    server: state.server.server,
    ...about,
    cached: state.cached,
    sweep,
    files: state.files,
    texts: state.texts,
    workflow_file: state.workflowFile,
    timings_ms: {
      queued: Math.round(Math.max(started - submitted, 0)),
      running: Math.round(Math.max(ended - started, 0)),
      downloading: Math.round(state.downloadStartedAt === undefined ? 0 : now - state.downloadStartedAt),
      total: Math.round(now - state.beganAt),
    },
  };
}

/** The failure of a job that was never sent: the same fields, with what is known. */
export function unsentFailure(
  error: ComfyGenError,
  known: Partial<Pick<JobFailure, 'row' | 'server' | 'prompt_id'> & JobRequest['about']> = {},
): JobFailure {
  const { row = 1, server = '', prompt_id = null, ...about } = known;
  const { sweep, ...rest } = { ...aboutNothing, ...about };
  return {
    ok: false,
    row,
    prompt_id,
    server,
    ...rest,
    cached: false,
    sweep,
    files: [],
    texts: [],
    workflow_file: null,
    timings_ms: { queued: 0, running: 0, downloading: 0, total: 0 },
    error: errorReport(error),
  };
}

/** An error as `--json`, events and the library's results show it. */
function errorReport(error: ComfyGenError): ErrorReport {
  const { code, reason, exit_code, message } = error;
  return { code, reason, exit_code, message, hint: error.hint ?? null, node_errors: error.node_errors ?? {} };
}
