// Our end of the line to one server, whichever API it speaks: what jobs, plans and checks ask of it.
import { ComfyGenError } from '../errors.ts';
import type { OutputRef, PastEntry, Queue, SystemStats } from '../protocol/http.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { parseAddress, shownAddress } from './address.ts';
import type { UploadProgress, UploadSource } from './body.ts';
import { CoreApi } from './core-api.ts';
import type { CoreRoutes } from './core-routes.ts';
import { askBriefly, Definitions, withoutDefinitions } from './definitions.ts';
import { answersNow, comesBack, handshake, type Handshake } from './handshake.ts';
import type { MessageQueue } from './message-queue.ts';
import type { ApiName, ConnectionOptions, JobState } from './options.ts';
import { basic, checkHeaders } from './secrets.ts';
import type { Feed, FeedOptions, KnownState, PromptBody, ServerApi } from './server-api.ts';
import { SharedSocket, type ServerSocket, type SocketMessage } from './socket.ts';
import { Transport, type Answer, type TextAnswer } from './transport.ts';
import { UploadCache } from './upload.ts';
import { reachBehind } from './v2/behind.ts';
import type { V2Facts } from './v2/first-contact.ts';
import { V2Api } from './v2/v2-api.ts';

export class Connection implements AsyncDisposable {
  /** Without user info, query and trailing slash; what results and messages call this server. */
  readonly server: string;
  readonly transport: Transport;
  readonly definitions: Definitions;
  readonly #options: ConnectionOptions;
  readonly #uploads = new UploadCache();
  #known: ServerApi | undefined;
  readonly #socket: SharedSocket;
  #awaited: { readonly previews: boolean } | undefined;

  /** Opens nothing. Throws `bad_option` for an address, proxy or header that cannot be one. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    const address = parseAddress(options.host, options.port);
    this.server = shownAddress(address);
    this.transport = new Transport({
      address,
      headers: headersOf(options, address),
      userAgent: `comfy-gen/${options.version ?? '0'}`,
      ca: options.ca,
      insecure: options.insecure,
      proxy: options.proxy,
      proxyVariables: options.proxyVariables,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      silenceMs: options.silenceMs ?? 60_000,
      retries: options.retries ?? 5,
      waitForServerMs: options.waitForServerMs ?? 0,
      trace: options.trace,
      notify: options.notify,
      hintIfRefused: options.hintIfRefused,
    });
    this.definitions = new Definitions(this.transport.name, options.definitions);
    const { transport } = this;
    this.#socket = new SharedSocket({
      address: (path) => transport.url(path),
      headers: (url) => transport.headersFor(url),
      took: (url, headers) => transport.cookies.take(url, headers['set-cookie']),
      connect: transport.connect,
      connectTimeoutMs: transport.options.connectTimeoutMs,
      pingMs: 20_000,
      trace: options.trace,
    });
  }

  get retries(): number {
    return this.transport.options.retries;
  }

  /** How many requests did not reach the server so far. */
  get failures(): number {
    return this.transport.failures;
  }

  get waitForServerMs(): number {
    return this.transport.options.waitForServerMs;
  }

  /** First contact: finds out which API this server speaks, and that it is a ComfyUI at all. */
  async handshake(signal?: AbortSignal): Promise<SystemStats> {
    return (await this.#api(signal)).stats;
  }

  /** Lets the server drop its models and cached results once it is idle. Throws `not_offered`. */
  async free(signal?: AbortSignal): Promise<void> {
    const core = await this.#core(signal);
    if (core === undefined) throw this.#notOffered();
    await core.free(signal);
  }

  /** Which API it speaks; undefined before the first contact. */
  get api(): ApiName | undefined {
    return this.#known?.name;
  }

  async #api(signal?: AbortSignal): Promise<ServerApi> {
    if (this.#known !== undefined) return this.#known;
    const found = await this.#firstContact(signal);
    this.#known ??=
      found.api === 'core' ? new CoreApi(found.routes, (previews) => this.socket(previews)) : this.#v2(found);
    if (found.api === 'core' && this.#awaited !== undefined) this.socket(this.#awaited.previews);
    return this.#known;
  }

  /** Jobs are to come: their socket and definitions need not wait for the answer to the first request. */
  awaitJobs(jobs: { readonly previews: boolean }): void {
    this.#awaited = jobs;
  }

  /** Where this was a ComfyUI before, the socket is opened while it is asked whether it still is. */
  async #firstContact(signal?: AbortSignal): Promise<Handshake> {
    const { api, apiKey } = this.#options;
    const asked = handshake(this.transport, { api, apiKey }, signal);
    if (this.#awaited === undefined || api === 'v2') return asked;
    asked.catch(() => undefined); // thrown below
    const wasHere = (await this.definitions.latest()) !== undefined;
    if (wasHere && this.#known === undefined) await this.#socket.openDuring(asked, this.#awaited.previews);
    return asked;
  }

  #v2(facts: V2Facts): V2Api {
    const { transport } = this;
    const behind = (signal?: AbortSignal): Promise<CoreRoutes | undefined> =>
      reachBehind(transport, facts.upstream, { shake: handshake, signal });
    return new V2Api(transport, facts, behind);
  }

  async #core(signal?: AbortSignal): Promise<CoreRoutes | undefined> {
    return (await this.#api(signal)).core(signal);
  }

  /** A route of ComfyUI with the prefix that this server wants. */
  async path(route: string, signal?: AbortSignal): Promise<string> {
    return (await this.#core(signal))?.path(route) ?? route;
  }

  /** `GET` of any route of ComfyUI as parsed JSON; undefined when the server has no such route. Throws `not_offered`. */
  async get(route: string, signal?: AbortSignal): Promise<unknown> {
    const core = await this.#core(signal);
    if (core === undefined) throw this.#notOffered();
    return core.get(route, signal);
  }

  /** As `get`, but whatever the server refuses is "not known": undefined. */
  async peek(route: string, signal?: AbortSignal): Promise<unknown> {
    return (await this.#core(signal))?.peek(route, signal);
  }

  /** A file that the server serves without prefix (`/templates/…`), as parsed JSON; undefined when it has none. */
  async static(path: string, signal?: AbortSignal): Promise<unknown> {
    return (await this.#core(signal))?.static(path, signal);
  }

  /** Node definitions: from the cache that the options name, when it holds this server's version, else from the server. */
  async objectInfo(signal?: AbortSignal, how: { readonly fresh?: boolean } = {}): Promise<ObjectInfo> {
    const core = await this.#core(signal);
    if (core === undefined) throw this.#notOffered();
    return this.definitions.get(core, (path) => core.transport.safe(path, { signal }), how.fresh === true);
  }

  /**
   * As `objectInfo`, for who can do without: a server that answers but gives no node definitions (500, 403, 404,
   * garbage, nothing within the time for one request, Comfy API v2) is told as `failure`, after one repetition at most.
   * Throws when there is no server to speak to, or the signal is aborted.
   */
  async objectInfoIfAny(
    signal?: AbortSignal,
  ): Promise<{ readonly info: ObjectInfo } | { readonly failure: ComfyGenError }> {
    const core = await this.#core(signal);
    if (core === undefined) return { failure: this.#notOffered() };
    const { transport } = core;
    try {
      return { info: await this.definitions.get(core, (path) => askBriefly(transport, path, signal), false) };
    } catch (thrown) {
      return { failure: await withoutDefinitions(transport, thrown, core.path('/system_stats'), signal) };
    }
  }

  #notOffered(): ComfyGenError {
    return new ComfyGenError('not_offered', `${this.server} speaks Comfy API v2, which gives no node definitions`);
  }

  /** What alone names this server, if that is not to be trusted with secrets. */
  get namedBy(): string | undefined {
    return this.#options.namedBy;
  }

  get partnerKey(): string | undefined {
    return this.#options.partnerKey;
  }

  /** ComfyUI's WebSocket, which all jobs of this connection share; opened at the first call. It keeps no process alive. */
  socket(previews: boolean): ServerSocket {
    return this.#socket.get(previews);
  }

  /** The live messages of one job into `messages`, from before it is sent: they are never replayed (protocol.md 15). */
  async feed(messages: MessageQueue<SocketMessage>, options: FeedOptions): Promise<Feed> {
    return (await this.#api(options.signal)).feed(messages, options);
  }

  /** One POST, never repeated here: whether it may be is the caller's decision (protocol.md 12). */
  async postPrompt(body: PromptBody, signal?: AbortSignal): Promise<TextAnswer> {
    return (await this.#api(signal)).postPrompt(body, signal);
  }

  /** Where a job is right now. */
  async lookUp(id: string, signal?: AbortSignal, known?: KnownState): Promise<JobState> {
    return (await this.#api(signal)).lookUp(id, signal, known);
  }

  async queue(signal?: AbortSignal): Promise<Queue> {
    return (await this.#api(signal)).queue(signal);
  }

  /** The jobs that are over, the newest last. */
  async history(signal?: AbortSignal): Promise<readonly PastEntry[]> {
    return (await this.#api(signal)).history(signal);
  }

  /** The graph that a job was sent with, as it came; undefined when the server does not tell. */
  async graphOf(id: string, signal?: AbortSignal): Promise<unknown> {
    return (await this.#api(signal)).graphOf(id, signal);
  }

  /** Takes exactly this job off the server, waiting or running. */
  async cancel(id: string, signal?: AbortSignal): Promise<void> {
    return (await this.#api(signal)).cancel(id, signal);
  }

  /** The bytes of one output, from `offset` on; the caller reads or destroys the body. */
  async view(output: OutputRef, offset: number, signal?: AbortSignal): Promise<Answer> {
    return (await this.#api(signal)).view(output, offset, signal);
  }

  /** Is the file there? Undefined when the server does not say. */
  async hasFile(
    file: Pick<OutputRef, 'filename' | 'subfolder' | 'type'>,
    signal?: AbortSignal,
  ): Promise<boolean | undefined> {
    return (await this.#core(signal))?.hasFile(file, signal);
  }

  /** Uploads one file, streamed from the disk or from bytes; returns the name to put into a graph. */
  async upload(name: string, source: UploadSource, signal?: AbortSignal, progress?: UploadProgress): Promise<string> {
    return (await this.#api(signal)).upload(name, source, signal, progress);
  }

  /** As `upload`, once for this connection: `content` (a hash) says what it is, whatever it is called. */
  async uploadOnce(
    content: string,
    ...[name, source, signal, progress]: Parameters<Connection['upload']>
  ): Promise<string> {
    return this.#uploads.once(content, () => this.upload(name, source, signal, progress), signal);
  }

  /** The cheapest request that shows how quickly it answers. */
  async ping(signal?: AbortSignal): Promise<TextAnswer> {
    return (await this.#api(signal)).ping(signal);
  }

  /** One question, no patience: is it there? */
  async answers(signal?: AbortSignal): Promise<boolean> {
    const { api, apiKey } = this.#options;
    return answersNow(this.transport, { api: this.api ?? api, apiKey }, signal);
  }

  /** Waits until the server answers again, for as long as the settings allow; false when it does not. */
  async comesBack(signal?: AbortSignal): Promise<boolean> {
    const { api, apiKey } = this.#options;
    return comesBack(this.transport, { api: this.api ?? api, apiKey }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#known?.[Symbol.asyncDispose]();
    await this.transport[Symbol.asyncDispose]();
    await this.definitions[Symbol.asyncDispose]();
  }
}

/** The options' headers over the credentials of the address. */
function headersOf({ headers, comfyUser }: ConnectionOptions, address: URL): Record<string, string> {
  const login = basic(address);
  return {
    ...(login === undefined ? {} : { authorization: login }),
    ...checkHeaders(comfyUser === undefined ? {} : { 'comfy-user': comfyUser }),
    ...checkHeaders(headers ?? {}),
  };
}
