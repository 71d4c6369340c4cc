// Our end of the line to one ComfyUI server: one method per endpoint, and what this server turned out to offer.
import type { ComfyGenError } from '../errors.ts';
import { parseQueue } from '../protocol/http.ts';
import type { OutputRef, Queue, SystemStats } from '../protocol/http.ts';
import { stringifyJson, tryParseJson } from '../protocol/json.ts';
import { parseObjectInfo, type ObjectInfo } from '../protocol/object-info.ts';
import { parseAddress, shownAddress } from './address.ts';
import type { UploadProgress, UploadSource } from './body.ts';
import { askBriefly, withoutDefinitions } from './definitions.ts';
import { comesBack, handshake } from './handshake.ts';
import { byHistoryAndQueue, byJobRecord } from './look-up.ts';
import type { ConnectionOptions, JobState } from './options.ts';
import { basic, checkHeaders } from './secrets.ts';
import { ServerSocket } from './socket.ts';
import { Transport, type Answer, type TextAnswer } from './transport.ts';
import { upload, UploadCache } from './upload.ts';

export class Connection implements AsyncDisposable {
  /** Without user info, query and trailing slash; what results and messages call this server. */
  readonly server: string;
  readonly transport: Transport;
  /** The definitions last given out came from the cache and may be old. */
  definitionsAreCached = false;
  readonly #options: ConnectionOptions;
  readonly #uploads = new UploadCache();
  #prefix: '/api' | '' | undefined;
  #stats: SystemStats | undefined;
  #hasJobs: boolean | undefined;
  #socket: ServerSocket | undefined;

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
  }

  get retries(): number {
    return this.transport.options.retries;
  }

  get waitForServerMs(): number {
    return this.transport.options.waitForServerMs;
  }

  /** First contact: finds out whether routes live under `/api`, and that this is a ComfyUI at all. */
  async handshake(signal?: AbortSignal): Promise<SystemStats> {
    if (this.#stats !== undefined) return this.#stats;
    const { prefix, stats } = await handshake(this.transport, signal);
    this.#prefix = prefix;
    this.#stats = stats;
    return stats;
  }

  /** A route with the prefix that this server wants. */
  async path(route: string, signal?: AbortSignal): Promise<string> {
    if (this.#prefix === undefined) await this.handshake(signal);
    return `${this.#prefix ?? '/api'}${route}`;
  }

  /** `GET` of any route as parsed JSON; undefined when the server has no such route. */
  async get(route: string, signal?: AbortSignal): Promise<unknown> {
    return this.transport.json(await this.path(route, signal), { signal });
  }

  /** As `get`, but whatever the server refuses is "not known": undefined. */
  async peek(route: string, signal?: AbortSignal): Promise<unknown> {
    const path = await this.path(route, signal);
    const answer = await this.transport.text(path, { signal }).catch(() => undefined);
    signal?.throwIfAborted();
    return answer?.status === 200 ? tryParseJson(answer.text) : undefined;
  }

  /** A file that the server serves without prefix (`/templates/…`), as parsed JSON; undefined when it has none. */
  async static(path: string, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.transport.safe(path, { signal });
    return answer.status === 200 ? tryParseJson(answer.text) : undefined;
  }

  /** Node definitions: from the cache that the options name, when it holds this server's version, else from the server. */
  async objectInfo(signal?: AbortSignal, how: { readonly fresh?: boolean } = {}): Promise<ObjectInfo> {
    return this.#definitions(() => this.get('/object_info', signal), signal, how.fresh === true);
  }

  /**
   * As `objectInfo`, for who can do without: a server that answers but gives no node definitions (500, 403, 404,
   * garbage, nothing within the time for one request) is told as `failure`, after one repetition at most.
   * Throws when there is no server to speak to, or the signal is aborted.
   */
  async objectInfoIfAny(
    signal?: AbortSignal,
  ): Promise<{ readonly info: ObjectInfo } | { readonly failure: ComfyGenError }> {
    const path = await this.path('/object_info', signal);
    try {
      return { info: await this.#definitions(() => askBriefly(this.transport, path, signal), signal, false) };
    } catch (thrown) {
      const probe = await this.path('/system_stats', signal);
      return { failure: await withoutDefinitions(this.transport, thrown, probe, signal) };
    }
  }

  async #definitions(
    ask: () => Promise<unknown>,
    signal: AbortSignal | undefined,
    fresh: boolean,
  ): Promise<ObjectInfo> {
    const cache = this.#options.definitions;
    const version = cache === undefined ? undefined : (await this.handshake(signal)).version;
    const kept = fresh || version === undefined ? undefined : await cache?.read(this.server, version);
    this.definitionsAreCached = kept !== undefined;
    if (kept !== undefined) return parseObjectInfo(kept);
    const body = await ask();
    if (version !== undefined) await cache?.write(this.server, version, body);
    return parseObjectInfo(body);
  }

  get partnerKey(): string | undefined {
    return this.#options.partnerKey;
  }

  /** The socket that all jobs of this connection share; opened at the first call. It keeps no process alive. */
  socket(previews: boolean): ServerSocket {
    const { transport } = this;
    this.#socket ??= new ServerSocket({
      url: (clientId) => this.#socketUrl(clientId),
      headers: (url) => transport.headersFor(url),
      took: (url, headers) => transport.cookies.take(url, headers['set-cookie']),
      connect: transport.connect,
      previews,
      connectTimeoutMs: transport.options.connectTimeoutMs,
      pingMs: 20_000,
      trace: this.#options.trace,
    });
    return this.#socket;
  }

  /** `/ws` may be served bare or under `/api` only; tries alternate between the two after a failure. */
  #socketTries = 0;
  #socketUrl(clientId: string): URL {
    const path = this.#socketTries++ % 2 === 0 ? '/ws' : '/api/ws';
    const url = this.transport.url(path);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('clientId', clientId);
    return url;
  }

  /** One POST, never repeated here: whether it may be is the caller's decision (protocol.md 12). */
  async postPrompt(body: unknown, signal?: AbortSignal): Promise<TextAnswer> {
    const path = await this.path('/prompt', signal);
    return this.transport.text(path, { method: 'POST', body: stringifyJson(body), headers: json, signal });
  }

  /** Where a job is, by `/api/jobs/{id}` where it exists, else by history and queue. */
  async lookUp(id: string, signal?: AbortSignal): Promise<JobState> {
    const asked = {
      transport: this.transport,
      get: (route: string, s?: AbortSignal) => this.get(route, s),
      queue: (s?: AbortSignal) => this.queue(s),
    };
    if (this.#hasJobs !== false) {
      const { hasJobs, state } = await byJobRecord(asked, id, signal);
      this.#hasJobs = hasJobs;
      if (state !== undefined) return state;
    }
    return byHistoryAndQueue(asked, id, signal);
  }

  async queue(signal?: AbortSignal): Promise<Queue> {
    return parseQueue(await this.get('/queue', signal));
  }

  /** Takes exactly this job off the server: deleted while it waits, interrupted while it runs (protocol.md 5). */
  async cancel(id: string, signal?: AbortSignal): Promise<void> {
    if (this.#hasJobs !== false) {
      const answer = await this.transport.safe(`/api/jobs/${encodeURIComponent(id)}/cancel`, {
        method: 'POST',
        signal,
      });
      if (answer.status === 200) return;
    }
    await this.#post('/queue', { delete: [id] }, signal);
    // an old server takes any /interrupt as "whatever runs": look first (protocol.md 5)
    const { running } = await this.queue(signal);
    if (running.some((item) => item.id === id)) await this.#post('/interrupt', { prompt_id: id }, signal);
  }

  async #post(route: string, body: unknown, signal?: AbortSignal): Promise<void> {
    await this.transport.safe(await this.path(route, signal), {
      method: 'POST',
      body: stringifyJson(body),
      headers: json,
      signal,
    });
  }

  /** The bytes of one output, from `offset` on; the caller reads or destroys the body. */
  async view(output: OutputRef, offset: number, signal?: AbortSignal): Promise<Answer> {
    const query = new URLSearchParams({ filename: output.filename, subfolder: output.subfolder, type: output.type });
    const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {};
    return this.transport.once(`${await this.path('/view', signal)}?${query.toString()}`, { headers, signal });
  }

  /** Is the file there? Undefined when the server does not say. Its first byte is all that is asked for. */
  async hasFile(
    file: Pick<OutputRef, 'filename' | 'subfolder' | 'type'>,
    signal?: AbortSignal,
  ): Promise<boolean | undefined> {
    const query = new URLSearchParams({ filename: file.filename, subfolder: file.subfolder, type: file.type });
    const headers = { range: 'bytes=0-0' };
    const answer = await this.transport.once(`${await this.path('/view', signal)}?${query.toString()}`, {
      headers,
      signal,
    });
    await answer.body.dump();
    if (answer.status === 404) return false;
    return answer.status === 200 || answer.status === 206 ? true : undefined;
  }

  /** Uploads one file (protocol.md 7), streamed from the disk or from bytes; returns the name to put into a graph. */
  async upload(name: string, source: UploadSource, signal?: AbortSignal, progress?: UploadProgress): Promise<string> {
    const path = await this.path('/upload/image', signal);
    return upload(this.transport, path, { name, source }, { signal, progress });
  }

  /** As `upload`, once for this connection: `content` (a hash) says what it is, whatever it is called. */
  async uploadOnce(
    content: string,
    ...[name, source, signal, progress]: Parameters<Connection['upload']>
  ): Promise<string> {
    return this.#uploads.once(content, () => this.upload(name, source, signal, progress), signal);
  }

  /** Waits until the server answers again, for as long as the settings allow; false when it does not. */
  async comesBack(signal?: AbortSignal): Promise<boolean> {
    return comesBack(this.transport, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.close();
    await this.transport[Symbol.asyncDispose]();
  }
}

const json = { 'content-type': 'application/json' };

/** The options' headers over the credentials of the address. */
function headersOf({ headers, comfyUser }: ConnectionOptions, address: URL): Record<string, string> {
  return {
    ...(address.username === '' ? {} : { authorization: basic(address) }),
    ...checkHeaders(comfyUser === undefined ? {} : { 'comfy-user': comfyUser }),
    ...checkHeaders(headers ?? {}),
  };
}
