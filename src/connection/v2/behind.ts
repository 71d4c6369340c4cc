// The ComfyUI behind a server of Comfy API v2: what v2 does not tell (definitions, models) is asked there.
import { readUrl } from '../address.ts';
import { CoreRoutes } from '../core-routes.ts';
import type { Handshake, Meant } from '../handshake.ts';
import { Transport } from '../transport.ts';

type Shake = (transport: Transport, meant: Meant, signal?: AbortSignal) => Promise<Handshake>;

const patienceMs = 3000;

/**
 * Its routes; undefined where it cannot be reached from here. It is another server: nothing secret goes there, and a
 * loopback address that a server elsewhere names is its own, not ours.
 */
export async function reachBehind(
  front: Transport,
  upstream: string | undefined,
  { shake, signal }: { readonly shake: Shake; readonly signal?: AbortSignal | undefined },
): Promise<CoreRoutes | undefined> {
  const url = upstream === undefined ? undefined : readUrl(upstream);
  if (url === undefined || (isLoopback(url) && !isLoopback(front.options.address))) return undefined;
  const transport = new Transport({
    ...front.options,
    address: url,
    headers: {},
    connectTimeoutMs: Math.min(front.options.connectTimeoutMs, patienceMs),
    retries: 1,
    waitForServerMs: 0,
    hintIfRefused: undefined,
  });
  try {
    const found = await shake(transport, { api: 'core' }, signal);
    if (found.api === 'core') return found.routes;
  } catch {
    signal?.throwIfAborted();
  }
  await transport[Symbol.asyncDispose]();
  return undefined;
}

const isLoopback = ({ hostname }: URL): boolean => /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
