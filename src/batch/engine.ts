// One run of many jobs on a pool of servers: each where it starts first, none lost when a server dies.
import { setMaxListeners } from 'node:events';
import type { Connection } from '../connection/connection.ts';
import { abortError, ComfyGenError, Detach, toComfyGenError } from '../errors.ts';
import { cancelQuietly } from '../jobs/cancel.ts';
import type { JobStep } from '../jobs/events.ts';
import { outputKey, type JobRequest } from '../jobs/job.ts';
import { run } from '../jobs/run.ts';
import { stamp } from '../jobs/submission.ts';
import type { JobSpec } from '../plan/spec.ts';
import { forget, modelOf, newPoolJob, type PoolJob } from './pool-job.ts';
import { measure, placeOf, worthTakingBack, type PoolServer, type RunningJob } from './pool.ts';
import { isThere, mayHaveDone } from './probe.ts';
import { Source } from './source.ts';
import { Reports } from './reports.ts';
import { Roster } from './roster.ts';
import type { RunOptions } from './run-options.ts';

type Failed = Extract<JobStep, { type: 'failed' }>;

export class Engine {
  readonly reports: Reports;
  readonly #options: RunOptions;
  readonly #roster: Roster;
  readonly #begun = new Set<PoolJob>();
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
      back: (server) => this.reports.channel.put({ kind: 'server', server, state: 'back' }),
    });
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
        if (this.#options.lost?.has(server.connection) === true) await this.#lose(server);
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
    const ended = this.#attempt(running, abort.signal)
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

  /** Plans it for the server, looks whether it is there already, and sees it through to its end. */
  async #attempt(running: RunningJob, signal: AbortSignal): Promise<void> {
    const { job, server } = running;
    const { connection } = server;
    let request: JobRequest;
    const before = server.turn;
    server.turn = new Promise((resolve) => (running.isSent = resolve));
    try {
      await before;
      signal.throwIfAborted();
      if (job.sent !== undefined && !(await isThere(connection, job.sent.promptId, signal))) forget(job);
      const planned = await this.#options.plan(job.spec, connection, signal);
      request = job.sent === undefined ? planned : { ...planned, attach: job.sent.promptId, saved: job.saved };
    } catch (thrown) {
      await this.#refused(running, signal.aborted ? signal.reason : thrown);
      return;
    }
    for (const promptId of job.abandoned.splice(0))
      await this.reports.channel.put({ kind: 'abandoned', promptId, server: connection });
    await this.#follow(running, request, signal);
  }

  async #follow(running: RunningJob, request: JobRequest, signal: AbortSignal): Promise<void> {
    const { job, server } = running;
    const submitOnly = this.#options.submitOnly === true;
    for await (const event of run(server.connection, request, signal, { submitOnly })) {
      this.#learn(running, request, event);
      const goesOn = event.type === 'failed' && (await this.#goesOn(running, request, event, signal));
      if (!goesOn) await this.reports.keep(job.spec, server.connection, request, event);
      await this.reports.tell(job.spec, server.connection, request, event, goesOn);
      const isRefused = event.type === 'failed' && event.result.error.code === 'validation';
      if (isRefused && server.connection.definitions.areCached)
        // what the kept definitions allowed: they are old
        await server.connection.objectInfo(signal, { fresh: true }).catch(() => undefined);
      if (goesOn) return;
    }
    this.#begun.delete(job);
  }

  /** What an event says of the server, and of how far the job is. */
  #learn(running: RunningJob, request: JobRequest, event: JobStep): void {
    const { job, server } = running;
    if (event.type === 'submitting') running.sentAs = event.prompt_id;
    if (event.type === 'submitted') {
      running.promptId = event.prompt_id;
      running.isSent();
    }
    if (event.type === 'queued') server.othersAhead = Math.max(event.ahead - placeOf(running), 0);
    if (event.type === 'started') {
      running.started = true;
      server.othersAhead = 0;
    }
    if (event.type === 'saved') job.saved.add(outputKey(event.file));
    if (event.type === 'detached') server.detached++;
    if (event.type === 'done' && !event.result.cached && request.attach === undefined)
      measure(server, event.result.timings_ms.running);
  }

  /** Is this failure only the end of an attempt? Then the job waits for its next one. */
  async #goesOn(
    running: RunningJob,
    request: JobRequest,
    { result, cause }: Failed,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { job, server } = running;
    const { connection } = server;
    const outside = this.#stop.signal;
    const { code, reason } = cause;
    // a POST that broke off may have arrived all the same
    const sentAs = reason === 'connection_refused' ? null : running.sentAs;
    const id = result.prompt_id ?? request.attach ?? running.promptId ?? sentAs;
    const wasSent = job.sent !== undefined;
    if (outside.aborted) {
      if (wasSent && id !== null && !(outside.reason instanceof Detach)) await cancelQuietly(connection, id);
      return false;
    }
    if (id !== null) job.sent = { server: connection.server, promptId: id };
    if (signal.aborted) {
      if (id === null || !(await mayHaveDone(connection, id))) forget(job);
      return this.#again(running, 'taken back from a server that has much to do');
    }
    if (wasSent && reason === 'job_lost') {
      forget(job);
      return this.#again(running, `job ${id ?? ''} was lost in a restart of the server: it is sent once more`);
    }
    if (code === 'unreachable' || (reason === 'download_failed' && !(await connection.answers(outside)))) {
      await this.#lose(server);
      if (this.#roster.allLost() || (this.#options.submitOnly === true && id !== null)) return false;
      return this.#again(running, `${connection.server} does not answer: job ${id ?? ''} may go to another server`);
    }
    if (code === 'validation' && this.#roster.servers.length > 1 && result.prompt_id === null) {
      job.refusedBy.set(connection, cause);
      if (this.#roster.hasOther(job)) {
        this.#roster.parked.push(job);
        return true;
      }
    }
    return false;
  }

  async #again({ job, server, promptId }: RunningJob, message: string): Promise<boolean> {
    const event = stamp(job.spec.row, promptId, { type: 'warning', reason: 'resubmitted', message } as const);
    await this.reports.tell(job.spec, server.connection, undefined, event);
    this.#begun.add(job);
    this.#roster.parked.push(job);
    return true;
  }

  /** The end of a job that was not followed to one. */
  async #end(job: PoolJob, server: Connection | undefined, cause: ComfyGenError): Promise<void> {
    this.#begun.delete(job);
    await this.reports.fail(job, server, cause);
  }

  /** Jobs whose first attempts were seen and that get no other: each job has an end. */
  async #endBegun(): Promise<void> {
    const { signal } = this.#stop;
    for (const job of this.#roster.parked.filter((one) => this.#begun.has(one))) {
      const gone = new ComfyGenError('server_gone', 'no server answers any more');
      await this.#end(job, undefined, signal.aborted ? abortError(signal) : gone);
    }
  }

  /** No server is left: what was not sent failed as the last one did. */
  async #failRest(source: Source): Promise<void> {
    const { signal } = this.#stop;
    const cause = this.reports.last;
    if (cause === undefined) return;
    for (const job of this.#roster.parked.filter((one) => !this.#begun.has(one)))
      if (!signal.aborted) await this.#end(job, undefined, cause);
    for await (const spec of source.rest()) {
      if (signal.aborted) return;
      await this.#end(newPoolJob(spec), undefined, cause);
    }
  }

  /** It could not even be sent: elsewhere it may, else this is its end. */
  async #refused({ job, server }: RunningJob, thrown: unknown): Promise<void> {
    const { signal } = this.#stop;
    const { connection } = server;
    const error = signal.aborted ? abortError(signal) : toComfyGenError(thrown);
    if (error.code === 'internal') throw error;
    if (signal.aborted && job.sent !== undefined && !(signal.reason instanceof Detach))
      await cancelQuietly(connection, job.sent.promptId);
    const isDown = error.code === 'unreachable' && !signal.aborted;
    if (isDown) await this.#lose(server);
    if (error.code === 'validation') job.refusedBy.set(connection, error);
    if ((isDown || error.code === 'validation') && this.#roster.hasOther(job) && !signal.aborted) {
      this.#roster.parked.push(job);
      return;
    }
    const [first] = job.refusedBy.values();
    await this.#end(job, connection, first ?? error);
  }

  /** Ends a parked job that no server will do any more. */
  async #giveUp(): Promise<boolean> {
    const hopeless = this.#roster.takeHopeless();
    if (hopeless === undefined) return false;
    const { job, refusal = new ComfyGenError('server_gone', 'no server that could do it answers') } = hopeless;
    await this.#end(job, undefined, refusal);
    return true;
  }

  async #lose(server: PoolServer): Promise<void> {
    if (this.#roster.lose(server))
      await this.reports.channel.put({ kind: 'server', server: server.connection, state: 'lost' });
  }
}
