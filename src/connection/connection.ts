// Our end of the line to one ComfyUI server: one method per endpoint, and what this server turned out to offer.
import { readFile } from 'node:fs/promises';
import { ComfyGenError } from '../errors.ts';
import { parseHistoryEntry, parseJob, parseQueue, parseSystemStats, parseUpload } from '../protocol/http.ts';
import type { JobRecord, OutputRef, Queue, SystemStats } from '../protocol/http.ts';
import { parseJson, stringifyJson } from '../protocol/json.ts';
import { parseObjectInfo, type ObjectInfo } from '../protocol/object-info.ts';
import { parseAddress, shownAddress } from './address.ts';
import type { ConnectionOptions, JobState } from './options.ts';
import { proxyFor } from './proxy.ts';
import { ServerSocket } from './socket.ts';
import { pause, Transport, type Answer, type TextAnswer } from './transport.ts';
import { basic, openTunnel } from './tunnel.ts';

/** A file of this disk, or bytes. */
export type UploadSource = { readonly path: string } | Uint8Array;

export class Connection implements AsyncDisposable {
  /** Without user info and trailing slash; what results and messages call this server. */
  readonly server: string;
  readonly transport: Transport;
  /** The definitions last given out came from the cache and may be old. */
  definitionsAreCached = false;
  readonly #address: URL;
  readonly #options: ConnectionOptions;
  readonly #headers: Readonly<Record<string, string>>;
  #prefix: '/api' | '' | undefined;
  #stats: SystemStats | undefined;
  #hasJobs: boolean | undefined;
  #socket: ServerSocket | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#address = parseAddress(options.host, options.port);
    this.server = shownAddress(this.#address);
    this.#headers = {
      ...(this.#address.username === '' ? {} : { authorization: basic(this.#address) }),
      ...options.headers,
    };
    this.transport = new Transport({
      address: this.#address,
      headers: this.#headers,
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
    });
  }

  get retries(): number {
    return this.transport.options.retries;
  }

  get waitForServerMs(): number {
    return this.transport.options.waitForServerMs;
  }

  /** First contact: finds out whether routes live under `/api`, and that this is a ComfyUI at all. */
  async greet(signal?: AbortSignal): Promise<SystemStats> {
    if (this.#stats !== undefined) return this.#stats;
    for (const prefix of ['/api', ''] as const) {
      const answer = await this.transport.safe(`${prefix}/system_stats`, { signal });
      if (answer.status === 404 || answer.status === 405) continue;
      if (answer.status !== 200) throw this.transport.unexpected(`${prefix}/system_stats`, answer);
      const stats = parseSystemStats(answer.text);
      if (stats === undefined) continue;
      this.#prefix = prefix;
      this.#stats = stats;
      return stats;
    }
    throw new ComfyGenError('not_comfyui', `${this.server} answers, but not as ComfyUI does (no /system_stats)`);
  }

  /** A route with the prefix that this server wants. */
  async path(route: string, signal?: AbortSignal): Promise<string> {
    if (this.#prefix === undefined) await this.greet(signal);
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
    try {
      return answer?.status === 200 ? parseJson(answer.text) : undefined;
    } catch {
      return undefined;
    }
  }

  /** A file that the server serves without prefix (`/templates/…`), as parsed JSON; undefined when it has none. */
  async static(path: string, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.transport.safe(path, { signal });
    try {
      return answer.status === 200 ? parseJson(answer.text) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Node definitions: from the cache that the options name, when it holds this server's version, else from the server. */
  async objectInfo(signal?: AbortSignal, how: { readonly fresh?: boolean } = {}): Promise<ObjectInfo> {
    const { definitions } = this.#options;
    const version = definitions === undefined ? undefined : (await this.greet(signal)).version;
    const kept =
      how.fresh === true || version === undefined ? undefined : await definitions?.read(this.server, version);
    this.definitionsAreCached = kept !== undefined;
    if (kept !== undefined) return parseObjectInfo(kept);
    const body = await this.get('/object_info', signal);
    if (version !== undefined) await definitions?.write(this.server, version, body);
    return parseObjectInfo(body);
  }

  /** The socket that all jobs of this connection share; opened at the first call. */
  socket(previews: boolean): ServerSocket {
    this.#socket ??= new ServerSocket({
      url: (clientId) => this.#socketUrl(clientId),
      headers: { ...this.#headers, 'user-agent': this.transport.options.userAgent },
      previews,
      connectTimeoutMs: this.transport.options.connectTimeoutMs,
      pingMs: 20_000,
      tls: this.#options,
      tunnel: this.#tunnel(),
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

  #tunnel(): (() => Promise<import('node:net').Socket>) | undefined {
    const proxy = proxyFor(this.#address, this.#options.proxy, this.#options.proxyVariables);
    if (proxy === undefined) return undefined;
    return () => openTunnel(proxy, this.#address, this.#options, this.transport.options.connectTimeoutMs);
  }

  /** One POST, never repeated here: whether it may be is the caller's decision (section 12). */
  async postPrompt(body: unknown, signal?: AbortSignal): Promise<TextAnswer> {
    const path = await this.path('/prompt', signal);
    return this.transport.text(path, { method: 'POST', body: stringifyJson(body), headers: json, signal });
  }

  /** Where a job is, by `/api/jobs/{id}` where it exists, else by history and queue. */
  async lookUp(id: string, signal?: AbortSignal): Promise<JobState> {
    if (this.#hasJobs !== false) {
      const record = await this.#jobRecord(id, signal);
      if (record !== undefined)
        return record.state === 'pending' ? { ...record, ahead: await this.#ahead(id, signal) } : record;
    }
    const entry = parseHistoryEntry(await this.get(`/history/${encodeURIComponent(id)}`, signal), id);
    if (entry !== undefined) return { state: 'finished', entry };
    const queue = await this.queue(signal);
    if (queue.running.some((item) => item.id === id)) return { state: 'running' };
    const ahead = queue.pending.findIndex((item) => item.id === id);
    if (ahead !== -1) return { state: 'pending', ahead: ahead + queue.running.length };
    // it may have ended between the two answers
    const late = parseHistoryEntry(await this.get(`/history/${encodeURIComponent(id)}`, signal), id);
    return late === undefined ? { state: 'absent' } : { state: 'finished', entry: late };
  }

  async #jobRecord(id: string, signal?: AbortSignal): Promise<JobState | undefined> {
    const answer = await this.transport.retry(
      async (s) => {
        const got = await this.transport.text(`/api/jobs/${encodeURIComponent(id)}`, { signal: s });
        // 500 here is no outage (4.1): history and queue are asked instead
        return got.status >= 500 ? { ...got, status: 405 } : got;
      },
      signal,
      '/api/jobs',
    );
    if (answer.status === 405 || (answer.status === 404 && !answer.text.includes('"error"'))) {
      this.#hasJobs = false;
      return undefined;
    }
    if (answer.status === 404) return { state: 'absent' };
    const job: JobRecord | undefined = answer.status === 200 ? parseJob(answer.text) : undefined;
    if (job === undefined) {
      this.#hasJobs = false;
      return undefined;
    }
    this.#hasJobs = true;
    if (job.status === 'pending') return { state: 'pending', ahead: undefined };
    if (job.status === 'in_progress') return { state: 'running' };
    return job.entry === undefined ? undefined : { state: 'finished', entry: job.entry };
  }

  async #ahead(id: string, signal?: AbortSignal): Promise<number | undefined> {
    const queue = await this.queue(signal);
    const index = queue.pending.findIndex((item) => item.id === id);
    return index === -1 ? undefined : index + queue.running.length;
  }

  async queue(signal?: AbortSignal): Promise<Queue> {
    return parseQueue(await this.get('/queue', signal));
  }

  /** Takes exactly this job off the server: deleted while it waits, interrupted while it runs (section 5). */
  async cancel(id: string, signal?: AbortSignal): Promise<void> {
    if (this.#hasJobs !== false) {
      const answer = await this.transport.safe(`/api/jobs/${encodeURIComponent(id)}/cancel`, {
        method: 'POST',
        signal,
      });
      if (answer.status === 200) return;
    }
    await this.#post('/queue', { delete: [id] }, signal);
    // an old server takes any /interrupt as "whatever runs": look first (section 5)
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

  readonly #uploaded = new Map<string, Promise<string>>();

  /** As `upload`; what this connection uploaded before under that name, which tells its content, is not sent again. */
  uploadOnce(name: string, source: UploadSource, signal?: AbortSignal): Promise<string> {
    const known = this.#uploaded.get(name) ?? this.#read(source).then((bytes) => this.upload(name, bytes, signal));
    this.#uploaded.set(name, known);
    known.catch(() => this.#uploaded.delete(name));
    return known;
  }

  async #read(source: UploadSource): Promise<Uint8Array> {
    return source instanceof Uint8Array ? source : readFile(source.path);
  }

  /** Uploads one file (section 7) and returns the name to put into a graph. */
  async upload(name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
    const boundary = `comfy-gen-${crypto.randomUUID()}`;
    const safeName = name.replace(/[^\w.-]/g, '_');
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="${safeName}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    const answer = await this.transport.safe(await this.path('/upload/image', signal), {
      method: 'POST',
      body,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      signal,
    });
    if (answer.status !== 200) throw this.transport.unexpected('/upload/image', answer);
    const stored = parseUpload(answer.text);
    if (stored === undefined)
      throw new ComfyGenError('not_comfyui', `${this.server} answered an upload without a name`);
    return stored;
  }

  /** Waits until the server answers again, for as long as the settings allow; false when it does not. */
  async comesBack(signal?: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + this.waitForServerMs;
    for (;;) {
      try {
        await this.transport.text(`${this.#prefix ?? ''}/system_stats`, { signal });
        return true;
      } catch {
        signal?.throwIfAborted();
        if (performance.now() >= deadline) return false;
        await pause(Math.min(500, Math.max(deadline - performance.now(), 1)), signal);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.close();
    await this.transport[Symbol.asyncDispose]();
  }
}

const json = { 'content-type': 'application/json' };
