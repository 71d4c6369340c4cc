// Who gets which job: the servers of a run, the jobs that wait for one, and what happens when a server is lost.
import { setMaxListeners } from 'node:events';
import type { Connection } from '../connection/connection.ts';
import type { ComfyGenError } from '../errors.ts';
import { cancelQuietly } from '../jobs/cancel.ts';
import { forget, modelOf, type PoolJob } from './pool-job.ts';
import { firstToStart, newPoolServer, type PoolServer } from './pool.ts';
import { untilAnswers } from './probe.ts';

/** How long a lost server may take to come back before its jobs go to others. */
const graceMs = 5000;
/** Jobs held back for a server that is full, at most. */
const maxParked = 64;

type RosterOptions = {
  readonly servers: readonly Connection[];
  /** Jobs that wait on each server, besides the one that runs. */
  readonly ahead: number;
  /** Something changed: there may be work to give out. */
  readonly changed: () => void;
  readonly tell: (server: Connection, state: 'lost' | 'back') => Promise<void>;
};

export class Roster {
  readonly servers: readonly PoolServer[];
  /** Jobs that were taken from the source and have no server yet. */
  readonly parked: PoolJob[] = [];
  readonly #options: RosterOptions;
  readonly #over = new AbortController();

  constructor(options: RosterOptions) {
    this.#options = options;
    this.servers = options.servers.map(newPoolServer);
    setMaxListeners(0, this.#over.signal); // each lost server is asked under it
  }

  hasRoom(): boolean {
    return this.parked.length < maxParked && this.#hasSeat();
  }

  #hasSeat(): boolean {
    return this.servers.some((s) => s.isUp && s.jobs.size <= this.#options.ahead);
  }

  allLost(): boolean {
    return this.servers.every((s) => !s.isUp);
  }

  /** Is a server up that has not refused the job? */
  hasOther({ refusedBy }: PoolJob): boolean {
    return this.servers.some((s) => s.isUp && !refusedBy.has(s.connection));
  }

  /** Takes out the first parked job that a server has room for. */
  next(): { readonly server: PoolServer; readonly job: PoolJob } | undefined {
    const tried = new Set<string | undefined>(); // models: what one new job of a model does not get, none does
    for (const [i, job] of this.#hasSeat() ? this.parked.entries() : []) {
      const isNew = job.sent === undefined && job.refusedBy.size === 0;
      if (isNew && tried.has(modelOf(job))) continue;
      const server = this.#placeFor(job);
      if (server !== undefined) {
        this.parked.splice(i, 1);
        return { server, job };
      }
      if (isNew) tried.add(modelOf(job));
    }
    return undefined;
  }

  #placeFor(job: PoolJob): PoolServer | undefined {
    const seats = this.#options.ahead + 1;
    const before = this.servers.find((s) => s.connection.server === job.sent?.server);
    // it is there already, or is looked for there
    if (before?.isUp === true) return before.jobs.size < seats ? before : undefined;
    if (before !== undefined && performance.now() - before.downSince < graceMs) return undefined;
    const server = firstToStart(this.servers, job, modelOf(job), seats);
    if (server !== undefined && job.sent !== undefined) {
      before?.orphans.add(job.sent.promptId);
      forget(job);
    }
    return server;
  }

  /** Takes out a parked job that only lost servers could do, once their time of grace is over. */
  takeHopeless(): { readonly job: PoolJob; readonly refusal: ComfyGenError | undefined } | undefined {
    const at = this.parked.findIndex(({ refusedBy }) =>
      this.servers.every((s) => refusedBy.has(s.connection) || (!s.isUp && performance.now() - s.downSince > graceMs)),
    );
    const [job] = at === -1 ? [] : this.parked.splice(at, 1);
    if (job === undefined) return undefined;
    const [refusal] = job.refusedBy.values();
    return { job, refusal };
  }

  /** From now on it is asked until it answers or the run is over. */
  async lose(server: PoolServer): Promise<void> {
    if (!server.isUp) return;
    server.isUp = false;
    server.downSince = performance.now();
    server.othersAhead = 0;
    void this.#probe(server).catch(() => undefined);
    await this.#options.tell(server.connection, 'lost');
  }

  /** Wakes the run when the server's time of grace is up, too. */
  async #probe(server: PoolServer): Promise<void> {
    await untilAnswers(server.connection, this.#over.signal, this.#options.changed);
    for (const id of server.orphans) await cancelQuietly(server.connection, id);
    server.orphans.clear();
    server.isUp = true;
    this.#options.changed();
    await this.#options.tell(server.connection, 'back');
  }

  close(): void {
    this.#over.abort();
  }
}
