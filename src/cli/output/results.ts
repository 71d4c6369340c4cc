// What is told of a job's events: results on standard output, errors on standard error, everything in the log.
import type { JobEvent } from '../../jobs/events.ts';
import type { JobFailure } from '../../jobs/job.ts';
import { Leave } from '../../errors.ts';
import { showError, stackOf } from './error.ts';
import { eventLine, jsonLine } from './objects.ts';
import type { Renderer } from './renderer.ts';
import { redactResult } from '../secrets.ts';
import type { Session } from '../context.ts';
import { openFile, showPicture } from './show.ts';
import { isClosedPipe } from '../terminal.ts';

export type Telling = {
  readonly session: Session;
  readonly renderer: Renderer;
  /** Errors name their row. */
  readonly many: boolean;
};

/** `cause` is the error behind a `failed` event, with its stack. */
export async function tell(telling: Telling, happened: JobEvent, cause: unknown): Promise<void> {
  const { session, renderer, many } = telling;
  const { redact } = session.log;
  const event = happened.type === 'failed' ? { ...happened, result: redactResult(happened.result, redact) } : happened;
  if (event.type === 'failed') logFailure(session, event.result, cause);
  else logEvent(session, event);
  const line = resultLine(session, event);
  if (line !== undefined) await print(session, renderer, line);
  if (event.type === 'saved') await present(session, event.file.path);
  if (event.type === 'failed' && isToBeSaid(telling, event.result))
    await renderer.aside(() => Promise.resolve(fail(session, event.result, many, cause)));
}

const ended = new WeakSet<Telling>();

/** What ends all jobs at once, Ctrl-C or --timeout, is said once. */
function isToBeSaid(telling: Telling, { error }: JobFailure): boolean {
  if (leavesQuietly(telling.session)) return false;
  const isOurEnd = telling.session.signal.aborted && (error.code === 'cancelled' || error.code === 'timeout');
  if (!isOurEnd || !telling.many) return true;
  if (ended.has(telling)) return false;
  ended.add(telling);
  return true;
}

/** What goes to standard output: a path, or JSON. */
function resultLine(session: Session, event: JobEvent): string | undefined {
  const { settings: s } = session;
  if (s.events.value) return eventLine(event);
  if (s.json.value) {
    const isEnd = event.type === 'done' || event.type === 'failed';
    return isEnd && !leavesQuietly(session) ? jsonLine(event.result) : undefined;
  }
  if (event.type !== 'saved' || event.file.path === null) return undefined;
  return `${event.file.path}${s.print0.value ? '\0' : '\n'}`;
}

/** A closed pipe aborts everything. */
async function print({ terminal, abort }: Session, renderer: Renderer, line: string): Promise<void> {
  try {
    if (terminal.outIsTTY) await renderer.aside(() => terminal.out(line));
    else await terminal.out(line);
  } catch (error) {
    abort(error);
  }
}

/** --show and --open. */
async function present({ settings: s, terminal }: Session, path: string | null): Promise<void> {
  if (path === null || (s.show.value !== true && s.open.value !== true)) return;
  if (s.show.value === true) await showPicture(terminal, path);
  if (s.open.value === true) openFile(terminal.platform, path);
}

function fail(session: Session, failure: JobFailure, many: boolean, cause: unknown): void {
  showError(session.terminal, session.paint, failure.error, many ? failure.row : undefined);
  if (session.settings.verbose.value) session.terminal.err(`${stackOf(cause)}\n`);
}

function logFailure({ log }: Session, { error, prompt_id, row }: JobFailure, cause: unknown): void {
  log.write('error', error.message, { reason: error.reason, prompt_id, row, stack: stackOf(cause) });
}

function logEvent(session: Session, event: Exclude<JobEvent, { type: 'failed' }>): void {
  const { log } = session;
  if (event.type === 'preview') return;
  const level =
    event.type === 'warning' ? 'warning' : event.type === 'progress' || event.type === 'node' ? 'debug' : 'info';
  if (level === 'debug' && session.settings.logFile.value === undefined) return;
  const { type, ...rest } = event;
  log.write(level, describe(event), {
    event: type,
    ...(event.type === 'done' ? { prompt_id: event.prompt_id, row: event.row } : rest),
  });
}

function describe(event: JobEvent): string {
  switch (event.type) {
    case 'submitted':
      return `submitted ${event.prompt_id ?? ''} to ${event.server}`;
    case 'saved':
      return `saved ${event.file.path ?? event.file.filename}`;
    case 'warning':
      return event.message;
    case 'node':
      return `node ${event.node} (${event.title}) ${event.state}`;
    case 'progress':
      return `node ${event.node}: ${event.value}/${event.max}`;
    default:
      return event.type;
  }
}

/** A closed terminal or pipe: nobody is left to read how it ended. */
export function leavesQuietly({ signal }: Session): boolean {
  return signal.reason instanceof Leave || isClosedPipe(signal.reason);
}
