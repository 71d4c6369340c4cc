// An embedded server that speaks ComfyUI's protocol and has no model: a demo for people, a bench of failures for tests.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ComfyGenError } from '../errors.ts';
import { encodePng } from '../media/png.ts';
import { paint } from './nodes/paint.ts';
import { Engine, type HistoryEntry } from './engine/engine.ts';
import { Faults, type Fault } from './faults/faults.ts';
import { assetRoutes, bareRoutes, features, infoRoutes } from './server/info.ts';
import {
  dispatch,
  isForeign,
  readBody,
  sendAnswer,
  text,
  type Answer,
  type Request,
  type Routes,
} from './server/http.ts';
import { answerFaulty, enter, routeName } from './faults/http-faults.ts';
import { jobsRoutes } from './server/jobs-api.ts';
import { createCatalog, defaultModels, type Models } from './server/object-info.ts';
import { jobRoutes, type Server } from './server/routes.ts';
import type { Job } from './engine/run.ts';
import { Hub } from './server/socket.ts';
import { Store } from './server/store.ts';
import { strangersJobs } from './server/strangers.ts';
import { uploadRoutes } from './server/upload.ts';
import { viewRoute } from './server/view.ts';

export { faultHelp, parseFault, type Fault } from './faults/faults.ts';
export type { Models } from './server/object-info.ts';

export type DemoOptions = {
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** Address to listen on; loopback by default. */
  readonly listen?: string | undefined;
  /** Time of a sampler step, in ms (0). */
  readonly stepMs?: number | undefined;
  /** Time of a loader node, in ms (0). */
  readonly loadMs?: number | undefined;
  readonly faults?: readonly Fault[] | undefined;
  /** Exactly these model files, by folder (`checkpoints`, `loras`, …). */
  readonly models?: Models | undefined;
  /** The ComfyUI version that it says it is ("0.33.0"). */
  readonly version?: string | undefined;
  /** Send previews for jobs that do not say whether they want any (false), as `--preview-method` does. */
  readonly previews?: boolean | undefined;
  /** Also know `TestSleep` and `TestSyncError`. */
  readonly testNodes?: boolean | undefined;
};

/** One request that the server saw. */
export type Logged = {
  readonly method: string;
  /** As it came, with its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** ms since 1970. */
  readonly at: number;
};

export type Demo = {
  readonly url: string;
  readonly port: number;
  /** What the server was asked, oldest first; the last 2000. */
  readonly log: readonly Logged[];
  readonly history: ReadonlyMap<string, HistoryEntry>;
  /** How many jobs were ever queued, restarts included. */
  readonly queued: () => number;
  readonly stop: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const logLimit = 2000;

const tooLarge: Answer = {
  ...text('Maximum request body size 104857600 exceeded.', 413),
  headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
};

/**
 * Starts a demo server. `await using demo = await startDemo()` stops it at the end of the scope.
 * Throws `port_taken` when somebody else listens there.
 */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const life = new Life(options);
  await life.open();
  const late = life.faults.take('late')?.value;
  if (late !== undefined) await life.refuseFor(late);
  const stop = (): Promise<void> => life.stop();
  const { port, log, engine } = life;
  const host = (options.listen ?? '127.0.0.1').includes(':')
    ? `[${options.listen ?? ''}]`
    : (options.listen ?? '127.0.0.1');
  const name = host === '0.0.0.0' || host === '[::]' ? '127.0.0.1' : host;
  const { history } = engine;
  const queued = (): number => engine.queued;
  return { url: `http://${name}:${port}`, port, log, history, queued, stop, [Symbol.asyncDispose]: stop };
}

/** A server from its first listen to its stop: a restart in between keeps the port and forgets the rest. */
class Life {
  readonly faults: Faults;
  readonly engine: Engine;
  readonly log: Logged[] = [];
  port: number;
  readonly #listen: string;
  readonly #hub: Hub;
  readonly #routes: Routes;
  readonly #bareRoutes: Routes;
  readonly #apiRoutes: Routes;
  readonly #server = createServer(
    { keepAliveTimeout: 75_000 },
    (request, response) => void this.#answer(request, response),
  );
  readonly #sockets = new Set<Socket>();
  readonly #state: Server;
  #isStopped = false;

  constructor(options: DemoOptions) {
    this.port = options.port ?? 0;
    this.#listen = options.listen ?? '127.0.0.1';
    this.faults = new Faults(options.faults ?? []);
    const store = new Store();
    store.put('input', '', 'example.png', () => encodePng(paint({ width: 512, height: 512, prompt: 'an example' })));
    const catalog = createCatalog(options.models ?? defaultModels, () => store.inputs(), options.testNodes === true);
    this.#hub = new Hub({ faults: this.faults, flags: features, remaining: () => this.engine.remaining });
    const onStep = (job: Job, step: number): void => this.#strike(job, step);
    const { stepMs = 0, loadMs = 0 } = options;
    this.engine = new Engine({ catalog, store, hub: this.#hub, faults: this.faults, stepMs, loadMs, onStep });
    for (const [id, entry] of strangersJobs(this.faults.peek('history-size')?.value ?? 0))
      this.engine.history.set(id, entry);
    const version =
      this.faults.peek('version')?.text ??
      options.version ??
      (this.faults.peek('old') === undefined ? '0.33.0' : '0.3.64');
    this.#state = {
      engine: this.engine,
      catalog,
      store,
      faults: this.faults,
      version,
      previews: options.previews === true,
    };
    this.#routes = {
      ...jobRoutes(this.#state),
      ...infoRoutes(this.#state),
      ...uploadRoutes(this.#state),
      '/view': { GET: viewRoute(this.#state) },
    };
    this.#bareRoutes = { ...this.#routes, ...bareRoutes(this.#state) };
    const isOld = this.faults.peek('old') !== undefined;
    this.#apiRoutes = isOld ? this.#routes : { ...this.#routes, ...jobsRoutes(this.#state), ...assetRoutes };
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.setNoDelay(true);
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
        reject(taken ? new ComfyGenError('port_taken', `port ${this.port} is taken`, { cause: error }) : error);
      });
      this.#server.listen(this.port, this.#listen, resolve);
    });
    this.#server.removeAllListeners('error');
    this.port = (this.#server.address() as AddressInfo).port; // a TCP server that listens has one
  }

  async #close(): Promise<void> {
    this.#hub.dropAll();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Nobody gets in for a while; then the port is open again. */
  async refuseFor(ms: number): Promise<void> {
    await this.#close();
    void setTimeout(ms, undefined, { ref: false }).then(() => (this.#isStopped ? undefined : this.open()));
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.engine.stop();
    if (this.#server.listening) await this.#close();
  }

  #restart(ms: number): void {
    this.engine.forget();
    void this.refuseFor(ms);
  }

  /** Faults that wait for a step of a job. */
  #strike(job: Job, step: number): void {
    if (this.faults.isEmpty) return;
    const hit = (name: 'ws-drop' | 'ws-silent' | 'interrupted' | 'restart' | 'gone') => this.faults.takeAt(name, step);
    if (hit('ws-drop') !== undefined) this.#hub.dropAll();
    if (hit('ws-silent') !== undefined) this.#hub.silenceAll();
    if (hit('interrupted') !== undefined) this.engine.interrupt(job.id);
    const restart = hit('restart');
    if (restart !== undefined) setImmediate(() => this.#restart(restart.value ?? 300));
    if (hit('gone') !== undefined) setImmediate(() => void this.stop());
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(message).catch(() => 'broken off' as const);
    if (body === 'broken off') return;
    this.#record(message, body);
    const elsewhere = enter(message, this.faults);
    if (elsewhere !== undefined) return sendAnswer(response, elsewhere);
    if (isForeign(message.headers)) return sendAnswer(response, { status: 403 });
    if (body === undefined) return sendAnswer(response, tooLarge);
    const request = this.#request(message, body);
    const plain = (): Promise<Answer> => dispatch(this.#routesFor(request), request);
    try {
      if (this.faults.isEmpty) sendAnswer(response, await plain(), message.method === 'HEAD');
      else
        await answerFaulty({ request, message, response, plain, server: this.#state, name: routeName(request.path) });
    } catch (thrown) {
      const why = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown); // a bug of the demo: say so
      if (!response.headersSent) sendAnswer(response, { ...text(why, 500), headers: { 'x-comfy-gen-demo': 'bug' } });
      else response.destroy();
    }
    const isSubmission = request.path === '/prompt' && request.method === 'POST';
    const restart = isSubmission ? this.faults.take('restart-pending') : undefined;
    if (restart !== undefined) setImmediate(() => this.#restart(restart.value ?? 300));
  }

  #request(message: IncomingMessage, body: Buffer): Request {
    const [raw = '/', query = ''] = (message.url ?? '/').split(/\?(.*)/s);
    const isApi = raw.startsWith('/api/');
    const path = isApi ? raw.slice(4) : raw;
    return {
      method: message.method ?? 'GET',
      path,
      isApi,
      query: new URLSearchParams(query),
      headers: message.headers,
      body,
      params: [],
    };
  }

  #routesFor({ isApi, path }: Request): Routes {
    if (this.faults.peek(isApi ? 'no-api' : 'only-api') !== undefined) return {};
    if (isApi && path.startsWith('/api/jobs'))
      return Object.fromEntries(Object.entries(this.#apiRoutes).map(([p, m]) => [`/api${p}`, m])); // oddly true
    return isApi ? this.#apiRoutes : this.#bareRoutes;
  }

  #record(message: IncomingMessage, body: Buffer | undefined): void {
    const { method = 'GET', url = '/', headers } = message;
    const text = body === undefined || body.length > 1_000_000 ? '' : body.toString('utf8');
    this.log.push({ method, path: url, headers, body: text, at: Date.now() });
    if (this.log.length > logLimit) this.log.shift();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#record(request, undefined);
    const status = this.faults.take('ws-status')?.value ?? enter(request, this.faults)?.status;
    const url = new URL(request.url ?? '/', 'http://localhost');
    const isSocketPath =
      url.pathname === '/ws' || (url.pathname === '/api/ws' && this.faults.peek('no-api') === undefined);
    const refused = status ?? (isForeign(request.headers) ? 403 : isSocketPath ? undefined : 404);
    if (refused !== undefined) {
      socket.end(`HTTP/1.1 ${refused} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#hub.accept(request, socket, head, url.searchParams.get('clientId') ?? '');
  }
}
