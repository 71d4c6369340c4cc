// HTTP to one server: base path, own headers for their own origin only, TLS, proxy, time limits, retries of safe requests.
import { Agent, ProxyAgent, request, type Dispatcher } from 'undici';
import { ComfyGenError } from '../errors.ts';
import { parseJson } from '../protocol/json.ts';
import { shownAddress } from './address.ts';
import { authError, networkError, isFinal, isRefused } from './failures.ts';
import { proxyFor, type ProxyVariables } from './proxy.ts';

export type TransportOptions = {
  readonly address: URL;
  /** Sent with every request to this server's own origin, never anywhere else. */
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
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Dispatcher.ResponseData['body'];
  /** Where the answer came from after redirects. */
  readonly url: URL;
};

export type TextAnswer = { readonly status: number; readonly headers: Answer['headers']; readonly text: string };

type Ask = {
  readonly method?: 'GET' | 'POST' | 'HEAD';
  readonly body?: string | Buffer | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

/** A JSON or text answer of more bytes is refused: nothing that we ask for is as large. */
const maxTextBytes = 256 * 1024 * 1024;
const maxRedirects = 5;

export class Transport implements AsyncDisposable {
  readonly options: TransportOptions;
  readonly #dispatcher: Dispatcher;
  readonly #proxy: string | undefined;
  #contacted = false;

  constructor(options: TransportOptions) {
    this.options = options;
    const connect = {
      timeout: options.connectTimeoutMs,
      rejectUnauthorized: options.insecure !== true,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    };
    const limits = { headersTimeout: options.silenceMs, bodyTimeout: options.silenceMs };
    const proxy = proxyFor(options.address, options.proxy, options.proxyVariables);
    this.#proxy = proxy === undefined || !URL.canParse(proxy) ? undefined : shownAddress(new URL(proxy));
    this.#dispatcher =
      proxy === undefined
        ? new Agent({ ...limits, connect, connections: 32 })
        : new ProxyAgent({ ...limits, uri: proxy, requestTls: connect, proxyTls: connect });
  }

  /** Has the server ever answered? Decides whether a refused connection is final. */
  get contacted(): boolean {
    return this.#contacted;
  }

  url(path: string): URL {
    const { address } = this.options;
    return new URL(`${address.pathname.replace(/\/+$/, '')}${path}`, address.origin);
  }

  /** One request, redirects followed, no retries. Network failures are thrown as they came from below. */
  async once(path: string, ask: Ask = {}): Promise<Answer> {
    let url = this.url(path);
    for (let hop = 0; ; hop++) {
      const own = url.origin === this.options.address.origin;
      const started = performance.now();
      const answer = await request(url, {
        method: ask.method ?? 'GET',
        headers: { 'user-agent': this.options.userAgent, ...(own ? this.options.headers : {}), ...ask.headers },
        body: ask.body ?? null,
        dispatcher: this.#dispatcher,
        ...(ask.signal === undefined ? {} : { signal: ask.signal }),
        headersTimeout: this.#patience(),
      });
      this.#contacted = true;
      const took = (performance.now() - started).toFixed(0);
      this.options.trace?.(`${ask.method ?? 'GET'} ${shownAddress(url)} ${answer.statusCode} (${took} ms)`);
      const target = redirectTarget(answer.statusCode, answer.headers['location'], url, ask.method ?? 'GET');
      if (target === undefined || hop === maxRedirects) {
        return { status: answer.statusCode, headers: answer.headers, body: answer.body, url };
      }
      await answer.body.dump();
      url = target;
    }
  }

  /** What never answered yet may be anything that accepts connections: --connect-timeout holds until the first answer. */
  #patience(): number {
    const { connectTimeoutMs, silenceMs } = this.options;
    return this.#contacted ? silenceMs : Math.min(connectTimeoutMs, silenceMs);
  }

  /** As `once`, the whole body as text (at most 256 MiB). */
  async text(path: string, ask: Ask = {}): Promise<TextAnswer> {
    const answer = await this.once(path, ask);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxTextBytes) {
        answer.body.destroy();
        throw new ComfyGenError('server_error', `${this.#name()} sent more than 256 MiB for ${path}: given up`);
      }
      chunks.push(chunk);
    }
    return { status: answer.status, headers: answer.headers, text: Buffer.concat(chunks).toString('utf8') };
  }

  /** A safe request (GET, or a POST that may be repeated), tried again on broken connections, 5xx and 429. */
  async safe(path: string, ask: Ask = {}): Promise<TextAnswer> {
    return this.retry((signal) => this.text(path, { ...ask, signal }), ask.signal, path);
  }

  /** As `safe`; the parsed JSON of a 200, undefined for 404 and 405, an error for everything else. */
  async json(path: string, ask: Ask = {}): Promise<unknown> {
    const answer = await this.safe(path, ask);
    if (answer.status === 404 || answer.status === 405) return undefined;
    if (answer.status !== 200) throw this.unexpected(path, answer);
    try {
      return parseJson(answer.text);
    } catch (cause) {
      throw new ComfyGenError('not_comfyui', `${this.#name()} answered ${path} with something that is no JSON`, {
        cause,
      });
    }
  }

  /** Runs `attempt` until it gives an answer that is worth having; the last failure, explained, is thrown. */
  async retry(
    attempt: (signal?: AbortSignal) => Promise<TextAnswer>,
    signal: AbortSignal | undefined,
    path: string,
  ): Promise<TextAnswer> {
    const began = performance.now();
    for (let tried = 0; ; tried++) {
      signal?.throwIfAborted();
      let failure: unknown;
      let wait = backoffMs(tried);
      try {
        const answer = await attempt(signal);
        if (answer.status < 500 && answer.status !== 429) return answer;
        failure = this.unexpected(path, answer);
        wait = retryAfterMs(answer.headers['retry-after']) ?? wait;
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason;
        if (error instanceof ComfyGenError) throw error;
        failure = error;
      }
      if (!this.#mayRetry(failure, tried, performance.now() - began)) throw this.explain(failure, path);
      this.options.trace?.(
        `${path}: ${failure instanceof Error ? failure.message : String(failure)}; again in ${wait} ms`,
      );
      await pause(wait, signal);
    }
  }

  #mayRetry(failure: unknown, tried: number, spentMs: number): boolean {
    const patient = spentMs < this.options.waitForServerMs;
    if (isFinal(failure)) return false;
    if (isRefused(failure) && !this.#contacted) return patient;
    return patient || tried < this.options.retries;
  }

  /** A network failure or an unwanted status as one of our errors. */
  explain(failure: unknown, path: string): ComfyGenError {
    const way = { server: this.#name(), proxy: this.#proxy, contacted: this.#contacted };
    return networkError(failure, way, path);
  }

  /** An answer whose status is not one we can use. */
  unexpected(path: string, answer: TextAnswer): ComfyGenError {
    const auth = authError(answer.status, this.#name());
    if (auth !== undefined) return auth;
    if (answer.status === 413) return new ComfyGenError('too_large', `${this.#name()}: request too large (413)`);
    if (answer.status >= 500)
      return new ComfyGenError('server_error', `${this.#name()} answered ${path} with ${answer.status}`);
    const { location } = answer.headers;
    const moved = answer.status >= 300 && answer.status < 400 && typeof location === 'string';
    if (moved)
      return new ComfyGenError('not_comfyui', `${this.#name()} redirects ${path} to ${location}`, {
        hint: 'name the address behind it with --host',
      });
    return new ComfyGenError('not_comfyui', `${this.#name()} answered ${path} with ${answer.status}: no ComfyUI?`);
  }

  #name(): string {
    return shownAddress(this.options.address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

function redirectTarget(status: number, location: unknown, from: URL, method: string): URL | undefined {
  if (typeof location !== 'string' || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  if (method === 'POST' && status < 307) return undefined; // would turn into a GET
  return URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

/** 0.2, 0.4, 0.8 … 5 s, with jitter. */
export function backoffMs(tried: number): number {
  return Math.round(Math.min(5000, 200 * 2 ** Math.min(tried, 8)) * (0.75 + Math.random() / 2));
}

/** `Retry-After` in seconds or as a date; at most five minutes. */
export function retryAfterMs(header: unknown): number | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 300_000);
}

/** Waits; rejects with the signal's reason at once when it is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
