// Works off jobs on a pool of servers: each where it starts first, never more than fits, none lost when a server dies.
import { setMaxListeners } from 'node:events';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError, Leave, toComfyGenError } from '../errors.ts';
import { cancelQuietly } from '../jobs/cancel.ts';
import type { JobFailure } from '../jobs/job.ts';
import { run } from '../jobs/run.ts';
import { stamp } from '../jobs/ticket.ts';
import { outputKey, type OutputName } from './archive.ts';
import { answers, isThere, mayHaveDone, untilAnswers } from './look.ts';
import { firstToStart, measure, newMember, placeOf, worthTakingBack, type InHand, type Member } from './pool.ts';
import { endOf, forget, type Watch, type Watchers, type Work } from './pool-job.ts';

export type PoolOptions = {
  readonly servers: readonly Connection[];
  /** Those of them that do not answer yet. */
  readonly lost?: ReadonlySet<Connection> | undefined;
  /** Jobs that wait on each server, besides the one that runs. */
  readonly ahead: number;
  readonly signal: AbortSignal;
  readonly watchers: Watchers;
  /** Asked before each new job. */
  readonly mayGoOn: () => boolean;
};

/** How long a lost server may take to come back before its jobs go to others. */
const graceMs = 5000;
/** Jobs held back for a server that is full, at most. */
const maxParked = 64;

/** Jobs are taken from `works` as room appears. Resolves true when every one of them came to its end. */
export async function runPool(works: AsyncIterable<Work> | Iterable<Work>, options: PoolOptions): Promise<boolean> {
  return new PoolRun(options).work(works);
}

class PoolRun {
  readonly #options: PoolOptions;
  readonly #members: readonly Member[];
  readonly #parked: Work[] = [];
  readonly #begun = new Set<Work>();
  readonly #running = new Set<Promise<void>>();
  readonly #over = new AbortController();
  #wake: () => void = () => undefined;
  #failure: unknown;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#members = options.servers.map(newMember);
    setMaxListeners(0, options.signal); // every job in hand listens
  }

  async work(works: AsyncIterable<Work> | Iterable<Work>): Promise<boolean> {
    const { signal } = this.#options;
    const source = Symbol.asyncIterator in works ? works[Symbol.asyncIterator]() : works[Symbol.iterator]();
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    for (const member of this.#members) if (this.#options.lost?.has(member.server) === true) this.#lose(member);
    let exhausted = false;
    try {
      for (;;) {
        if (this.#failure !== undefined) throw toComfyGenError(this.#failure);
        const woken = new Promise<void>((resolve) => (this.#wake = resolve));
        const stops = signal.aborted || !this.#options.mayGoOn() || this.#allLost();
        if (!stops && this.#startParked()) continue;
        if (!stops && !exhausted && this.#hasRoom()) {
          const next = await source.next();
          if (next.done === true) exhausted = true;
          else this.#parked.push(next.value);
          continue;
        }
        if (this.#running.size === 0 && !stops && (await this.#giveUp())) continue;
        if (this.#running.size === 0 && (stops || (exhausted && this.#parked.length === 0))) break;
        if (!stops && exhausted && this.#parked.length === 0) worthTakingBack(this.#members)?.takeBack();
        await woken;
      }
      await this.#endBegun();
      return exhausted && this.#parked.length === 0;
    } finally {
      signal.removeEventListener('abort', wake);
      this.#over.abort();
      await source.return?.();
      await Promise.allSettled(this.#running);
    }
  }

  #hasRoom(): boolean {
    const { ahead } = this.#options;
    return this.#parked.length < maxParked && this.#members.some((m) => m.isUp && m.inHand.size <= ahead);
  }

  #allLost(): boolean {
    return this.#members.every((m) => !m.isUp);
  }

  /** Starts the first parked job that a server has room for. */
  #startParked(): boolean {
    for (const [i, work] of this.#parked.entries()) {
      const member = this.#placeFor(work);
      if (member === undefined) continue;
      this.#parked.splice(i, 1);
      this.#start(member, work);
      return true;
    }
    return false;
  }

  #placeFor(work: Work): Member | undefined {
    const seats = this.#options.ahead + 1;
    const before = this.#members.find((m) => m.server.server === work.sent?.server);
    // it is there already, or is looked for there
    if (before?.isUp === true) return before.inHand.size < seats ? before : undefined;
    if (before !== undefined && performance.now() - before.downSince < graceMs) return undefined;
    const member = firstToStart(this.#members, work, seats);
    if (member !== undefined && work.sent !== undefined) {
      before?.orphans.add(work.sent.promptId);
      forget(work);
    }
    return member;
  }

  #start(member: Member, work: Work): void {
    const abort = new AbortController();
    const job: InHand = {
      work,
      member,
      started: false,
      promptId: null,
      isSent: () => undefined,
      takeBack: () => abort.abort(new ComfyGenError('cancelled', 'taken back for another server')),
    };
    member.inHand.add(job);
    if (work.model !== undefined) member.model = work.model;
    const { signal } = this.#options;
    const stop = (): void => abort.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const ended = this.#attempt(job, abort.signal)
      .catch((error: unknown) => void (this.#failure ??= error))
      .finally(() => {
        job.isSent();
        signal.removeEventListener('abort', stop);
        member.inHand.delete(job);
        this.#running.delete(ended);
        this.#wake();
      });
    this.#running.add(ended);
  }

  /** Plans it for the server, looks whether it is there already, and sees it through to its end. */
  async #attempt(job: InHand, signal: AbortSignal): Promise<void> {
    const { work, member } = job;
    let watch: Watch;
    const before = member.turn;
    member.turn = new Promise((resolve) => (job.isSent = resolve));
    try {
      await before;
      signal.throwIfAborted();
      if (work.sent !== undefined && !(await isThere(member.server, work.sent.promptId, signal))) forget(work);
      const planned = await work.plan(member.server);
      const { sent, saved } = work;
      const skip = (output: OutputName): boolean => saved.has(outputKey(output));
      const request = sent === undefined ? planned : { ...planned, attach: sent.promptId, skip };
      watch = this.#options.watchers.begin(member.server, work, request);
    } catch (thrown) {
      await this.#refused(job, signal.aborted ? signal.reason : thrown);
      return;
    }
    await this.#follow(job, watch, signal);
  }

  async #follow(job: InHand, watch: Watch, signal: AbortSignal): Promise<void> {
    const { work, member } = job;
    for await (const event of run(member.server, watch.request, signal)) {
      watch.note(event);
      if (event.type === 'submitted') {
        job.promptId = event.prompt_id;
        job.isSent();
      }
      if (event.type === 'queued') member.othersAhead = Math.max(event.ahead - placeOf(job), 0);
      if (event.type === 'started') {
        job.started = true;
        member.othersAhead = 0;
      }
      if (event.type === 'saved') work.saved.add(outputKey(event.file));
      if (event.type === 'done' && !event.result.cached && watch.request.attach === undefined)
        measure(member, event.result.timings_ms.running);
      if (event.type === 'failed' && (await this.#goesOn(job, watch, event.result, signal))) return;
      await this.#options.watchers.show(event, member.server, work);
    }
  }

  /** Is this failure only the end of an attempt? Then the job waits for its next one. */
  async #goesOn(job: InHand, watch: Watch, failure: JobFailure, signal: AbortSignal): Promise<boolean> {
    const { work, member } = job;
    const outside = this.#options.signal;
    const { code, reason } = failure.error;
    const id = failure.prompt_id ?? watch.request.attach ?? job.promptId;
    const wasSent = work.sent !== undefined;
    if (outside.aborted) {
      if (wasSent && id !== null && !(outside.reason instanceof Leave)) await cancelQuietly(member.server, id);
      return false;
    }
    if (id !== null) work.sent = { server: member.server.server, promptId: id };
    if (signal.aborted) {
      if (id === null || !(await mayHaveDone(member.server, id))) forget(work);
      return this.#again(job, 'taken back from a server that has much to do');
    }
    if (wasSent && reason === 'job_lost') {
      forget(work);
      return this.#again(job, `job ${id ?? ''} was lost in a restart of the server: it is sent once more`);
    }
    if (code === 'unreachable' || (reason === 'download_failed' && !(await answers(member.server, outside)))) {
      this.#lose(member);
      if (this.#allLost()) return false;
      return this.#again(job, `${member.server.server} does not answer: job ${id ?? ''} may go to another server`);
    }
    if (code === 'validation' && this.#members.length > 1 && failure.prompt_id === null) {
      work.refusedBy.set(member.server, new ComfyGenError(reason, failure.error.message));
      if (this.#members.some((m) => m.isUp && !work.refusedBy.has(m.server))) {
        this.#parked.push(work);
        return true;
      }
    }
    return false;
  }

  async #again({ work, member, promptId }: InHand, message: string): Promise<boolean> {
    const event = stamp(work.row, promptId, { type: 'warning', reason: 'resubmitted', message });
    await this.#options.watchers.show(event, member.server, work);
    this.#begun.add(work);
    this.#parked.push(work);
    return true;
  }

  /** Jobs whose first attempts were told and that get no other: each job has an end. */
  async #endBegun(): Promise<void> {
    const { signal, watchers } = this.#options;
    for (const work of this.#parked.filter((one) => this.#begun.has(one))) {
      const error = signal.aborted ? endOf(signal) : new ComfyGenError('server_gone', 'no server answers any more');
      const result = watchers.failure(work, work.sent?.server ?? '', error);
      await watchers.show(stamp(work.row, work.sent?.promptId ?? null, { type: 'failed', result }), undefined, work);
    }
  }

  /** It could not even be sent: elsewhere it may, else this is its end. */
  async #refused({ work, member }: InHand, thrown: unknown): Promise<void> {
    const { signal } = this.#options;
    const error = signal.aborted ? endOf(signal) : toComfyGenError(thrown);
    if (error.code === 'internal') throw error;
    if (signal.aborted && work.sent !== undefined && !(signal.reason instanceof Leave))
      await cancelQuietly(member.server, work.sent.promptId);
    const isDown = error.code === 'unreachable' && !signal.aborted;
    if (isDown) this.#lose(member);
    if (error.code === 'validation') work.refusedBy.set(member.server, error);
    const elsewhere = this.#members.some((m) => m.isUp && !work.refusedBy.has(m.server));
    if ((isDown || error.code === 'validation') && elsewhere && !signal.aborted) {
      this.#parked.push(work);
      return;
    }
    const [first] = work.refusedBy.values();
    const result = this.#options.watchers.failure(work, member.server.server, first ?? error);
    await this.#options.watchers.show(stamp(work.row, null, { type: 'failed', result }), member.server, work);
  }

  /** Ends a parked job that only lost servers could do, once their time of grace is over. */
  async #giveUp(): Promise<boolean> {
    const at = this.#parked.findIndex((work) =>
      this.#members.every(
        (m) => work.refusedBy.has(m.server) || (!m.isUp && performance.now() - m.downSince > graceMs),
      ),
    );
    const [work] = at === -1 ? [] : this.#parked.splice(at, 1);
    if (work === undefined) return false;
    const [first = new ComfyGenError('server_gone', 'no server that could do it answers')] = work.refusedBy.values();
    const result = this.#options.watchers.failure(work, '', first);
    await this.#options.watchers.show(stamp(work.row, null, { type: 'failed', result }), undefined, work);
    return true;
  }

  #lose(member: Member): void {
    if (!member.isUp) return;
    member.isUp = false;
    member.downSince = performance.now();
    member.othersAhead = 0;
    this.#options.watchers.serverIs(member.server, 'lost');
    void this.#probe(member).catch(() => undefined);
  }

  /** Asks a lost server until it answers or the run is over; wakes the others when its time of grace is up. */
  async #probe(member: Member): Promise<void> {
    await untilAnswers(member.server, this.#over.signal, () => this.#wake());
    for (const id of member.orphans) await cancelQuietly(member.server, id);
    member.orphans.clear();
    member.isUp = true;
    this.#options.watchers.serverIs(member.server, 'back');
    this.#wake();
  }
}
