// One TCP or TLS connection to a server, direct or through a proxy's tunnel, in the time that --connect-timeout allows.
//
// The same connector serves undici (HTTP) and ws. Tried and left aside, with undici 7.30:
// - its ProxyAgent: a proxy that drops CONNECT, or answers it with a page, is asked again without end or pause, and
//   neither signals nor time limits reach a request that waits for such a tunnel;
// - its WebSocket: a refused upgrade tells no status (401 or 502?) and is asked twice, a connection that died cannot be
//   cut (only `close`, which waits for the peer), pongs are seen on a process-wide diagnostics channel alone.
import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { bareHost } from './address.ts';
import { ProxyFailure } from './failures.ts';
import type { Proxy } from './proxy.ts';
import { askForTunnel } from './tunnel.ts';

export type ConnectorOptions = {
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly proxy: Proxy | undefined;
  readonly userAgent: string;
  /** For the whole way: proxy, tunnel and TLS together. */
  readonly timeoutMs: number;
};

export type Target = {
  readonly protocol: string;
  /** Without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: string;
};

export type Connector = (to: Target) => Promise<Socket>;

export function connector({ ca, insecure, proxy, userAgent, timeoutMs }: ConnectorOptions): Connector {
  const open = buildConnector({
    timeout: timeoutMs,
    rejectUnauthorized: insecure !== true,
    ...(ca === undefined ? {} : { ca }),
  });
  const direct = async (to: Target, httpSocket?: Socket): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const options = { ...to, host: authorityHost(to), ...(httpSocket === undefined ? {} : { httpSocket }) };
      open(options, (error, socket) => (error === null ? resolve(socket) : reject(error)));
    });
  if (proxy === undefined) return (to) => direct(to);
  return (to) => throughProxy(to, { proxy: proxy.url, userAgent, timeoutMs, direct });
}

type Through = {
  readonly proxy: URL;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly direct: (to: Target, httpSocket?: Socket) => Promise<Socket>;
};

async function throughProxy(to: Target, through: Through): Promise<Socket> {
  const { timeoutMs } = through;
  let raw: Socket | undefined;
  let isLate = false;
  let stop: (reason: ProxyFailure) => void = () => undefined;
  const late = new Promise<never>((_resolve, reject) => (stop = reject));
  const timer = setTimeout(() => stop(new ProxyFailure(`opened no tunnel within ${timeoutMs / 1000} s`)), timeoutMs);
  const opening = openTunnel(to, through, (socket) => {
    raw = socket;
    if (isLate) raw.destroy();
  });
  try {
    return await Promise.race([opening, late]);
  } catch (failure) {
    isLate = true;
    raw?.destroy();
    opening.then((socket) => socket.destroy()).catch(() => undefined); // it came too late
    throw failure;
  } finally {
    clearTimeout(timer);
  }
}

async function openTunnel(to: Target, through: Through, reached: (raw: Socket) => void): Promise<Socket> {
  const { proxy, userAgent, direct } = through;
  const raw = await direct(targetOf(proxy)).catch((cause: unknown) => {
    throw new ProxyFailure(`does not answer (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
  });
  // without a listener a connection that breaks between two steps would end the process
  raw.on('error', () => undefined);
  reached(raw);
  await askForTunnel(
    raw,
    proxy,
    `${authorityHost(to)}:${to.port || (to.protocol === 'https:' ? '443' : '80')}`,
    userAgent,
  );
  return to.protocol === 'https:' ? direct(to, raw) : raw;
}

function authorityHost({ hostname }: Target): string {
  return hostname.includes(':') ? `[${hostname}]` : hostname;
}

/** Where a URL leads, as a connector takes it. */
export function targetOf(url: URL): Target {
  const secure = /^(https|wss):$/.test(url.protocol);
  return {
    protocol: secure ? 'https:' : 'http:',
    hostname: bareHost(url.hostname),
    port: url.port || (secure ? '443' : '80'),
  };
}
