// A CONNECT tunnel: what is said to an HTTP proxy before the server can be spoken to through it.
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { ProxyFailure } from './failures.ts';
import { basic } from './secrets.ts';

/**
 * Asks the proxy at the other end of `socket` for a tunnel to `authority` (`host:port`). The caller keeps the time:
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
