// The journal as commands use it: where it lies, the lines of a job that runs, the entries that are still to be collected.
import { readFileSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { posix, win32 } from 'node:path';
import { pieceOf } from '../files/crash.ts';
import { isOpen, Journal, type JournalEntry, type JournalFacts, type Watcher } from './journal.ts';
import { Leave, toComfyGenError } from '../errors.ts';
import type { JobEvent } from '../jobs/events.ts';
import { aboutNothing, type About, type JobFailure, type JobRequest, type JobResult } from '../jobs/job.ts';
import type { Session } from '../cli/context.ts';
import type { Terminal } from '../cli/terminal.ts';

/** The platform's folder for what a program remembers. */
export function stateFolder({ env, home, platform }: Pick<Terminal, 'env' | 'home' | 'platform'>): string {
  const paths = platform === 'win32' ? win32 : posix;
  const given = env[platform === 'win32' ? 'LOCALAPPDATA' : 'XDG_STATE_HOME'] ?? '';
  const usual = { win32: ['AppData', 'Local'], darwin: ['Library', 'Application Support'] }[platform] ?? [
    '.local',
    'state',
  ];
  return paths.join(paths.isAbsolute(given) ? given : paths.join(home, ...usual), 'comfy-gen');
}

export function openJournal({ terminal }: Session): Journal {
  const paths = terminal.platform === 'win32' ? win32 : posix;
  return new Journal(paths.join(stateFolder(terminal), 'journal.jsonl'));
}

/** Reads the journal; with `--no-journal` it is empty. */
export async function readJournal(session: Session): Promise<ReadonlyMap<string, JournalEntry>> {
  return session.settings.journal.value ? openJournal(session).read() : new Map();
}

export type Kept = {
  /** The request, telling the journal before it is sent. */
  readonly request: JobRequest;
  /** Tells the journal what an event means for it. */
  readonly event: (event: JobEvent) => void;
  /** Tells it the end of a job that nobody watches. */
  readonly left: (result: JobResult | JobFailure) => void;
};

const ourselves: Watcher = { pid: process.pid, machine: hostname() };

/** One job under the journal's eyes; with `--no-journal` it is the request and nothing else. */
export function keepJournal(session: Session, server: string, request: JobRequest): Kept {
  if (!session.settings.journal.value) return { request, event: () => undefined, left: () => undefined };
  const journal = openJournal(session);
  const facts = factsOf(session, server, request);
  let id = request.attach;
  const write = (...line: Parameters<Journal['append']>): void => append(session, journal, ...line);
  if (id !== undefined) write(id, { event: 'watching', watcher: ourselves });
  const record: NonNullable<JobRequest['record']> = async (state, promptId) => {
    if (state !== 'ended' && promptId !== id) {
      // sent again under a new id, or the server chose its own: the old id is not to be collected
      if (id !== undefined)
        write(id, {
          event: 'ended',
          error: { code: 'execution', reason: 'job_lost', message: `goes on as ${promptId}` },
        });
      id = promptId;
      write(id, { event: state, facts, watcher: ourselves });
    } else if (state === 'submitted') write(promptId, { event: 'submitted' });
    await request.record?.(state, promptId);
  };
  const end = (result: JobResult | JobFailure): void => {
    if (id === undefined) return;
    if (result.ok) write(id, { event: 'saved' });
    else if (isOver(session, result, request.attach !== undefined)) {
      const { code, reason, message } = result.error;
      write(id, { event: 'ended', error: { code, reason, message: session.log.redact(message) } });
    }
  };
  const naming: NonNullable<JobRequest['naming']> = async (path, output, of) => {
    const { filename, subfolder, type } = output;
    if (id !== undefined)
      write(id, { event: 'piece', output: { filename, subfolder, type }, piece: await pieceOf(path), of });
    await request.naming?.(path, output, of);
  };
  return {
    request: { ...request, record, naming },
    event: (event) => {
      if (event.type === 'saved' && id !== undefined) {
        const { path, filename, subfolder, type } = event.file;
        write(id, {
          event: 'file',
          file: { path: path === null ? null : absolute(session, path), filename, subfolder, type },
        });
      } else if (event.type === 'done' || event.type === 'failed') end(event.result);
    },
    left: (result) => {
      if (!result.ok) end(result);
    },
  };
}

/**
 * Nothing is left to collect: it failed, or we took it off the server. A failed save and a silent server are no end,
 * nor is leaving in the middle of a download: the job itself was done.
 */
function isOver(session: Session, { error, timings_ms }: JobFailure, attached: boolean): boolean {
  if (session.signal.reason instanceof Leave) return false;
  const left = error.code === 'cancelled' || error.code === 'timeout';
  if (left && (attached || timings_ms.downloading > 0)) return false;
  return !['save', 'unreachable', 'auth', 'internal'].includes(error.code);
}

function factsOf(session: Session, server: string, request: JobRequest): JournalFacts {
  const { settings: s, terminal } = session;
  const trusted = s.host.layer === undefined || s.host.layer.trusted;
  return {
    server,
    trusted,
    demo: s.demo.value === true,
    row: request.row,
    cwd: terminal.cwd,
    output: s.output.value,
    name: s.name.value,
    format: s.format.value,
    quality: s.quality.layer === undefined ? undefined : s.quality.value,
    stripMetadata: s.stripMetadata.value,
    about: request.about,
  };
}

function absolute(session: Session, path: string): string {
  const paths = session.terminal.platform === 'win32' ? win32 : posix;
  return paths.resolve(session.terminal.cwd, path);
}

const warned = new WeakSet<Session>();

/** A journal that can't be written must not end the job: said once. */
function append(session: Session, journal: Journal, ...line: Parameters<Journal['append']>): void {
  try {
    journal.append(...line);
  } catch (error) {
    if (warned.has(session)) return;
    warned.add(session);
    const { message } = toComfyGenError(error);
    session.log.write('warning', message);
    if (!session.settings.quiet.value)
      session.terminal.err(`${session.paint.yellow(`warning: the journal is not kept: ${message}`)}\n`);
  }
}

/** Notes that a job is over, for whoever took it off the server. */
export function noteEnd(session: Session, promptId: string, reason: 'cancelled' | 'job_lost', message: string): void {
  if (!session.settings.journal.value) return;
  const code = reason === 'cancelled' ? 'cancelled' : 'execution';
  append(session, openJournal(session), promptId, { event: 'ended', error: { code, reason, message } });
}

/** Jobs that were sent and neither saved nor over; those of our in-process demo servers went with them. */
export function openEntries(entries: ReadonlyMap<string, JournalEntry>): readonly JournalEntry[] {
  return [...entries.values()].filter((entry) => isOpen(entry) && entry.facts?.demo !== true);
}

/** Does the process that watches this job still live? After a reboot it does not, whoever has its number now. */
export function isWatched({ watcher }: JournalEntry): boolean {
  if (watcher === undefined || watcher.machine !== hostname() || watcher.pid === process.pid) return false;
  return isAlive(watcher);
}

/** Does the process of this machine that was `pid` at that time (ms since 1970) still live? */
export function isAlive({ pid, at }: { readonly pid: number; readonly at: number }): boolean {
  if (at < Date.now() - uptime() * 1000) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return process.platform !== 'linux' || isThatProcess(pid, at);
}

/** By Linux's own record: no zombie, and not a later process under the same number. */
function isThatProcess(pid: number, wroteAt: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startedAt = Date.now() - uptime() * 1000 + Number(fields[19]) * 10; // in ticks of 10 ms since boot
    return fields[0] !== 'Z' && fields[0] !== 'X' && !(startedAt > wroteAt + 2000);
  } catch {
    return false;
  }
}

/** What a journal entry knows of its job, for results and names. */
export function aboutOf(entry: JournalEntry | undefined): About {
  return { ...aboutNothing, ...entry?.facts?.about };
}
