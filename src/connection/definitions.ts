// Node definitions for who can do without them: asked for briefly, and what stood in the way is told apart from no server.
import { ComfyGenError, toComfyGenError } from '../errors.ts';
import { Silence } from './failures.ts';
import type { Transport } from './transport.ts';

/** `/object_info`, repeated once after silence, a 5xx or a broken connection. */
export async function askBriefly(transport: Transport, path: string, signal?: AbortSignal): Promise<unknown> {
  const answer = await transport.retry((s) => transport.text(path, { signal: s }), signal, path, {
    retries: 1,
    patienceMs: 0,
  });
  return transport.parse(path, answer);
}

/** Why there are no definitions, if the server is there all the same; else the failure is thrown. */
export async function withoutDefinitions(
  transport: Transport,
  thrown: unknown,
  probe: string,
  signal?: AbortSignal,
): Promise<ComfyGenError> {
  signal?.throwIfAborted();
  const failure = toComfyGenError(thrown);
  const answered = failure.code !== 'unreachable' || ['server_error', 'not_comfyui'].includes(failure.reason);
  if (answered || failure.cause instanceof Silence) return failure;
  await transport.text(probe, { signal }).catch(() => {
    signal?.throwIfAborted();
    throw failure;
  });
  return failure;
}
