// One TCP or TLS connection to a server, direct or through a proxy's tunnel, in the time that --connect-timeout allows.
//
// The same connector serves HTTP (agent.ts) and the WebSocket.
import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { bareHost } from './address.ts';
import { DivertibleSocket } from './large-body.ts';
import { ConnectTimeout, messageOf, ProxyFailure } from './failures.ts';
import { askForTunnel, type Proxy } from './proxy.ts';

export type ConnectorOptions = {
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly proxy: Proxy | undefined;
  readonly userAgent: string;
  /** For the whole way: proxy, tunnel and TLS together. */
  readonly timeoutMs: number;
  /** Gives up what is still being opened: nothing of it keeps the process alive. */
  readonly signal?: AbortSignal | undefined;
};

export type Target = {
  readonly protocol: string;
  /** Without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: string;
};

export type Connector = (to: Target) => Promise<Socket>;

export function connector(options: ConnectorOptions): Connector {
  const { proxy, userAgent, timeoutMs } = options;
  const direct = directConnector(options);
  if (proxy === undefined) return (to) => direct(to);
  return (to) => throughProxy(to, { proxy: proxy.url, userAgent, timeoutMs, direct });
}

/** Without a proxy; `tunnel` is a connection that stands already, for TLS to begin on it. */
type DirectConnector = (to: Target, tunnel?: Socket) => Promise<Socket>;

function directConnector({ ca, insecure, timeoutMs, signal }: ConnectorOptions): DirectConnector {
  const sessions = new Map<string, Buffer>(); // a second connection need not agree on keys again
  const secured = (to: Target, tunnel: Socket | undefined): Socket => {
    const session = sessions.get(to.hostname);
    const socket = connectTls({
      host: to.hostname,
      port: Number(to.port),
      ...(tunnel === undefined ? {} : { socket: tunnel }),
      ...(isIP(to.hostname) === 0 ? { servername: to.hostname } : {}),
      ...(ca === undefined ? {} : { ca }),
      ...(session === undefined ? {} : { session }),
      rejectUnauthorized: insecure !== true,
      ALPNProtocols: ['http/1.1'],
    });
    return socket.on('session', (fresh) => sessions.set(to.hostname, fresh));
  };
  return async (to, tunnel) => {
    signal?.throwIfAborted();
    const isSecure = to.protocol === 'https:';
    const socket = isSecure
      ? secured(to, tunnel)
      : new DivertibleSocket().connect({ host: to.hostname, port: Number(to.port) });
    const late = (): unknown => socket.destroy(new ConnectTimeout(`no connection within ${timeoutMs / 1000} s`));
    const timer = setTimeout(late, timeoutMs);
    const stop = (): unknown => socket.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
    return new Promise<Socket>((resolve, reject) => {
      socket.once('error', reject); // stays until there is somebody else who listens
      socket.once('close', () => reject(new Error('the connection was closed')));
      socket.once(isSecure ? 'secureConnect' : 'connect', () => resolve(socket));
    }).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    });
  };
}

/** Without traffic for so long the system asks whether the other end is still there. */
const keepAliveMs = 60_000;

type Through = {
  readonly proxy: URL;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly direct: DirectConnector;
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
    throw new ProxyFailure(`does not answer (${messageOf(cause)})`, { cause });
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
