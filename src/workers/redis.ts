// The connection to Redis: its address, its password from the environment, first contact, and what its failures mean.
import type { Redis, RedisOptions } from 'ioredis';
import { ComfyGenError } from '../errors.ts';
import { second } from './names.ts';
import type { Packages } from './packages.ts';

export type RedisAddress = {
  /** `redis://host:6379/0` or `rediss://…`; without a scheme it is `redis://`. */
  readonly url: string;
  /** Over a password in the address. */
  readonly password?: string | undefined;
  /** PEM text of a certificate authority to trust, for `rediss://`. */
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly connectTimeoutMs: number;
  /** A Redis that went away may take so long to come back; without end by default. */
  readonly patienceMs?: number | undefined;
  /** What somebody should know: it went away, it is back. */
  readonly notify: (message: string) => void;
};

/** Connects. Throws `unreachable` and `auth`. The caller ends it with `disconnect()`. */
export async function openRedis({ Redis }: Packages, address: RedisAddress): Promise<Redis> {
  const url = parseUrl(address.url);
  const shown = `${url.protocol}//${url.host}`;
  let isUp = false;
  let downAt: number | undefined;
  const options: Omit<RedisOptions, 'replyMapping'> = {
    lazyConnect: true,
    connectTimeout: address.connectTimeoutMs,
    maxRetriesPerRequest: null, // BullMQ: a command waits until Redis is back
    enableAutoPipelining: true,
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(url.protocol === 'rediss:' ? { tls: tlsOf(address) } : {}),
    retryStrategy: (tried) => {
      if (!isUp) return null; // first contact: at once or not at all
      if (tried === 1 || downAt === undefined) downAt = performance.now();
      const isLate = performance.now() - downAt > (address.patienceMs ?? Infinity);
      return isLate ? null : Math.min(50 * 2 ** Math.min(tried, 6), second);
    },
  };
  const redis = new Redis(url.href, options);
  let failure: unknown;
  redis.on('error', (error: unknown) => (failure = error));
  let isTold = false; // of this connection: those that BullMQ makes of it share its options
  redis.on('reconnecting', () => {
    if (!isTold) address.notify(`${shown} does not answer: waiting for it`);
    isTold = true;
  });
  redis.on('ready', () => {
    if (isTold) address.notify(`${shown} is back`);
    isTold = false;
  });
  try {
    await redis.connect();
    await redis.ping();
    isUp = true;
    return redis;
  } catch (error) {
    redis.disconnect();
    throw asRedisError(failure ?? error, shown);
  }
}

function tlsOf({ ca, insecure }: RedisAddress): NonNullable<RedisOptions['tls']> {
  return { rejectUnauthorized: insecure !== true, ...(ca === undefined ? {} : { ca }) };
}

function parseUrl(written: string): URL {
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(written) ? written : `redis://${written}`);
    if (url.hostname !== '') return url;
  } catch {
    // the same message for both
  }
  throw new ComfyGenError('bad_option', 'is no address like redis://127.0.0.1:6379', { option: 'redis' });
}

/** What ioredis and BullMQ throw, as one of our errors. */
export function asRedisError(cause: unknown, shown = 'Redis'): ComfyGenError {
  if (cause instanceof ComfyGenError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const hint = 'start one with `redis-server`, or name its address with <option redis>';
  if (/NOAUTH|WRONGPASS|invalid password|AUTH/.test(message))
    return new ComfyGenError('unauthorized', `${shown} refuses the credentials`, {
      cause,
      hint: 'set COMFY_GEN_REDIS_PASSWORD, or give the address with its user in COMFY_GEN_REDIS_URL',
    });
  if (/certificate|self-signed|TLS|SSL/i.test(message) || /CERT|TLS|SSL/.test(code))
    return new ComfyGenError('tls_failed', `${shown}: ${message}`, { cause });
  if (code === 'ECONNREFUSED') return new ComfyGenError('connection_refused', `no Redis at ${shown}`, { cause, hint });
  return new ComfyGenError('connection_failed', `no Redis at ${shown} (${message})`, { cause, hint });
}
