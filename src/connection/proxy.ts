// Which proxy a server is reached through (--proxy, else HTTP_PROXY / HTTPS_PROXY, minus NO_PROXY), and a tunnel through it.
import { request } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { ComfyGenError, optionName } from '../errors.ts';
import { bareHost, readUrl } from './address.ts';
import { ProxyFailure } from './failures.ts';
import { basic } from './secrets.ts';

export type ProxyVariables = {
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
};

export type Proxy = {
  readonly url: URL;
  /** Who named it: `--proxy`, `HTTP_PROXY`, `HTTPS_PROXY`. */
  readonly from: string;
};

/** The proxy for this server, or undefined for a direct connection. An explicit one knows no exceptions. */
export function chooseProxy(
  address: URL,
  explicit: string | undefined,
  variables: ProxyVariables | undefined,
): Proxy | undefined {
  if (explicit !== undefined && explicit.trim() !== '') return checked(explicit, optionName('proxy'));
  const secure = address.protocol === 'https:';
  const found = secure ? variables?.httpsProxy : variables?.httpProxy;
  if (found === undefined || found.trim() === '' || isExempt(address, variables?.noProxy ?? '')) return undefined;
  return checked(found, secure ? 'HTTPS_PROXY' : 'HTTP_PROXY');
}

/** As `chooseProxy`, its URL alone. */
export function proxyFor(...asked: Parameters<typeof chooseProxy>): string | undefined {
  return chooseProxy(...asked)?.url.href;
}

/** With its scheme; what is no address is `bad_option`, and never shown: it may hold credentials. */
function checked(proxy: string, from: string): Proxy {
  const written = proxy.trim();
  const url = readUrl(written.includes('://') ? written : `http://${written}`);
  if (url !== undefined) return { url, from };
  throw new ComfyGenError('bad_option', `${from}: cannot read it as the address of a proxy`, {
    hint: 'write it like http://proxy.example:3128; SOCKS is not spoken',
  });
}

/**
 * `*`, `host`, `.domain`, `domain`, each with an optional `:port`, as curl reads NO_PROXY; networks (`10.0.0.0/8`,
 * `fd00::/8`) as curl, Go and Python do; `127.*` and `<local>` as Windows writes them.
 */
export function isExempt(address: URL, noProxy: string): boolean {
  const host = bareHost(address.hostname.toLowerCase());
  const port = address.port || (address.protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      if (entry === '<local>') return isIP(host) === 0 && !host.includes('.');
      if (entry.includes('/')) return isInNetwork(host, entry);
      const { name, wanted } = nameAndPort(entry);
      if (wanted !== undefined && wanted !== port) return false;
      return isIP(host) === 0 ? isInDomain(host, name) : isAddress(host, name);
    });
}

/** `[::1]:8188`, `::1`, `box:8188`, `box`. */
function nameAndPort(entry: string): { readonly name: string; readonly wanted: string | undefined } {
  if (isIP(entry) === 6) return { name: entry, wanted: undefined };
  const [, name = entry, wanted] = /^(\[.*\]|[^[]+?)(?::(\d+))?$/.exec(entry) ?? [];
  return { name: bareHost(name), wanted };
}

function isInDomain(host: string, name: string): boolean {
  const domain = name.replace(/^\*?\./, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function isAddress(host: string, name: string): boolean {
  if (/^(\d{1,3}\.){1,3}\*?$/.test(name)) return host.startsWith(name.replace(/\*$/, '')); // 127.* and 127.
  if (isIP(name) === 6) return isInNetwork(host, `${name}/128`); // one address has several spellings
  return host === name;
}

function isInNetwork(host: string, network: string): boolean {
  const family = isIP(host);
  const [start = '', bits = ''] = network.split('/');
  const base = bareHost(start);
  if (family === 0 || isIP(base) !== family || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(base, Number(bits), type);
  return list.check(host, type);
}

/**
 * Asks the proxy at the other end of `socket` (CONNECT) for a tunnel to `authority` (`host:port`). The caller keeps the time:
 * it destroys the socket, and the wait ends. Throws ProxyFailure.
 */
export async function askForTunnel(socket: Socket, proxy: URL, authority: string, userAgent: string): Promise<void> {
  const login = basic(proxy);
  const headers = {
    host: authority,
    'user-agent': userAgent,
    ...(login === undefined ? {} : { 'proxy-authorization': login }),
  };
  const { status, early } = await new Promise<{ status: number; early: number }>((resolve, reject) => {
    const ask = request({ method: 'CONNECT', path: authority, headers, createConnection: () => socket });
    ask.once('connect', (answer, _socket, head: Buffer) =>
      resolve({ status: answer.statusCode ?? 0, early: head.length }),
    );
    ask.once('error', (cause) =>
      reject(new ProxyFailure('closed the connection instead of opening a tunnel', { cause })),
    );
    ask.end();
  });
  if (status < 200 || status > 299)
    throw new ProxyFailure(`did not let us through (it answered ${status})`, { status });
  await setImmediate(); // one that hangs up after its answer has done so now
  // the server never speaks first: what comes before we said a word is the proxy's own page
  if (early > 0 || socket.readableLength > 0)
    throw new ProxyFailure('answered with a page of its own instead of opening a tunnel');
  if (socket.destroyed || socket.readableEnded || !socket.writable)
    throw new ProxyFailure('closed the tunnel as soon as it was open');
}
