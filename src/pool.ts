// Several servers as one: many jobs from rows, each on the server that starts it first.
import { hostname } from 'node:os';
import { archiveFolder, RowArchive } from './batch/archived.ts';
import type { Summary } from './batch/events.ts';
import { preflight } from './batch/preflight.ts';
import { planRequest } from './batch/requests.ts';
import { runJobs } from './batch/run.ts';
import { rowSpecs } from './batch/specs.ts';
import type { Connection } from './connection/connection.ts';
import { abortError, ComfyGenError, toComfyGenError } from './errors.ts';
import { isAlive } from './files/process-alive.ts';
import { isRecord, withPlainOptions, type JobEvent } from './jobs/events.ts';
import type { JobRequest } from './jobs/job.ts';
import { linkedSignal } from './jobs/linked-signal.ts';
import { batchRun, type BatchRun } from './library/batch-options.ts';
import { batchRows, canBeReadTwice } from './library/batch-rows.ts';
import type { BatchOptions, BatchRow } from './library/call-options.ts';
import { BatchGallery, startGallery, type CallGallery } from './library/call-gallery.ts';
import { callRun, type CallRun } from './library/call.ts';
import type { ClientOptions } from './library/client-options.ts';
import { openConnection } from './library/open-connection.ts';
import { narrowed } from './options/overlay.ts';
import { rowOptions } from './options/settings.ts';
import { Planner } from './plan/planner.ts';
import { contactServers, contactsOf, type Servers } from './plan/servers.ts';
import type { JobSpec } from './plan/spec.ts';
import type { ObjectInfo } from './protocol/object-info.ts';

type Rows = Iterable<BatchRow> | AsyncIterable<BatchRow>;

/**
 * Several ComfyUI servers. One that dies loses nothing: its jobs go to the others. Nothing is sent before the first batch,
 * nothing is printed, and an idle pool keeps no process alive.
 * @example
 * const pool = new ComfyUIPool(['http://a:8188', 'http://b:8188']);
 * for await (const event of pool.batch([{ prompt: 'a cat' }, { prompt: 'a dog' }], { output: 'images' }))
 *   if (event.type === 'saved') console.log(event.row, event.file.path);
 */
export class ComfyUIPool implements AsyncDisposable {
  readonly #connections: readonly Connection[];

  /**
   * @param hosts an address each, as the option `host` of a client
   * @param options hold for every server
   * @throws ComfyGenError `bad_option`, naming the key
   */
  constructor(hosts: readonly string[], options: Omit<ClientOptions, 'host'> = {}) {
    if (!Array.isArray(hosts) || hosts.length === 0)
      throw new ComfyGenError('bad_option', 'hosts: a pool needs a list of one address or more');
    this.#connections = hosts.map((host: string) => openConnection({ ...options, host }));
  }

  /** The servers' addresses, without user info and trailing slash. */
  get servers(): readonly string[] {
    return this.#connections.map(({ server }) => server);
  }

  /**
   * Makes every row, in no particular order, and tells what happens as events; `event.row` counts from 1. The options hold
   * for rows that do not set them. Rows are taken as room appears; those of an array are all checked before the first is
   * sent. A row that fails is a `failed` event, and the others go on.
   *
   * Ends after the last row. Leaving the loop cancels what it sent and is not over yet.
   * @throws ComfyGenError `cancelled` after an aborted signal, once every job that had begun has its `failed`; `usage` for
   * an option or a row that is wrong, `unreachable` when no server answers
   */
  async *batch(rows: Rows, options: BatchOptions = {}): AsyncGenerator<JobEvent, void> {
    const asked = batchRun(options);
    const how = await callRun(asked.layer);
    using linked = linkedSignal(options.signal, how.timeoutMs);
    const { signal } = linked;
    try {
      signal.throwIfAborted();
      const summary = yield* this.#run(rows, asked, how, signal);
      if (signal.aborted && (summary.cancelled > 0 || !summary.isComplete)) throw abortError(signal);
    } catch (error) {
      throw signal.aborted ? abortError(signal) : toComfyGenError(error);
    }
  }

  async *#run(rows: Rows, asked: BatchRun, how: CallRun, signal: AbortSignal): AsyncGenerator<JobEvent, Summary> {
    const notes = new Set<string>();
    const note = (text: string): void => void notes.add(text);
    const servers = await contactServers(this.#connections, { signal, note });
    const planner = new Planner({ pathOf: (path) => path, note, force: how.force, enhancer: how.enhancer });
    const layers = narrowed([asked.layer], rowOptions);
    const specs = (): AsyncGenerator<JobSpec> =>
      rowSpecs({ rows: () => batchRows(rows), layers, axes: [], signal, pathOf: (path) => path });
    if (canBeReadTwice(rows))
      await preflight(specs(), { planner, servers, signal, note, lenient: true, target: how.output?.target });
    await using archive = await openArchive(asked, how, signal);
    const events = runJobs(archive.remaining(specs()), {
      servers: servers.all,
      lost: servers.lost,
      plan: planWithNotes({ planner, servers, how, notes }),
      signal,
      ahead: asked.ahead,
      maxFailures: asked.maxFailures,
      archive,
    });
    const gallery = how.gallery && (await openGallery(how.gallery, servers, signal));
    const summary = yield* jobEvents(events, gallery);
    archive.finish(summary.isComplete);
    if (gallery !== undefined && !signal.aborted) yield* gallery.finish();
    return summary;
  }

  /** Ends the connections. Jobs that still run go on at the servers, unwatched. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#connections.map((one) => one[Symbol.asyncDispose]()));
  }

  /** As `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What is about a job, and not for records only. Leaving it cancels what is not over yet. */
async function* jobEvents(
  events: ReturnType<typeof runJobs>,
  gallery: BatchGallery | undefined,
): AsyncGenerator<JobEvent, Summary> {
  try {
    let next = await events.next();
    for (; next.done !== true; next = await events.next()) {
      const { value: event } = next;
      if (event.kind !== 'job' || event.goesOn || isRecord(event.event)) continue;
      gallery?.take(event.event);
      yield withPlainOptions(event.event);
    }
    return next.value;
  } finally {
    await events.return(undefined as never);
  }
}

/** The files of a batch as a page and a sheet, with the definitions of the first server that gave some. */
async function openGallery(wanted: CallGallery, servers: Servers, signal: AbortSignal): Promise<BatchGallery> {
  const definitions = async (): Promise<ObjectInfo> =>
    (await contactsOf(servers)).find(({ info }) => info !== undefined)?.info ?? {};
  return new BatchGallery(await startGallery(wanted, { definitions, signal }));
}

function openArchive(
  { archive, retryFailed }: BatchRun,
  { output }: CallRun,
  signal: AbortSignal,
): Promise<RowArchive> {
  return RowArchive.open(archive, {
    folder: archiveFolder(output?.target),
    run: 'library',
    owner: { pid: process.pid, machine: hostname(), at: Date.now() },
    isAlive,
    retryFailed,
    collected: () => Promise.resolve(new Set()),
    signal,
  });
}

type Planning = {
  readonly planner: Planner;
  readonly servers: Servers;
  readonly how: CallRun;
  /** What is to be said of the batch as a whole: it comes with the first job. */
  readonly notes: Set<string>;
};

/** What planning says of a job comes with the job's events. */
function planWithNotes({ planner, servers, how, notes }: Planning) {
  const plan = planRequest({ planner, servers, target: how.output?.target, options: how.options });
  return async (spec: JobSpec, server: Connection, signal: AbortSignal): Promise<JobRequest> => {
    const said = new Set<string>();
    const request = await plan(spec, server, signal, (text) => void said.add(text));
    const own = [...notes, ...said];
    notes.clear();
    return { ...request, notes: [...new Set(own)] };
  };
}
