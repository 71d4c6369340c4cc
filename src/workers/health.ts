// `/healthz`: what a supervisor asks a worker; 200 while Redis and at least one server answer, else 503.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ComfyGenError } from '../errors.ts';

export type Health = {
  readonly redis: boolean;
  readonly servers: readonly { readonly server: string; readonly up: boolean; readonly jobs: number }[];
};

/** Listens. Throws `port_taken`. */
export async function startHealth(
  { port, listen }: { readonly port: number; readonly listen: string },
  look: () => Health,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const isKnown = request.method === 'GET' && request.url?.split('?')[0] === '/healthz';
    const health = look();
    const ok = health.redis && health.servers.some(({ up }) => up);
    response.writeHead(isKnown ? (ok ? 200 : 503) : 404, { 'content-type': 'application/json' });
    response.end(isKnown ? JSON.stringify({ ok, ...health }) : '{}');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new ComfyGenError('port_taken', `cannot listen on ${listen}:${port}`, {
          cause,
          hint: 'choose another with <option healthz>',
        }),
      ),
    );
    server.listen(port, listen, resolve);
  });
  server.unref();
  const { port: own } = server.address() as AddressInfo; // a TCP server has one
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://${listen.includes(':') ? `[${listen}]` : listen}:${own}/healthz`, stop };
}
