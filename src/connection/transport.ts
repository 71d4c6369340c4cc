// HTTP to one server: base path, own headers for their own origin only, TLS, proxy, time limits, retries of safe requests.
import { setMaxListeners } from 'node:events';
import { ComfyGenError, optionName } from '../errors.ts';
import { parseJson } from '../protocol/json.ts';
import { shownAddress } from './address.ts';
import { ConnectionPool } from './agent.ts';
import { answerOf, textOf, type Answer, type TextAnswer } from './answer.ts';
import { bytesBody, type RequestBody, type UploadProgress } from './body.ts';
import { connector, type Connector } from './connector.ts';
import { CookieJar } from './cookies.ts';
import { exchange } from './exchange.ts';
import { authError, networkError, isFinal, isRefused, messageOf, speaksTls } from './failures.ts';
import { backoffMs, pause, retryAfterMs, shownDuration } from './patience.ts';
import { chooseProxy, type Proxy, type ProxyVariables } from './proxy.ts';

export { backoffMs, pause, retryAfterMs } from './patience.ts';
export type { Answer, TextAnswer } from './answer.ts';

export type TransportOptions = {
  readonly address: URL;
  /** Sent with every request to this server's own origin, never anywhere else; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly userAgent: string;
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly proxy?: string | undefined;
  readonly proxyVariables?: ProxyVariables | undefined;
  readonly connectTimeoutMs: number;
  /** No byte for so long is a failed request. */
  readonly silenceMs: number;
  readonly retries: number;
  /** Patience for a server that is not up yet or went away. */
  readonly waitForServerMs: number;
  readonly trace?: ((line: string) => void) | undefined;
  /** For people: a wait that they should know of. */
  readonly notify?: ((message: string) => void) | undefined;
  readonly hintIfRefused?: ((signal?: AbortSignal) => Promise<string>) | undefined;
};

export type Ask = {
  readonly method?: 'GET' | 'POST' | 'HEAD';
  readonly body?: string | Uint8Array | RequestBody | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: UploadProgress | undefined;
};

const maxRedirects = 5;

export class Transport implements AsyncDisposable {
  readonly options: TransportOptions;
  readonly cookies: CookieJar;
  /** Opens a connection as the options say; the WebSocket goes the same way. */
  readonly connect: Connector;
  readonly #connections: ConnectionPool;
  readonly #proxy: Proxy | undefined;
  readonly #over = new AbortController();
  #contacted = false;
  #bearer: string | undefined;
  #failures = 0;
  /** Since when the server does not answer, by the monotonic clock. */
  #awaySince: number | undefined;

  constructor(options: TransportOptions) {
    this.options = options;
    this.cookies = new CookieJar(options.address);
    this.#proxy = chooseProxy(options.address, options.proxy, options.proxyVariables);
    const { signal } = this.#over;
    setMaxListeners(0, signal); // one for each connection that is being opened
    this.connect = connector({ ...options, proxy: this.#proxy, timeoutMs: options.connectTimeoutMs, signal });
    this.#connections = new ConnectionPool(this.connect);
  }

  /** As people and results call this server: no user info, no query. */
  get name(): string {
    return shownAddress(this.options.address);
  }

  /** Has the server ever answered? Decides whether a refused connection is final. */
  get contacted(): boolean {
    return this.#contacted;
  }

  /** How many requests did not reach the server so far: no connection, or a proxy that said that it has none either. */
  get failures(): number {
    return this.#failures;
  }

  /** How much of the patience of --wait-for-server is left for a server that went away. */
  get patienceLeftMs(): number {
    const since = this.#awaySince ?? performance.now();
    return Math.max(since + this.options.waitForServerMs - performance.now(), 0);
  }

  /** A path of this server, with the query that its address asks for. */
  url(path: string): URL {
    const { address } = this.options;
    // put together, never resolved: a path that begins with two slashes would name another host
    return this.#withQuery(new URL(`${address.origin}${address.pathname.replace(/\/+$/, '')}${path}`));
  }

  /** `?token=…` of the address goes to every request of this server, through redirects of its own too. */
  #withQuery(url: URL): URL {
    for (const [name, value] of this.options.address.searchParams)
      if (!url.searchParams.has(name)) url.searchParams.append(name, value);
    return url;
  }

  /** What a request to this URL carries of ours: nothing when it is another origin's. */
  headersFor(url: URL): Record<string, string> {
    const { headers, address, userAgent } = this.options;
    const plain = { 'user-agent': userAgent, 'accept-encoding': 'identity' };
    if (url.protocol.replace(/^ws/, 'http') !== address.protocol || url.host !== address.host) return plain;
    const { cookie: given, 'x-api-key': apiKey, ...rest } = headers;
    const own =
      this.#bearer === undefined ? { ...rest, ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }) } : rest;
    const authorization = this.#bearer === undefined ? {} : { authorization: `Bearer ${this.#bearer}` };
    const cookie = this.cookies.header(url, given);
    return { ...plain, ...authorization, ...own, ...(cookie === undefined ? {} : { cookie }) };
  }

  /** From now on the API key goes as a bearer token, as Comfy API v2 wants it; a token that was given stays. */
  useBearer(key: string | undefined): void {
    this.#bearer = key ?? this.options.headers['x-api-key'];
  }

  /** One request, redirects followed, no retries. Network failures are thrown as they came from below. */
  async once(path: string, ask: Ask = {}): Promise<Answer> {
    const method = ask.method ?? 'GET';
    let url = this.url(path);
    for (let hop = 0; ; hop++) {
      const started = performance.now();
      const answer = answerOf({ ...(await this.#exchange(url, method, ask)), url });
      this.#contacted = true;
      if (answer.status >= 502 && answer.status <= 504) this.#failures++;
      this.cookies.take(url, answer.headers['set-cookie']);
      const took = (performance.now() - started).toFixed(0);
      this.options.trace?.(`${method} ${shownAddress(url)} ${answer.status} (${took} ms)`);
      const target = redirectTarget(answer.status, answer.headers['location'], url, method);
      if (target === undefined || hop === maxRedirects) return answer;
      await answer.body.dump();
      url = target.origin === this.options.address.origin ? this.#withQuery(target) : target;
    }
  }

  #exchange(url: URL, method: NonNullable<Ask['method']>, ask: Ask): ReturnType<typeof exchange> {
    const given = typeof ask.body === 'string' || ask.body instanceof Uint8Array ? bytesBody(ask.body) : ask.body;
    const body = given && { length: given.length, ...given.start() };
    const headers = {
      ...this.headersFor(url),
      ...ask.headers,
      ...(body === undefined ? {} : { 'content-length': String(body.length) }),
      ...(body?.type === undefined ? {} : { 'content-type': body.type }),
    };
    const { signal, progress } = ask;
    const asked = exchange(this.#connections, url, {
      ...{ method, headers, body, signal, progress },
      patienceMs: this.#patience(),
      silenceMs: this.options.silenceMs,
    });
    asked.catch(() => {
      if (signal?.aborted !== true) this.#failures++;
    });
    return asked;
  }

  /** What never answered yet may be anything that accepts connections: --connect-timeout holds until the first answer. */
  #patience(): number {
    const { connectTimeoutMs, silenceMs } = this.options;
    // a little longer than the connector has: it knows what stood in the way
    return this.#contacted ? silenceMs : Math.min(connectTimeoutMs + 200, silenceMs);
  }

  /** As `once`, the whole body as text (at most 256 MiB). */
  async text(path: string, ask: Ask = {}): Promise<TextAnswer> {
    return textOf(await this.once(path, ask), `${this.name} at ${path}`);
  }

  /** A safe request (GET, or a POST that may be repeated), tried again on broken connections, 5xx and 429. */
  async safe(path: string, ask: Ask = {}): Promise<TextAnswer> {
    return this.retry((signal) => this.text(path, { ...ask, signal }), ask.signal, path);
  }

  /** As `safe`; the parsed JSON of a 200, undefined for 404 and 405, an error for everything else. */
  async json(path: string, ask: Ask = {}): Promise<unknown> {
    const answer = await this.safe(path, ask);
    if (answer.status === 404 || answer.status === 405) return undefined;
    return this.parse(path, answer);
  }

  /** The JSON of a 200; an error for everything else. */
  parse(path: string, answer: TextAnswer): unknown {
    if (answer.status !== 200) throw this.unexpected(path, answer);
    try {
      return parseJson(answer.text);
    } catch (cause) {
      throw new ComfyGenError('not_comfyui', `${this.name} answered ${path} with something that is not JSON`, {
        cause,
      });
    }
  }

  /** Runs `attempt` until it gives an answer that is worth having; the last failure, explained, is thrown. */
  async retry(
    attempt: (signal?: AbortSignal) => Promise<TextAnswer>,
    signal: AbortSignal | undefined,
    path: string,
    limits: { readonly retries: number; readonly patienceMs: number } = this.#limits(),
  ): Promise<TextAnswer> {
    const began = performance.now();
    for (let tried = 0; ; tried++) {
      signal?.throwIfAborted();
      let failure: unknown;
      let wait = backoffMs(tried);
      try {
        const answer = await attempt(signal);
        if (answer.status < 500 && answer.status !== 429) {
          this.#awaySince = undefined;
          return answer;
        }
        failure = this.unexpected(path, answer);
        wait = retryAfterMs(answer.headers['retry-after']) ?? wait;
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason;
        if (error instanceof ComfyGenError) throw error;
        failure = error;
      }
      this.#awaySince ??= began;
      const patienceMs = began + limits.patienceMs - performance.now();
      const byCount = tried < limits.retries && (this.#contacted || !isRefused(failure));
      if (isFinal(failure) || (!byCount && patienceMs <= 0)) throw this.explain(failure, path);
      if (!byCount) wait = Math.min(wait, patienceMs); // the patience is exact: one last attempt when it ends
      if (tried === 0) this.tellWait(limits.patienceMs, this.explain(failure, path));
      this.options.trace?.(`${path}: ${messageOf(failure)}; again in ${wait} ms`);
      await pause(wait, signal);
    }
  }

  #limits(): { readonly retries: number; readonly patienceMs: number } {
    return { retries: this.options.retries, patienceMs: this.options.waitForServerMs };
  }

  /** Somebody waits for the server: whoever looks at the screen hears for how long, and why. */
  tellWait(ms: number, why: ComfyGenError): void {
    if (ms > 0) this.options.notify?.(`waiting for ${this.name} (${shownDuration(ms)}): ${why.message}`);
  }

  /** A network failure or an unwanted status as one of our errors. */
  explain(failure: unknown, path: string): ComfyGenError {
    const proxy = this.#proxy && {
      shown: shownAddress(this.#proxy.url),
      without:
        this.#proxy.from === optionName('proxy')
          ? 'check <option proxy>, or leave it out'
          : `the proxy is from ${this.#proxy.from}; a server that needs none is named in NO_PROXY=${this.options.address.hostname}`,
    };
    return networkError(failure, { server: this.name, proxy, contacted: this.#contacted }, path);
  }

  /** An answer whose status is not one we can use. */
  unexpected(path: string, answer: TextAnswer): ComfyGenError {
    const auth = authError(answer.status, this.name);
    if (auth !== undefined) return auth;
    if (answer.status === 413) return new ComfyGenError('too_large', `${this.name}: request too large (413)`);
    // nginx, Apache and Go say so in plain HTTP
    if (answer.status === 400 && /plain HTTP.*(HTTPS|SSL)|HTTP request to an HTTPS/.test(answer.text))
      return speaksTls(this.name);
    if (answer.status >= 500)
      return new ComfyGenError('server_error', `${this.name} answered ${path} with ${answer.status}`);
    const moved = redirectTarget(answer.status, answer.headers['location'], this.url(path), 'GET');
    if (moved !== undefined)
      return new ComfyGenError('not_comfyui', `${this.name} redirects ${path} to ${shownAddress(moved)}`, {
        hint: 'name the address behind it with <option host>',
      });
    return new ComfyGenError('not_comfyui', `${this.name} answered ${path} with ${answer.status}: no ComfyUI?`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    this.#connections.destroy();
    await Promise.resolve();
  }
}

function redirectTarget(status: number, location: unknown, from: URL, method: string): URL | undefined {
  if (typeof location !== 'string' || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  if (method === 'POST' && status < 307) return undefined; // would turn into a GET
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  return target !== undefined && /^https?:$/.test(target.protocol) ? target : undefined;
}
