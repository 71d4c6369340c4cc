// A demo server from its first listen to its stop: a restart in between keeps the port and forgets the rest.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { Engine } from '../engine/engine.ts';
import type { Job } from '../engine/job.ts';
import { ComfyGenError } from '../../errors.ts';
import { Faults, type Fault } from '../faults/faults.ts';
import { createCatalog, type ModelMetadata, type Models } from '../nodes/object-info.ts';
import { paint } from '../nodes/paint.ts';
import { Store } from '../nodes/store.ts';
import { encodePng } from '../../media/png.ts';
import type { Profile } from '../profile.ts';
import { answerFaulty, readingPace, routeName } from './faulty-answers.ts';
import { astrayAnswer, enter, isAstray, stickyCookie } from './front.ts';
import { dispatch, isForeign, readBody, sendAnswer, text, type Answer, type Request } from './http.ts';
import { featuresOf } from './info.ts';
import { allRoutes, v2Routes, type AllRoutes } from './all-routes.ts';
import { Hub } from './socket.ts';
import { problem, V2Front } from './v2-front.ts';
import { streamEvents } from './v2-events.ts';
import { jobRoutes } from './routes.ts';
import type { Server } from './state.ts';
import { strangersJobs } from './strangers.ts';

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

export type LifeOptions = {
  readonly port: number;
  readonly listen: string;
  readonly stepMs: number;
  readonly loadMs: number;
  readonly faults: readonly Fault[];
  readonly models: Models;
  readonly metadata: ModelMetadata;
  readonly profile: Profile;
  readonly version: string | undefined;
  readonly previews: boolean;
  readonly testNodes: boolean;
  /** Speak Comfy API v2, and nothing else. */
  readonly isV2: boolean;
};

const logLimit = 2000;
const reopenMs = 50;
const graceMs = 10; // between the answer of a submission and what follows from it

const tooLarge: Answer = {
  ...text('Maximum request body size 104857600 exceeded.', 413),
  headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
};

export class Life {
  readonly faults: Faults;
  readonly engine: Engine;
  readonly log: Logged[] = [];
  port: number;
  readonly #listen: string;
  readonly #hub: Hub;
  readonly #routes: AllRoutes;
  readonly #front: V2Front | undefined;
  readonly #server = createServer(
    { keepAliveTimeout: 75_000, requestTimeout: 0 },
    (request, response) => void this.#answer(request, response),
  );
  readonly #sockets = new Set<Socket>();
  readonly #state: Server;
  #isStopped = false;

  constructor(options: LifeOptions) {
    const { profile, stepMs, loadMs, models, metadata, previews, testNodes: withTestNodes } = options;
    this.port = options.port;
    this.#listen = options.listen;
    this.faults = new Faults(options.faults);
    const { faults } = this;
    const store = new Store();
    const example = { width: 512, height: 512, prompt: 'an example' };
    store.put('input', '', 'example.png', {
      bytes: () => encodePng(paint(example)),
      media: { kind: 'image', width: 512, height: 512 },
    });
    const catalog = createCatalog({ models, inputs: () => store.inputs(), withTestNodes, profile });
    this.#hub = new Hub({ faults, flags: featuresOf(profile), remaining: () => this.engine.remaining });
    const onStep = (job: Job, step: number): void => this.#strike(job, step);
    this.engine = new Engine({ catalog, store, messages: this.#hub, faults, stepMs, loadMs, onStep, profile });
    for (const [id, entry] of strangersJobs(faults.peek('history-size')?.value ?? 0))
      this.engine.history.set(id, entry);
    const version = faults.peek('version')?.text ?? options.version ?? profile.version;
    this.#state = { engine: this.engine, catalog, metadata, store, faults, profile, version, previews };
    this.#front = options.isV2 ? new V2Front(this.#state, jobRoutes(this.#state)) : undefined;
    this.#routes = this.#front === undefined ? allRoutes(this.#state) : v2Routes(this.#front.routes);
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined); // Node listens only until it asks for an upgrade
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
    void setTimeout(ms, undefined, { ref: false }).then(() => this.#reopen());
  }

  /** Somebody may have taken the port meanwhile: this server waits until it is free again. */
  async #reopen(): Promise<void> {
    while (!this.#isStopped) {
      try {
        return await this.open();
      } catch {
        await setTimeout(reopenMs, undefined, { ref: false });
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.engine.stop();
    if (this.#server.listening) await this.#close();
  }

  #restart(ms: number): void {
    this.engine.forget();
    this.#front?.forget();
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
    const isPlain = message.method === 'GET' || message.method === 'HEAD' || this.faults.isEmpty;
    const pace = isPlain ? undefined : readingPace(toRequest(message, Buffer.alloc(0)).path, this.faults);
    const body = await readBody(message, pace).catch(() => 'broken off' as const);
    if (body === 'broken off') return;
    this.#record(message, body);
    const elsewhere = enter(message, this.faults);
    if (elsewhere !== undefined) return sendAnswer(response, elsewhere);
    if (isForeign(message.headers, this.#state.profile)) return sendAnswer(response, { status: 403 });
    if (body === undefined) return sendAnswer(response, tooLarge);
    const request = toRequest(message, body);
    response.once('close', () => void setTimeout(graceMs, undefined, { ref: false }).then(() => release(request)));
    await this.#answerRequest(request, message, response);
    const isSubmission = routeName(request.path) === 'prompt' && request.method === 'POST';
    const restart = isSubmission ? this.faults.take('restart-pending') : undefined;
    if (restart !== undefined) setImmediate(() => this.#restart(restart.value ?? 300));
  }

  async #answerRequest(request: Request, message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults } = this;
    const isLost = isAstray(message, faults);
    if (isLost) response.setHeader('set-cookie', stickyCookie);
    const plain = async (): Promise<Answer> =>
      (isLost ? astrayAnswer(request) : undefined) ?? (await dispatch(this.#routes(request), request));
    const stream = this.#front === undefined ? null : /^\/v2\/jobs\/([^/]+)\/events$/.exec(request.path);
    if (stream !== null) return this.#stream(stream[1] ?? '', response);
    try {
      if (faults.isEmpty) sendAnswer(response, await plain(), message.method === 'HEAD');
      else {
        const name = routeName(request.path);
        const server = this.#state;
        await answerFaulty({ request, message, response, plain, release: () => release(request), server, name });
      }
    } catch (thrown) {
      const why = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown); // a bug of the demo: say so
      if (!response.headersSent) sendAnswer(response, { ...text(why, 500), headers: { 'x-comfy-gen-demo': 'bug' } });
      else response.destroy();
    }
  }

  /** The events of a job, which the faults of the socket befall too. */
  #stream(id: string, response: ServerResponse): void {
    const status = this.faults.take('ws-status')?.value;
    if (status !== undefined) return sendAnswer(response, problem(status, 'not_implemented', 'told by a fault'));
    streamEvents(response, id, this.#hub, (asked) => this.#front?.statusOf(asked) ?? 'expired');
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
    const { path, isApi, query } = toRequest(request, Buffer.alloc(0));
    const isSocketPath = path === '/ws' && (!isApi || this.faults.peek('no-api') === undefined);
    const refused = status ?? (isForeign(request.headers, this.#state.profile) ? 403 : isSocketPath ? undefined : 404);
    if (refused !== undefined) {
      socket.end(`HTTP/1.1 ${refused} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const clientId = query.get('clientId') ?? '';
    this.#hub.accept(request, socket, head, { clientId, isMute: isAstray(request, this.faults) });
  }
}

/** Does what was put off until the answer is out. */
function release(request: Request): void {
  for (const action of request.afterwards.splice(0)) action();
}

function toRequest(message: IncomingMessage, body: Buffer): Request {
  const [raw = '/', query = ''] = (message.url ?? '/').split(/\?(.*)/s);
  const isApi = raw.startsWith('/api/');
  return {
    method: message.method ?? 'GET',
    path: isApi ? raw.slice(4) : raw,
    isApi,
    query: new URLSearchParams(query),
    headers: message.headers,
    body,
    params: [],
    afterwards: [],
  };
}
