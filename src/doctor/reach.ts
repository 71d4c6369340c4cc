// Which of the servers that are meant answer; where none was named and none does, which other one on this machine would.
import type { Connection } from '../connection/connection.ts';
import { toComfyGenError, type ComfyGenError } from '../errors.ts';
import { failedBy, well, type Check } from './check.ts';

type Stats = Awaited<ReturnType<Connection['handshake']>>;
export type Found = { readonly server: Connection; readonly stats: Stats };

/** Where a ComfyUI usually listens on one's own machine: the server's port, and the desktop app's. */
export const usualPorts: readonly number[] = [8188, 8000];

/**
 * A check for each server that is meant. `others` are asked only when none of them answers, and only named: a doctor that
 * passed on another server than the one that is used would be of no use.
 */
export async function* reachServers(
  servers: readonly Connection[],
  others: () => Promise<readonly Connection[]>,
  signal: AbortSignal,
): AsyncGenerator<Check, readonly Found[]> {
  const reached: { readonly server: Connection; readonly stats: Stats | ComfyGenError }[] = [];
  for (const server of servers) reached.push({ server, stats: await reach(server, signal) });
  const found = reached.flatMap(({ server, stats }) => ('raw' in stats ? [{ server, stats }] : []));
  const elsewhere = found.length > 0 ? undefined : await firstThatAnswers(await others(), signal);
  for (const { server, stats } of reached) {
    const facts = { server: server.server };
    if ('raw' in stats) yield well('address', `${server.server} answers`, facts);
    else {
      const failed = failedBy('address', stats, facts);
      const next = stats.reason === 'connection_refused' ? `${failed.next ?? ''}; ${endedAtOnce}` : failed.next;
      yield { ...failed, next: elsewhere === undefined ? next : nextFor(elsewhere) };
    }
  }
  return found;
}

/** Nobody hears a server that ended: what it wrote last says why (protocol.md 16). */
const endedAtOnce =
  'one that ends at once with ASSETS_STARTUP_FAILED starts with --disable-assets, or: in_use: another ComfyUI has its user folder (--user-directory); newer_revision: the folder is of a newer ComfyUI (update); missing_packages: pip install -r requirements.txt';

const nextFor = ({ server }: Connection): string =>
  `a ComfyUI answers at ${server}: name it with <option host> ${server}, COMFY_GEN_HOST, or host in .comfyrc`;

async function firstThatAnswers(servers: readonly Connection[], signal: AbortSignal): Promise<Connection | undefined> {
  for (const server of servers) if ('raw' in (await reach(server, signal))) return server;
  return undefined;
}

async function reach(server: Connection, signal: AbortSignal): Promise<Stats | ComfyGenError> {
  try {
    return await server.handshake(signal);
  } catch (error) {
    signal.throwIfAborted();
    return toComfyGenError(error);
  }
}
