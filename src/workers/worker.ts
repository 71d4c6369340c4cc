// A worker process: one or several servers, the lanes they can do, news of others, until it is told to stop or has nothing to do.
import { hostname } from 'node:os';
import type { Connection } from '../connection/connection.ts';
import { pause } from '../connection/patience.ts';
import type { NameTemplate } from '../files/name.ts';
import { Planner } from '../plan/planner.ts';
import type { Servers } from '../plan/servers.ts';
import type { Note } from '../plan/spec.ts';
import { isRecord, tryParseJson } from '../protocol/json.ts';
import { Blobs } from './blobs.ts';
import { second } from './names.ts';
import type { Link } from './queues.ts';
import { announce, isHopeless, openLanes, standings } from './registry.ts';
import { ServerWorker, type ServerNews } from './server-worker.ts';
import { noPath, Unpacker } from './unpack.ts';

export type WorkerOptions = {
  readonly link: Link;
  readonly servers: Servers;
  /** A bare connection, without credentials, to a server of another worker. */
  readonly connectTo: (server: string) => Connection;
  readonly folder: { readonly folder: string; readonly cwd: string; readonly template: NameTemplate };
  readonly ahead: number;
  /** Ends by itself after so long without a job; never by default. */
  readonly maxIdleMs: number | undefined;
  readonly note: Note;
  readonly tell: (news: ServerNews, server: string) => void;
  readonly signal: AbortSignal;
};

const tickMs = 5 * second;
const idleCheckMs = 250;

export class WorkerProcess {
  readonly servers: readonly ServerWorker[];
  readonly #options: WorkerOptions;
  readonly #unpacker: Unpacker;
  readonly #name = `${hostname()}-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
  /** Server -> lanes that it cannot do. */
  readonly #refused = new Map<ServerWorker, Set<string>>();
  readonly #others = new Map<string, Connection>();
  #looking = Promise.resolve();
  #lastBusy = performance.now();

  constructor(options: WorkerOptions) {
    this.#options = options;
    const { link, servers, note } = options;
    this.#unpacker = new Unpacker(new Blobs(link.redis, link.names));
    const planners = [false, true].map((force) => new Planner({ pathOf: noPath, note, force }));
    const planner = (force: boolean): Planner => planners[Number(force)] as Planner; // one of the two
    this.servers = servers.all.map((connection) => {
      const tell = (news: ServerNews): void => this.#tell(news, connection);
      const { folder, ahead } = options;
      const known = (server: string): Connection => this.#known(server);
      return new ServerWorker({
        link,
        servers,
        unpacker: this.#unpacker,
        planner,
        known,
        folder,
        ahead,
        connection,
        tell,
      });
    });
    for (const server of this.servers) if (servers.lost.has(server.connection)) server.lose();
  }

  /** Works until the signal is aborted, or nothing came for the time that was set; then finishes what runs. */
  async run(): Promise<void> {
    const { link, signal, maxIdleMs } = this.#options;
    const listener = link.redis.duplicate();
    listener.on('error', () => undefined); // the connection proper tells of it
    listener.on('message', (_channel, text) => this.#hear(text));
    try {
      await listener.subscribe(link.names.news);
      await this.#look();
      for (let lookedAt = performance.now(); !signal.aborted; ) {
        await pause(idleCheckMs, signal).catch(() => undefined);
        if (this.servers.some(({ jobs }) => jobs > 0)) this.#lastBusy = performance.now();
        if (performance.now() - this.#lastBusy > (maxIdleMs ?? Infinity)) break;
        if (performance.now() - lookedAt < tickMs) continue;
        lookedAt = performance.now();
        void this.#look();
      }
    } finally {
      await Promise.all(this.servers.map((server) => server.stop()));
      listener.disconnect();
      await Promise.allSettled([...this.#others.values()].map((one) => one[Symbol.asyncDispose]()));
      await this.#unpacker[Symbol.asyncDispose]();
    }
  }

  #tell(news: ServerNews, { server }: Connection): void {
    if (news.type === 'server' && news.state === 'back')
      for (const one of this.servers) if (one.connection.server === server) this.#refused.get(one)?.clear();
    if (news.type === 'done' || news.type === 'failed') this.#lastBusy = performance.now();
    this.#options.tell(news, server);
  }

  /** A server that a job was sent to: one of ours, or another worker's. */
  #known(server: string): Connection {
    const own = this.servers.find(({ connection }) => connection.server === server)?.connection;
    const found = own ?? this.#others.get(server) ?? this.#options.connectTo(server);
    if (own === undefined) this.#others.set(server, found);
    return found;
  }

  #hear(text: string): void {
    const news = tryParseJson(text);
    if (!isRecord(news)) return;
    const { cancel } = news;
    if (isRecord(cancel))
      for (const server of this.servers) server.cancel(String(cancel['lane']), String(cancel['id']));
    else void this.#look();
  }

  /** Looks which lanes there are, one look after the other, and takes those that our servers can do. */
  #look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#lookOnce()).catch(() => undefined); // Redis is away: the next look finds it
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { link } = this.#options;
    const lanes = await openLanes(link);
    for (const server of this.servers) {
      const refused = this.#refused.get(server) ?? new Set();
      this.#refused.set(server, refused);
      const before = refused.size;
      for (const [lane, sample] of lanes)
        if (!server.lanes.has(lane) && !refused.has(lane)) await this.#judge(server, lane, sample, refused);
      await announce(link, { worker: this.#name, server: server.connection.server, refused: [...refused] });
      if (refused.size > before) await link.redis.publish(link.names.news, JSON.stringify({ refused: true }));
      const all = refused.size === 0 ? [] : await standings(link);
      for (const lane of refused) {
        if (isHopeless(all, lane)) server.open(lane, async () => isHopeless(await standings(link), lane));
        else await server.leave(lane);
      }
    }
  }

  async #judge(server: ServerWorker, lane: string, sample: string, refused: Set<string>): Promise<void> {
    try {
      const refusal = await server.refusal(tryParseJson(sample));
      if (refusal === undefined) return server.open(lane);
      refused.add(lane);
      this.#options.tell({ type: 'lane', lane, state: 'refused', why: refusal.message }, server.connection.server);
    } catch {
      server.lose(); // it is asked again when it is back
    }
  }
}
