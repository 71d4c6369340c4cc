// One run of many jobs on a pool of servers: each where it starts first, none lost when a server dies.
import { setMaxListeners } from 'node:events';
import { abortError, ComfyGenError, toComfyGenError } from '../errors.ts';
import type { JobSpec } from '../plan/spec.ts';
import { attempt, type Run } from './attempt.ts';
import { modelOf, newPoolJob, type PoolJob } from './pool-job.ts';
import { worthTakingBack, type PoolServer, type RunningJob } from './pool.ts';
import { Reports } from './reports.ts';
import { Roster } from './roster.ts';
import type { RunOptions } from './run-options.ts';
import { Source } from './source.ts';

export class Engine {
  readonly reports: Reports;
  readonly #options: RunOptions;
  readonly #roster: Roster;
  /** What each attempt is given. */
  readonly #run: Run;
  readonly #running = new Set<Promise<void>>();
  /** Aborted by the caller's signal, and when the reader leaves. */
  readonly #stop = new AbortController();
  #wake: () => void = () => undefined;
  #failure: unknown;

  constructor(options: RunOptions) {
    this.#options = options;
    this.reports = new Reports(options, (error) => this.#stop.abort(toComfyGenError(error)));
    this.#roster = new Roster({
      servers: options.servers,
      ahead: options.ahead ?? 1,
      changed: () => this.#wake(),
      tell: (server, state) => this.reports.channel.put({ kind: 'server', server, state }),
    });
    this.#run = { options, roster: this.#roster, reports: this.reports, stop: this.#stop.signal };
    setMaxListeners(0, this.#stop.signal); // every job in hand listens
  }

  readonly leave = (): void => this.#stop.abort(new ComfyGenError('cancelled', 'cancelled'));

  async work(specs: AsyncIterable<JobSpec> | Iterable<JobSpec>): Promise<void> {
    const outside = this.#options.signal;
    const stop = (): void => this.#stop.abort(outside.reason);
    if (outside.aborted) stop();
    outside.addEventListener('abort', stop);
    this.#stop.signal.addEventListener('abort', () => this.#wake());
    const source = new Source(specs, () => this.#wake());
    try {
      for (const server of this.#roster.servers)
        if (this.#options.lost?.has(server.connection) === true) await this.#roster.lose(server);
      await this.#workOff(source);
      await this.#endBegun();
      this.reports.summary.isComplete = source.isExhausted && this.#roster.parked.length === 0;
      if (!this.reports.summary.isComplete && this.#options.failRest === true) await this.#failRest(source);
    } finally {
      outside.removeEventListener('abort', stop);
      this.#roster.close();
      await Promise.allSettled(this.#running);
      await source.close();
      this.reports.channel.close();
    }
    if (this.#failure !== undefined) throw toComfyGenError(this.#failure);
  }

  async #workOff(source: Source): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      const stops =
        signal.aborted ||
        this.reports.summary.failed >= (this.#options.maxFailures ?? Infinity) ||
        this.#roster.allLost();
      const given = stops ? undefined : this.#roster.next();
      if (given !== undefined) {
        this.#start(given.server, given.job);
        continue;
      }
      const spec = !stops && this.#roster.hasRoom() ? source.take() : undefined;
      if (spec !== undefined) {
        this.#roster.parked.push(newPoolJob(spec));
        continue;
      }
      if (this.#running.size === 0 && !stops && (await this.#giveUp())) continue;
      const hasNoMore = source.isExhausted && this.#roster.parked.length === 0;
      if (this.#running.size === 0 && (stops || hasNoMore)) return;
      if (!stops && hasNoMore) worthTakingBack(this.#roster.servers)?.takeBack();
      await woken;
    }
  }

  /** A bug of ours, or a source that broke: nothing more is sent, what was sent is cancelled, and it is thrown at the end. */
  #break(thrown: unknown): void {
    this.#failure ??= thrown;
    this.#stop.abort(toComfyGenError(thrown));
  }

  #start(server: PoolServer, job: PoolJob): void {
    const abort = new AbortController(); // not AbortSignal.any: on Node 20 a long-lived signal keeps all its followers
    const running: RunningJob = {
      job,
      server,
      started: false,
      promptId: null,
      sentAs: null,
      isSent: () => undefined,
      takeBack: () => abort.abort(new ComfyGenError('cancelled', 'taken back for another server')),
    };
    server.jobs.add(running);
    server.model = modelOf(job) ?? server.model;
    const { signal } = this.#stop;
    const stop = (): void => abort.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const ended = attempt(running, this.#run, abort.signal)
      .catch((error: unknown) => this.#break(error))
      .finally(() => {
        running.isSent();
        signal.removeEventListener('abort', stop);
        server.jobs.delete(running);
        this.#running.delete(ended);
        this.#wake();
      });
    this.#running.add(ended);
  }

  /** Jobs whose first attempts were seen and that get no other: each job has an end. */
  async #endBegun(): Promise<void> {
    const { signal } = this.#stop;
    for (const job of this.#roster.parked.filter(({ hasBegun }) => hasBegun)) {
      const gone = new ComfyGenError('server_gone', 'no server answers any more');
      await this.reports.fail(job, undefined, signal.aborted ? abortError(signal) : gone);
    }
  }

  /** No server is left: what was not sent failed as the last one did. */
  async #failRest(source: Source): Promise<void> {
    const { signal } = this.#stop;
    const cause = this.reports.last;
    if (cause === undefined) return;
    for (const job of this.#roster.parked.filter(({ hasBegun }) => !hasBegun))
      if (!signal.aborted) await this.reports.fail(job, undefined, cause);
    for await (const spec of source.rest()) {
      if (signal.aborted) return;
      await this.reports.fail(newPoolJob(spec), undefined, cause);
    }
  }

  /** Ends a parked job that no server will do any more. */
  async #giveUp(): Promise<boolean> {
    const hopeless = this.#roster.takeHopeless();
    if (hopeless === undefined) return false;
    const { job, refusal = new ComfyGenError('server_gone', 'no server that could do it answers') } = hopeless;
    await this.reports.fail(job, undefined, refusal);
    return true;
  }
}
