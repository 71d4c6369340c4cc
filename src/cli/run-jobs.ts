// Runs job requests on one server, draws their events, prints their results, and turns the outcome into an exit code.
import type { Connection } from '../connection/connection.ts';
import { exitCodes, Leave } from '../errors.ts';
import type { JobEvent } from '../jobs/events.ts';
import type { JobFailure, JobRequest } from '../jobs/job.ts';
import { run } from '../jobs/run.ts';
import { keepJournal } from './journal.ts';
import { showError, stackOf } from './render/error.ts';
import { eventLine, jsonLine } from './render/objects.ts';
import { pickRenderer } from './render/pick.ts';
import type { Renderer } from './render/renderer.ts';
import type { Session } from './session.ts';
import { openFile, showPicture } from './show.ts';
import { isClosedPipe } from './terminal.ts';
import { transformOf } from './transform.ts';

/** Jobs on the server at the same time: one runs, one waits, so that the queue is never empty. */
const ahead = 2;

export type Outcome = { readonly failures: JobFailure[]; done: number };

/** `requests` are taken one by one as room appears. Returns the exit code. */
export async function runJobs(session: Session, server: Connection, requests: readonly JobRequest[]): Promise<number> {
  using renderer = await pickRenderer(session, requests.length > 1);
  const outcome: Outcome = { failures: [], done: 0 };
  const waiting = requests[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      if (session.signal.aborted) return;
      await runOne(session, server, next.value, renderer, outcome, requests.length > 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(ahead, requests.length) }, worker));
  return exitCode(session, outcome, requests.length);
}

async function runOne(
  session: Session,
  server: Connection,
  request: JobRequest,
  renderer: Renderer,
  outcome: Outcome,
  many: boolean,
): Promise<void> {
  let cause: unknown;
  const journal = keepJournal(session, server.server, {
    ...request,
    transform: await transformOf(session),
    failed: (error) => (cause = error),
  });
  for await (const event of run(server, journal.request, session.signal)) {
    journal.event(event);
    renderer.event(event);
    if (event.type === 'failed') logFailure(session, event.result, cause);
    else logEvent(session, event);
    await print(session, event);
    if (event.type === 'saved') await present(session, event.file.path);
    if (event.type === 'done') outcome.done++;
    if (event.type === 'failed') {
      outcome.failures.push(event.result);
      // refused what the kept definitions allowed: they are old
      if (event.result.error.code === 'validation' && server.definitionsAreCached) {
        await server.objectInfo(session.signal, { fresh: true }).catch(() => undefined);
      }
      if (!leavesQuietly(session)) fail(session, event.result, many, cause);
    }
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
  if (session.settings.verbose.value) session.terminal.err(`${session.log.redact(stackOf(cause))}\n`);
}

function logFailure({ log }: Session, { error, prompt_id, row }: JobFailure, cause: unknown): void {
  log.write('error', error.message, { reason: error.reason, prompt_id, row, stack: stackOf(cause) });
}

/** Results on standard output: paths, or JSON. A closed pipe aborts everything. */
async function print(session: Session, event: JobEvent): Promise<void> {
  const { settings: s, terminal } = session;
  try {
    if (s.events.value) await terminal.out(eventLine(event));
    else if (s.json.value) {
      if ((event.type === 'done' || event.type === 'failed') && !leavesQuietly(session))
        await terminal.out(jsonLine(event.result));
    } else if (event.type === 'saved' && event.file.path !== null) {
      await terminal.out(`${event.file.path}${s.print0.value ? '\0' : '\n'}`);
    }
  } catch (error) {
    session.abort(error);
  }
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

/** One code for all that failed alike, `partial` else; a signal's own code. */
function exitCode(session: Session, outcome: Outcome, total: number): number {
  const { signal } = session;
  if (signal.aborted && signal.reason instanceof Leave) return 129;
  if (signal.aborted && isClosedPipe(signal.reason)) return 141;
  if (outcome.failures.length === 0) return 0;
  const aborted = outcome.failures.find((f) => f.error.code === 'timeout' || f.error.code === 'cancelled');
  if (signal.aborted && aborted !== undefined) return aborted.error.exit_code;
  const codes = new Set(outcome.failures.map((f) => f.error.exit_code));
  const [only] = codes;
  return outcome.failures.length === total && codes.size === 1 && only !== undefined ? only : exitCodes.partial;
}

/** A closed terminal or pipe: nobody is left to read how it ended. */
function leavesQuietly({ signal }: Session): boolean {
  return signal.reason instanceof Leave || isClosedPipe(signal.reason);
}
