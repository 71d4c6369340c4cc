// A CONNECT tunnel through an HTTP proxy, for the WebSocket (ws knows no proxies).
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

/** Opens a tunnel to `target`; TLS is spoken inside it when the target's scheme asks for it. */
export async function openTunnel(
  proxy: string,
  target: URL,
  tls: { readonly ca?: string | undefined; readonly insecure?: boolean | undefined },
  timeoutMs: number,
): Promise<Socket> {
  const via = new URL(proxy);
  const secure = target.protocol === 'https:' || target.protocol === 'wss:';
  const authority = `${target.hostname}:${target.port || (secure ? '443' : '80')}`;
  const credentials = via.username === '' ? undefined : basic(via);
  const raw = await new Promise<Socket>((resolve, reject) => {
    const ask = (via.protocol === 'https:' ? httpsRequest : httpRequest)({
      host: via.hostname,
      port: via.port || (via.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(credentials === undefined ? {} : { 'proxy-authorization': credentials }) },
      timeout: timeoutMs,
    });
    ask.once('connect', (answer, socket: Socket) => {
      if (answer.statusCode === 200) resolve(socket);
      else reject(new Error(`proxy answered ${answer.statusCode ?? 0}`));
    });
    ask.once('timeout', () => ask.destroy(new Error('proxy did not answer')));
    ask.once('error', reject);
    ask.end();
  });
  if (!secure) return raw;
  return tlsConnect({
    socket: raw,
    servername: target.hostname,
    rejectUnauthorized: tls.insecure !== true,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
  });
}

/** The Basic credentials of a URL's user info. */
export function basic(url: URL): string {
  const text = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}
