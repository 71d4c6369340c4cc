// Does a WebSocket get through to the server, up to its first `status`? A proxy that blocks it is named.
import type { Connection } from '../connection/connection.ts';
import { pause } from '../connection/transport.ts';
import { fail, well, type Check } from './check.ts';

const patienceMs = 3000;

export async function checkSocket(server: Connection, proxy: string | undefined, signal: AbortSignal): Promise<Check> {
  const began = performance.now();
  const socket = server.socket(false);
  const deadline = began + patienceMs;
  // both places of the route are tried by turns: one failed attempt says little
  while (socket.state !== 'open' && socket.state !== 'unavailable' && performance.now() < deadline) {
    if (!(await socket.ready(deadline - performance.now(), signal))) await pause(100, signal);
  }
  const ms = Math.round(performance.now() - began);
  if (socket.state === 'open')
    return well('websocket', `opens and sends the first status (${ms} ms)`, { server: server.server, ms });
  const between = proxy === undefined ? await whoAnswers(server, signal) : `the proxy ${proxy}`;
  const why = socket.lastError ?? 'nothing came through';
  const culprit = between === undefined ? 'something on the way, or the server itself,' : between;
  return fail(
    'websocket',
    'unreachable',
    `the WebSocket does not come through: ${culprit} blocks it (${why})`,
    'let it pass upgrades of /ws (nginx: proxy_http_version 1.1 and the Upgrade and Connection headers); until then jobs are polled, without live progress',
    { server: server.server, ms, facts: { error: why, between: between ?? null } },
  );
}

/** The name of what stands before ComfyUI, which itself says `Python/… aiohttp/…`. */
async function whoAnswers(server: Connection, signal: AbortSignal): Promise<string | undefined> {
  const answer = await server.ping(signal).catch(() => undefined);
  const { via, server: name } = answer?.headers ?? {};
  if (typeof via === 'string' && via !== '') return `the proxy ${via}`;
  if (typeof name === 'string' && name !== '' && !/aiohttp|comfy-gen/i.test(name)) return `the proxy ${name}`;
  return undefined;
}
