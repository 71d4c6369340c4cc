// What goes wrong on the way to a server, as our errors: refused, unresolved, TLS, proxy, time-outs, credentials.
import { ComfyGenError, type Reason } from '../errors.ts';

/** The system's or undici's error code somewhere in a chain of causes. */
export function codeOf(failure: unknown): string {
  for (let e = failure; typeof e === 'object' && e !== null; e = (e as { cause?: unknown }).cause) {
    if ('code' in e && typeof e.code === 'string') return e.code;
    if ('errors' in e && Array.isArray(e.errors) && e.errors.length > 0) return codeOf(e.errors[0]);
  }
  return '';
}

export function isRefused(failure: unknown): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(codeOf(failure));
}

/** Time does not mend it: a certificate that is not accepted, a proxy that wants credentials. */
export function isFinal(failure: unknown): boolean {
  return tls.test(codeOf(failure)) || (failure instanceof Error && isProxyRefusal(failure.message));
}

const tls = /CERT|SSL|TLS|ALTNAME|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/;

/** What undici says of a proxy that answered CONNECT with 407. */
function isProxyRefusal(text: string): boolean {
  return /proxy/i.test(text) && /\b407\b/.test(text);
}

export type Way = {
  readonly server: string;
  /** The proxy in between, without credentials. */
  readonly proxy: string | undefined;
  /** The server had answered before. */
  readonly contacted: boolean;
};

/** A failed request explained; ComfyGenErrors pass through. */
export function networkError(failure: unknown, { server, proxy, contacted }: Way, path: string): ComfyGenError {
  if (failure instanceof ComfyGenError) return failure;
  const code = codeOf(failure);
  const text = failure instanceof Error ? failure.message : String(failure);
  const make = (reason: Reason, message: string): ComfyGenError =>
    new ComfyGenError(reason, message, { cause: failure });
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return new ComfyGenError('tls_failed', `${server}: what answers there speaks no TLS`, {
      hint: 'write http:// instead of https://',
      cause: failure,
    });
  if (tls.test(code)) return make('tls_failed', `${server}: its TLS certificate was not accepted (${code})`);
  if (isProxyRefusal(text)) return make('proxy_auth', `${server}: the proxy ${proxy ?? ''} wants credentials (407)`);
  if (/proxy/i.test(text) && !/^E/.test(code))
    return make('proxy_failed', `${server}: the proxy ${proxy ?? ''} did not let us through (${text})`);
  if (proxy !== undefined && isRefused(failure))
    return make('proxy_failed', `${server}: the proxy ${proxy} does not answer (${code})`);
  if (contacted) return make('server_gone', `${server} stopped answering (${code || text}) at ${path}`);
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return make('connect_timeout', `${server} did not answer in time`);
  if (code === 'ECONNREFUSED') return make('connection_refused', `${server} refused the connection`);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return make('connection_failed', `${server}: no such host name`);
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return make('connect_timeout', `${server} sent nothing for too long at ${path}`);
  return make('connection_failed', `${server}: the connection failed (${code || text})`);
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
