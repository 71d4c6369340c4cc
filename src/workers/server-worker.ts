// The workers of one server: one of BullMQ's a lane, together as many jobs as the server's queue has room for.
import type { Job, Worker } from 'bullmq';
import { untilAnswers } from '../batch/probe.ts';
import type { Connection } from '../connection/connection.ts';
import { pause } from '../connection/patience.ts';
import { ComfyGenError, toComfyGenError } from '../errors.ts';
import type { JobStep } from '../jobs/events.ts';
import type { JobFailure, JobResult } from '../jobs/job.ts';
import { stamp } from '../jobs/submission.ts';
import { definitionsOf } from '../plan/servers.ts';
import { second } from './names.ts';
import { readJob, type QueuedJob } from './queued-job.ts';
import { JobRecord } from './record.ts';
import { Slots } from './slots.ts';
import { work, type Outcome, type WorkOn } from './work.ts';

/** What happens on a server, for a log and for whoever prints results. */
export type ServerNews =
  | { readonly type: 'step'; readonly job: string; readonly batch: string; readonly step: JobStep }
  | { readonly type: 'done'; readonly job: string; readonly batch: string; readonly result: JobResult }
  | {
      readonly type: 'failed';
      readonly job: string;
      readonly batch: string;
      readonly failure: JobFailure;
      readonly again: boolean;
    }
  | { readonly type: 'handed_back'; readonly job: string; readonly batch: string; readonly why: string }
  | { readonly type: 'server'; readonly state: 'lost' | 'back' }
  | {
      readonly type: 'lane';
      readonly lane: string;
      readonly state: 'taken' | 'refused' | 'left';
      readonly why?: string;
    };

export type ServerWorkerOptions = Omit<WorkOn, 'tell'> & {
  /** Jobs that wait on the server, besides the one that runs. */
  readonly ahead: number;
  readonly tell: (news: ServerNews) => void;
};

type JobWorker = Worker<QueuedJob, JobResult>;
type Running = { readonly abort: AbortController; isStarted: boolean; record: JobRecord | undefined };

/** The worker stops: what has not begun goes back to the queue. */
const handBack = new ComfyGenError('cancelled', 'handed back to the queue');
/** So many servers lost while they ran one job: it is the job that ends them. */
const maxLosses = 3;
/** So many workers lost while they had one job. */
const maxStalls = 5;
const depthMs = 2 * second;
/** Reasons to leave all jobs of a lane to other servers. */
const lacks = ['missing_model', 'missing_node', 'missing_template', 'not_runnable'];

export class ServerWorker {
  readonly connection: Connection;
  readonly #options: ServerWorkerOptions;
  readonly #slots: Slots;
  readonly #lanes = new Map<string, JobWorker>();
  readonly #hopeless = new Map<string, () => Promise<boolean>>();
  readonly #running = new Map<string, Running>();
  readonly #over = new AbortController();
  #isLost = false;
  #hasRoom = true;

  constructor(options: ServerWorkerOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.#slots = new Slots(options.ahead + 1, () => this.#adjust());
    void this.#watchDepth().catch(() => undefined);
  }

  get isUp(): boolean {
    return !this.#isLost;
  }

  /** Jobs in hand. */
  get jobs(): number {
    return this.#running.size;
  }

  get lanes(): ReadonlySet<string> {
    return new Set(this.#lanes.keys());
  }

  /** Has the server what the jobs of a lane need? Undefined is yes, else what it lacks. Throws when it cannot be asked. */
  async refusal(sample: unknown): Promise<ComfyGenError | undefined> {
    const { servers, unpacker, planner } = this.#options;
    const contact = await servers.contact(this.connection);
    definitionsOf(contact);
    try {
      const { spec, job } = readJob(sample);
      const on = { contact, signal: this.#over.signal, enhances: false };
      await planner(job.wishes.force).plan(await unpacker.unpack(spec), on);
      return undefined;
    } catch (thrown) {
      const error = toComfyGenError(thrown);
      if (error.code === 'unreachable' || error.code === 'auth') throw error;
      return lacks.includes(error.reason) ? error : undefined; // what is wrong with a job itself, it fails with
    }
  }

  /** Takes jobs of the lane from now on; `isHopeless` tells whether that is only to fail what nobody can do. */
  open(lane: string, isHopeless?: () => Promise<boolean>): void {
    if (this.#lanes.has(lane) || this.#over.signal.aborted) return;
    const { packages, redis, names } = this.#options.link;
    const worker: JobWorker = new packages.bullmq.Worker<QueuedJob, JobResult>(
      lane,
      (job, token) => this.#process(job, token ?? ''),
      {
        connection: redis,
        prefix: names.prefix,
        name: this.connection.server,
        concurrency: this.#options.ahead + 1,
        lockDuration: 20 * second,
        stalledInterval: 10 * second,
        maxStalledCount: maxStalls,
        runRetryDelay: second,
      },
    );
    worker.on('error', () => undefined); // the connection tells of it
    this.#lanes.set(lane, worker);
    if (isHopeless !== undefined) this.#hopeless.set(lane, isHopeless);
    this.#options.tell({ type: 'lane', lane, state: 'taken' });
    this.#adjust();
  }

  async leave(lane: string): Promise<void> {
    const worker = this.#lanes.get(lane);
    this.#lanes.delete(lane);
    this.#hopeless.delete(lane);
    if (worker !== undefined) this.#options.tell({ type: 'lane', lane, state: 'left' });
    await worker?.close();
  }

  /** Ends a job of ours that somebody cancelled. */
  cancel(lane: string, id: string): void {
    this.#running.get(`${lane} ${id}`)?.abort.abort(new ComfyGenError('cancelled', 'its batch was cancelled'));
  }

  /** Finishes what the server runs, hands back what waits. */
  async stop(): Promise<void> {
    const closing = [...this.#lanes.values()].map((worker) => worker.close());
    this.#over.abort();
    for (const { abort, isStarted } of this.#running.values()) if (!isStarted) abort.abort(handBack);
    await Promise.allSettled(closing);
  }

  /** A server that does not answer: its jobs go back to the queue, its workers rest until it is there again. */
  lose(): void {
    if (this.#isLost || this.#over.signal.aborted) return;
    this.#isLost = true;
    this.#options.tell({ type: 'server', state: 'lost' });
    this.#adjust();
    void this.#untilBack().catch(() => undefined);
  }

  async #untilBack(): Promise<void> {
    const { signal } = this.#over;
    await untilAnswers(this.connection, signal, () => undefined);
    const contact = await this.#options.servers.contact(this.connection).catch(() => undefined);
    // started again, it may have other models and nodes
    if (contact !== undefined)
      contact.info = await this.connection.objectInfo(signal, { fresh: true }).catch(() => contact.info);
    signal.throwIfAborted();
    this.#isLost = false;
    this.#options.tell({ type: 'server', state: 'back' });
    this.#adjust();
  }

  /** Lanes share the server's room: each may take what is free, or hold one job ready. */
  #adjust(): void {
    for (const [lane, worker] of this.#lanes) {
      const own = [...this.#running.keys()].filter((key) => key.startsWith(`${lane} `)).length;
      worker.concurrency = Math.max(own + this.#slots.free, 1);
      if (this.#isLost || !this.#hasRoom) void worker.pause(true).catch(() => undefined);
      else if (worker.isPaused()) void worker.resume();
    }
  }

  /** While other people's jobs fill the server's queue, ours stay in Redis. */
  async #watchDepth(): Promise<void> {
    const { signal } = this.#over;
    for (;;) {
      await pause(depthMs, signal);
      const queue = await this.connection.queue(signal).catch(() => undefined);
      if (queue === undefined) continue;
      const ours = new Set([...this.#running.values()].map(({ record }) => record?.sent?.prompt_id));
      const others = [...queue.running, ...queue.pending].filter(({ id }) => !ours.has(id)).length;
      const room = Math.max(this.#options.ahead + 1 - others, 0);
      this.#hasRoom = room > 0;
      this.#slots.limit = room;
    }
  }

  async #process(job: Job<QueuedJob>, token: string): Promise<JobResult> {
    const key = `${job.queueName} ${job.id ?? ''}`;
    const abort = new AbortController();
    const running: Running = { abort, isStarted: false, record: undefined };
    this.#running.set(key, running);
    let release: () => void = () => undefined;
    try {
      if (this.#over.signal.aborted || this.#isLost) return await this.#back(job, token, 'the server does not answer');
      release = await this.#slots.take(abort.signal);
      const record = (running.record = new JobRecord(job));
      if (job.attemptsStarted > 1 && (await this.#isCancelled(job)))
        abort.abort(new ComfyGenError('cancelled', 'its batch was cancelled'));
      const on = {
        ...this.#options,
        tell: (step: JobStep) => this.#options.tell({ type: 'step', ...nameOf(job), step }),
      };
      const started = (): void => void (running.isStarted = true);
      const outcome = await work(job, on, { signal: abort.signal, record, started });
      return await this.#settle(job, token, { record, outcome, signal: abort.signal });
    } catch (thrown) {
      if (thrown === handBack) return await this.#back(job, token, 'the worker stops');
      throw thrown;
    } finally {
      this.#running.delete(key);
      release();
    }
  }

  async #isCancelled({ data }: Job<QueuedJob>): Promise<boolean> {
    const { redis, names } = this.#options.link;
    return (await redis.hget(names.batch(data.batch), 'cancelled')) !== null;
  }

  /** What BullMQ is told: done, to be tried again, failed for good, or back to the queue. */
  async #settle(
    job: Job<QueuedJob>,
    token: string,
    {
      record,
      outcome,
      signal,
    }: { readonly record: JobRecord; readonly outcome: Outcome; readonly signal: AbortSignal },
  ): Promise<JobResult> {
    const { tell } = this.#options;
    if (outcome.kind === 'done') {
      tell({ type: 'done', ...nameOf(job), result: outcome.result });
      return outcome.result;
    }
    const { failure } = outcome;
    const { code, reason, message } = failure.error;
    if (signal.reason === handBack) return this.#back(job, token, 'the worker stops');
    if (code === 'unreachable' || code === 'auth') {
      this.lose();
      if (record.sent !== undefined) await record.lost();
      if (record.losses < maxLosses) return this.#back(job, token, message);
    }
    if (code === 'validation' && (await this.#hopeless.get(job.queueName)?.()) === false)
      return this.#back(job, token, 'a server that can do it has come');
    const mayPass = code === 'execution' || code === 'save';
    const again = mayPass && job.attemptsMade + 1 < (job.opts.attempts ?? 1);
    const text = `${code}/${reason}: ${message}`;
    if (again) {
      const warning = { type: 'warning', reason: 'resubmitted', message: `${message}: it is tried again` } as const;
      await record.note(stamp(failure.row, failure.prompt_id, warning), failure.server);
    } else await record.failed(failure);
    tell({ type: 'failed', ...nameOf(job), failure, again });
    throw again ? new Error(text) : new this.#options.link.packages.bullmq.UnrecoverableError(text);
  }

  async #back(job: Job<QueuedJob>, token: string, why: string): Promise<never> {
    this.#options.tell({ type: 'handed_back', ...nameOf(job), why });
    await job.moveToWait(token);
    throw new this.#options.link.packages.bullmq.WaitingError();
  }
}

const nameOf = ({ id, data }: Job<QueuedJob>): { readonly job: string; readonly batch: string } => ({
  job: id ?? '',
  batch: data.batch,
});
