// What goes wrong on the way to a server, as our errors: refused, unresolved, TLS, proxy, time-outs, credentials.
import { ComfyGenError, type Reason } from '../errors.ts';

/** The proxy did it: it did not answer, refused, or answered CONNECT with something else than a tunnel. */
export class ProxyFailure extends Error {
  override name = 'ProxyFailure';
  /** What it answered CONNECT with, where it did. */
  readonly status: number | undefined;
  constructor(message: string, more: { readonly status?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.status = more.status;
  }
}

/** No connection in the time that it may take. */
export class ConnectTimeout extends Error {
  override name = 'ConnectTimeout';
  readonly code = 'ETIMEDOUT';
}

/** No byte went or came for so long that the request counts as failed. */
export class Silence extends Error {
  override name = 'Silence';
  readonly code = 'SILENCE';
  constructor(ms: number) {
    super(`nothing came for ${ms / 1000} s`);
  }
}

/** The system's or Node's error code somewhere in a chain of causes. */
function codeOf(failure: unknown): string {
  for (let e = failure; typeof e === 'object' && e !== null; e = (e as { cause?: unknown }).cause) {
    if ('code' in e && typeof e.code === 'string') return e.code;
    if ('errors' in e && Array.isArray(e.errors) && e.errors.length > 0) return codeOf(e.errors[0]);
  }
  return '';
}

export function isRefused(failure: unknown): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(codeOf(failure));
}

/** Time does not mend it: a certificate that is not accepted, a proxy that wants credentials, a request that cannot be one. */
export function isFinal(failure: unknown): boolean {
  const code = codeOf(failure);
  if (tls.test(code) || isTlsAlert(failure)) return true;
  return /^ERR_(HTTP_)?(INVALID|UNESCAPED)_/.test(code) || proxyFailure(failure)?.status === 407;
}

/** What came where HTTP was to come begins as TLS does when it has something to complain of. */
function isTlsAlert(failure: unknown): boolean {
  const bytes = failure instanceof Error && 'rawPacket' in failure ? failure.rawPacket : undefined;
  return bytes instanceof Uint8Array && bytes[0] === 21 && bytes[1] === 3;
}

const tls = /CERT|SSL|TLS|ALTNAME|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/;

export function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

function proxyFailure(failure: unknown): ProxyFailure | undefined {
  for (let e = failure; e instanceof Error; e = e.cause) if (e instanceof ProxyFailure) return e;
  return undefined;
}

export type Way = {
  readonly server: string;
  /** The proxy in between, without credentials, and what to do if it should not be asked. */
  readonly proxy: { readonly shown: string; readonly without: string } | undefined;
  /** The server had answered before. */
  readonly contacted: boolean;
};

/** A failed request explained; ComfyGenErrors pass through. */
export function networkError(failure: unknown, way: Way, path: string): ComfyGenError {
  if (failure instanceof ComfyGenError) return failure;
  const { server, contacted } = way;
  const byProxy = proxyFailure(failure);
  if (byProxy !== undefined) return proxyError(byProxy, way);
  const code = codeOf(failure);
  const isOurs = failure instanceof Silence || failure instanceof ConnectTimeout; // whose words say more than a code
  const why = code === '' || isOurs ? messageOf(failure) : code;
  const make = (reason: Reason, message: string): ComfyGenError =>
    new ComfyGenError(reason, message, { cause: failure });
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return new ComfyGenError('tls_failed', `${server}: what answers there speaks no TLS`, {
      hint: 'write http:// instead of https://',
      cause: failure,
    });
  if (isTlsAlert(failure)) return speaksTls(server, failure);
  if (code.startsWith('HPE_'))
    return make('not_comfyui', `${server}: what answers ${path} is no HTTP that can be read (${code})`);
  if (tls.test(code)) return make('tls_failed', `${server}: its TLS certificate was not accepted (${code})`);
  if (contacted) return make('server_gone', `${server} stopped answering (${why}) at ${path}`);
  if (way.proxy !== undefined)
    return new ComfyGenError('proxy_failed', `${server}: nothing came through the proxy ${way.proxy.shown} (${why})`, {
      hint: way.proxy.without,
      cause: failure,
    });
  if (['ETIMEDOUT', 'SILENCE'].includes(code)) return make('connect_timeout', `${server} did not answer in time`);
  if (code === 'ECONNREFUSED') return make('connection_refused', `${server} refused the connection`);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new ComfyGenError('connection_failed', `${server}: no such host name`, {
      hint: 'check the name in <option host>, and whether this machine is online',
      cause: failure,
    });
  if (['ECONNRESET', 'EPIPE'].includes(code))
    return new ComfyGenError('connection_failed', `${server} closed the connection without an answer (${code})`, {
      hint: server.startsWith('https:')
        ? 'if it speaks no TLS, write http:// instead of https://'
        : 'if it speaks TLS, write https:// instead of http://',
      cause: failure,
    });
  return make('connection_failed', `${server}: the connection failed (${why})`);
}

/** The error for `http://` where TLS is spoken. */
export function speaksTls(server: string, cause?: unknown): ComfyGenError {
  return new ComfyGenError('tls_failed', `${server}: what answers there speaks TLS`, {
    hint: 'write https:// instead of http://',
    cause,
  });
}

function proxyError(failure: ProxyFailure, { server, proxy }: Way): ComfyGenError {
  const named = `${server}: the proxy ${proxy?.shown ?? ''}`;
  const code = codeOf(failure);
  const more = { cause: failure, hint: proxy?.without };
  if (failure.status === 407)
    return new ComfyGenError('proxy_auth', `${named} wants credentials (407)`, {
      cause: failure,
      hint: "put them into the proxy's address: http://user:password@proxy.example:3128",
    });
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return new ComfyGenError('proxy_failed', `${named} speaks no TLS`, {
      cause: failure,
      hint: "write http:// instead of https:// in the proxy's address",
    });
  if (tls.test(code))
    return new ComfyGenError('tls_failed', `${named}: its TLS certificate was not accepted (${code})`, {
      cause: failure,
    });
  if (isRefused(failure)) return new ComfyGenError('proxy_failed', `${named} does not answer (${code})`, more);
  return new ComfyGenError('proxy_failed', `${named} ${failure.message}`, more);
}

/** 401, 402, 403, 407 and 429 as an error of kind `auth`. */
export function authError(status: number, server: string): ComfyGenError | undefined {
  if (status === 401) return new ComfyGenError('unauthorized', `${server} wants credentials (401)`);
  if (status === 402) return new ComfyGenError('payment_required', `${server} wants payment (402)`);
  if (status === 403) return new ComfyGenError('forbidden', `${server} refused access (403)`);
  if (status === 407) return new ComfyGenError('proxy_auth', `${server}: the proxy wants credentials (407)`);
  if (status === 429) return new ComfyGenError('rate_limited', `${server} says too many requests (429)`);
  return undefined;
}
