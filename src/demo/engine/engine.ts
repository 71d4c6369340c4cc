// The queue and its one worker: jobs in order of their numbers, history of what is over, interruption, a restart.
import type { Workplace } from '../nodes/shift.ts';
import type { Profile } from '../profile.ts';
import { JobHeap } from './heap.ts';
import type { Cache, Job, Messages, Outcome } from './job.ts';
import { runJob, type Bench } from './run.ts';

export type HistoryEntry = {
  readonly prompt: readonly unknown[];
  readonly outputs: Outcome['outputs'];
  readonly status: { readonly status_str: string; readonly completed: boolean; readonly messages: Outcome['messages'] };
  readonly meta: Outcome['meta'];
};

export type EngineOptions = Omit<Workplace, 'signal'> & {
  readonly profile: Profile;
  readonly messages: Messages;
  readonly onStep: (job: Job, step: number) => void;
};

const historyLimit = 10_000;

export class Engine {
  readonly history = new Map<string, HistoryEntry>();
  readonly #options: EngineOptions;
  readonly #pending = new JobHeap();
  readonly #cache: Cache = new Map();
  /** Jobs whose answer has not gone out yet: they do not begin. */
  readonly #held = new Set<Job>();
  #running: Job | undefined;
  #interrupted = false;
  #isDead = false;
  #mustForget = false;
  #life = new AbortController();
  #counter = 0;
  /** Jobs that were ever queued. */
  queued = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Numbers count up with every POST, refused ones too. */
  takeNumber(): number {
    return this.#counter++;
  }

  get running(): Job | undefined {
    return this.#running;
  }

  /** In the order of the heap, not of running. */
  get pending(): readonly Job[] {
    return this.#pending.items;
  }

  get remaining(): number {
    return this.#pending.items.length + (this.#running === undefined ? 0 : 1);
  }

  /** Queues a job, which does not begin before `release`. */
  submit(job: Job): void {
    this.queued++;
    this.#held.add(job);
    this.#pending.push(job);
  }

  /**
   * The answer to the submission of this job is out. Clients begin to listen for its messages only when they have
   * read that answer; on a server with a model there is time enough, here it has to be waited for.
   */
  async release(job: Job): Promise<void> {
    await this.#options.messages.settled(job.clientId);
    if (!this.#held.delete(job) || !this.#pending.items.includes(job)) return;
    this.#tellQueue();
    this.#next();
  }

  /** The running job, if it is this one, or whichever runs. */
  interrupt(id?: string): boolean {
    if (this.#running === undefined || (id !== undefined && this.#running.id !== id)) return false;
    this.#interrupted = true;
    return true;
  }

  /** Takes pending jobs out of the queue; true when there was one. */
  remove(matches: (job: Job) => boolean): boolean {
    const removed = this.#pending.remove(matches);
    if (!removed) return false;
    this.#tellQueue();
    this.#next(); // it may have held back those behind it
    return true;
  }

  /** Forgets cached results, between two jobs. */
  free(): void {
    if (this.#running === undefined) this.#cache.clear();
    else this.#mustForget = true;
  }

  /** As after a crash: nothing is known any more, numbers begin again. */
  forget(): void {
    this.stop();
    this.#life = new AbortController();
    this.history.clear();
    this.#pending.remove(() => true);
    this.#held.clear();
    this.#cache.clear();
    this.#running = undefined;
    this.#isDead = false;
    this.#counter = 0;
  }

  stop(): void {
    this.#life.abort();
  }

  #tellQueue(): void {
    const status = { exec_info: { queue_remaining: this.remaining } };
    this.#options.messages.send('status', { status }, undefined);
  }

  #next(): void {
    const isStuck = this.#isDead || this.#options.faults.peek('stuck') !== undefined;
    if (this.#running !== undefined || isStuck || this.#life.signal.aborted) return;
    const first = this.#pending.items[0];
    if (first === undefined || this.#held.has(first)) return;
    const job = this.#pending.pop() ?? first;
    this.#running = job;
    this.#interrupted = false;
    this.#options.messages.setRunning(job.clientId);
    this.#tellQueue();
    void this.#work(job, this.#life.signal);
  }

  async #work(job: Job, signal: AbortSignal): Promise<void> {
    const bench: Bench = { ...this.#options, cache: this.#cache, signal, isInterrupted: () => this.#interrupted };
    try {
      const outcome = await runJob(job, bench);
      if (outcome !== undefined) this.#finish(job, outcome);
      else this.#isDead = true; // the worker never comes back; everything else goes on answering
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  #finish(job: Job, { status, messages, outputs, meta }: Outcome): void {
    const { messages: sockets, profile } = this.#options;
    this.history.delete(job.id); // a reused id moves to the end
    this.history.set(job.id, {
      prompt: queueItem(job),
      outputs,
      status: { status_str: status, completed: status === 'success', messages },
      meta,
    });
    const oldest = this.history.size > historyLimit ? this.history.keys().next().value : undefined;
    if (oldest !== undefined) this.history.delete(oldest);
    this.#running = undefined;
    this.#tellQueue();
    if (job.clientId !== undefined) sockets.send('executing', { node: null, prompt_id: job.id }, job.clientId);
    sockets.setRunning(undefined);
    if (profile.hasAssets) sockets.send('assets.seed.resumed', {}, undefined);
    if (this.#mustForget) this.#cache.clear();
    this.#mustForget = false;
    this.#next();
  }
}

/** A job as `/queue` and history show it. */
export function queueItem(job: Job): readonly unknown[] {
  return [job.number, job.id, job.graph, job.extra, job.outputs];
}
