// The objects that scripts read: `--json` lines, `--events` lines, and the object of a failure before any job.
import type { ComfyGenError } from '../../errors.ts';
import type { JobEvent } from '../../jobs/events.ts';
import { aboutNothing, type JobFailure } from '../../jobs/job.ts';
import { errorReport } from '../../jobs/report.ts';
import { stringifyStrictJson } from '../../protocol/json.ts';

/** One line of JSON. */
export function jsonLine(value: unknown): string {
  return `${stringifyStrictJson(value)}\n`;
}

/** An event as a line; a preview's picture stays here. */
export function eventLine(event: JobEvent): string {
  if (event.type !== 'preview') return jsonLine(event);
  return jsonLine({ ...event, image: undefined });
}

/** The object of a command that failed before it had a job: the same fields, nothing known. */
export function failureObject(error: ComfyGenError): string {
  return jsonLine(emptyFailure(error));
}

export function emptyFailure(error: ComfyGenError, row = 1): JobFailure {
  return {
    ok: false,
    row,
    prompt_id: null,
    server: '',
    ...aboutNothing,
    cached: false,
    files: [],
    workflow_file: null,
    timings_ms: { queued: 0, running: 0, downloading: 0, total: 0 },
    error: errorReport(error),
  };
}
