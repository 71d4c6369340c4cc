// Several servers as one: many jobs from rows, each on the server that starts it first.
import { hostname } from 'node:os';
import { archiveFolder, RowArchive } from './batch/archived.ts';
import { planRequest } from './batch/requests.ts';
import { runJobs } from './batch/run.ts';
import { rowSpecs } from './batch/specs.ts';
import type { Row } from './batch/row.ts';
import { openConnection, type ClientOptions } from './client.ts';
import type { Connection } from './connection/connection.ts';
import { abortError, ComfyGenError } from './errors.ts';
import { isAlive } from './files/process-alive.ts';
import { isRecord, withPlainOptions, type JobEvent } from './jobs/events.ts';
import type { JobRequest } from './jobs/job.ts';
import { narrowed } from './options/overlay.ts';
import { rowOptions } from './options/settings.ts';
import type { MakeOptions, RunOptions, SaveOptions } from './plan/call-options.ts';
import { callLayer, callRun, GivenBytes } from './plan/call.ts';
import { Planner } from './plan/planner.ts';
import { contactServers } from './plan/servers.ts';

/** One job of a batch: what to make, or a workflow file to run with what the options set in it. */
export type BatchRow = MakeOptions & {
  readonly prompt?: string;
  readonly name?: string;
  /** A file, or `template:<name>`, instead of a recipe. */
  readonly workflow?: string;
};

export type BatchOptions = MakeOptions &
  SaveOptions &
  RunOptions & {
    /** Jobs that wait on each server, besides the one that runs, 1 to 1000; default 2. */
    readonly ahead?: number;
    /** Remembers what was made, so that nothing is made twice: the path of a file. Default `false`: nothing is. */
    readonly archive?: string | false;
    /** Stop sending after so many failed jobs. */
    readonly maxFailures?: number;
    /** Try rows again that failed in an earlier run. */
    readonly retryFailed?: boolean;
  };

/**
 * Several ComfyUI servers. One that dies loses nothing: its jobs go to the others.
 * @example
 * const pool = new ComfyUIPool(['http://a:8188', 'http://b:8188']);
 * for await (const event of pool.batch([{ prompt: 'a cat' }, { prompt: 'a dog' }], { output: 'images' }))
 *   if (event.type === 'saved') console.log(event.row, event.file.path);
 */
export class ComfyUIPool implements AsyncDisposable {
  readonly #connections: readonly Connection[];

  /** `options` hold for every server. */
  constructor(hosts: readonly string[], options: Omit<ClientOptions, 'host'> = {}) {
    if (hosts.length === 0) throw new ComfyGenError('bad_option', 'a pool needs a host');
    this.#connections = hosts.map((host) => openConnection({ ...options, host }));
  }

  /** The servers, without user info and trailing slash. */
  get servers(): readonly string[] {
    return this.#connections.map(({ server }) => server);
  }

  /**
   * Makes every row, in no particular order; events carry `row`, from 1. Options hold for rows that do not set them.
   * Ends after the last row; leaving the loop cancels what it sent.
   * @throws ComfyGenError `cancelled` after an aborted signal, when every job that had begun has failed; `usage` for a row
   * or an option that is wrong, `unreachable` when no server answers
   */
  async *batch(
    rows: Iterable<BatchRow> | AsyncIterable<BatchRow>,
    options: BatchOptions = {},
  ): AsyncGenerator<JobEvent, void> {
    const { ahead = 2, archive = false, maxFailures, retryFailed = false, signal: given, ...call } = options;
    const signal = given ?? new AbortController().signal;
    const bytes = new GivenBytes();
    const base = callLayer(call, bytes);
    const { output, options: how, force } = await callRun(base);
    const servers = await contactServers(this.#connections, { signal, note: () => undefined });
    const planner = new Planner({ pathOf: (path) => path, sourceOf: bytes.sourceOf, note: () => undefined, force });
    await using kept = await RowArchive.open(archive === false ? undefined : archive, {
      folder: archiveFolder(output?.target),
      run: 'library',
      owner: { pid: process.pid, machine: hostname(), at: Date.now() },
      isAlive,
      retryFailed,
      collected: () => Promise.resolve(new Set()),
      signal,
    });
    const layers = narrowed([base], rowOptions);
    const specs = rowSpecs({ rows: () => rowsOf(rows, bytes), layers, axes: [], signal, pathOf: (path) => path });
    const plan = planRequest({ planner, servers, target: output?.target, options: how });
    const events = runJobs(kept.remaining(specs), {
      servers: servers.all,
      lost: servers.lost,
      plan: (spec, server, ends) => withNotes((note) => plan(spec, server, ends, note)),
      signal,
      ahead,
      maxFailures,
      archive: kept,
    });
    let next = await events.next();
    try {
      for (; next.done !== true; next = await events.next()) {
        const event = next.value;
        if (event.kind === 'job' && !event.goesOn && !isRecord(event.event)) yield withPlainOptions(event.event);
      }
    } finally {
      await events.return(undefined as never); // what is not over yet is cancelled
    }
    kept.finish(next.value.isComplete);
    if (signal.aborted) throw abortError(signal);
  }

  /** Ends the connections; jobs that still run go on at the servers. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#connections.map((one) => one[Symbol.asyncDispose]()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What planning says of a job comes with its events. */
async function withNotes(plan: (note: (text: string) => void) => Promise<JobRequest>): Promise<JobRequest> {
  const notes: string[] = [];
  const request = await plan((text) => void notes.push(text));
  return { ...request, notes };
}

async function* rowsOf(rows: Iterable<BatchRow> | AsyncIterable<BatchRow>, bytes: GivenBytes): AsyncGenerator<Row> {
  let row = 0;
  for await (const { workflow, ...values } of rows) {
    row++;
    const layer = { ...callLayer(values, bytes, `row ${row}`), source: 'row' } as const;
    yield { row, place: `row ${row}`, layer, workflow };
  }
}
