// Which of the servers that are meant answer; where none was named and none does, which other one on this machine would.
import { Connection } from '../connection/connection.ts';
import { withDeadline } from '../connection/patience.ts';
import { reasons, toComfyGenError, type ComfyGenError } from '../errors.ts';
import { failedBy, well, type Check } from './check.ts';

type Stats = Awaited<ReturnType<Connection['handshake']>>;
export type Found = { readonly server: Connection; readonly stats: Stats };

/** Where a ComfyUI usually listens on one's own machine: the server's port and the desktop app's, and the next ones. */
const usualPorts: readonly number[] = [8188, 8000, 8189, 8001];
/** Whatever listens there has so long to answer. */
const localMs = 1500;

/** The first ComfyUI that answers at a usual port of this machine. It is only named: no secret is sent to it. */
export async function findLocalServer(
  signal?: AbortSignal,
  ports: readonly number[] = usualPorts,
): Promise<string | undefined> {
  using limit = withDeadline(localMs, signal);
  const found = new AbortController();
  const over = AbortSignal.any([limit.signal, found.signal]);
  const answers = ports.map(async (port) => {
    await using server = new Connection({ host: '127.0.0.1', port, retries: 0 });
    await server.handshake(over);
    return server.server;
  });
  try {
    return await Promise.any(answers);
  } catch {
    return undefined; // none answers
  } finally {
    found.abort();
  }
}

/**
 * A check for each server that is meant. `elsewhere` is asked for only when none of them answers, and only named: a doctor
 * that passed on another server than the one that is used would be of no use.
 */
export async function* reachServers(
  servers: readonly Connection[],
  elsewhere: () => Promise<string | undefined>,
  signal: AbortSignal,
): AsyncGenerator<Check, readonly Found[]> {
  const reached: { readonly server: Connection; readonly stats: Stats | ComfyGenError }[] = [];
  for (const server of servers) reached.push({ server, stats: await reach(server, signal) });
  const found = reached.flatMap(({ server, stats }) => ('raw' in stats ? [{ server, stats }] : []));
  const other = found.length > 0 ? undefined : await elsewhere();
  for (const { server, stats } of reached) {
    const facts = { server: server.server };
    if ('raw' in stats) yield well('address', `${server.server} answers`, facts);
    else {
      const failed = failedBy('address', stats, facts);
      const next = stats.reason === 'connection_refused' ? startIt : failed.next;
      yield { ...failed, next: other === undefined ? next : nextFor(other) };
    }
  }
  return found;
}

/** Nobody hears a server that ended: what it wrote last says why (protocol.md 16). */
const startIt =
  `${reasons.connection_refused.hint}; ` +
  'one that ends at once with ASSETS_STARTUP_FAILED starts with --disable-assets, or: in_use: another ComfyUI has its user folder (--user-directory); newer_revision: the folder is of a newer ComfyUI (update); missing_packages: pip install -r requirements.txt';

const nextFor = (server: string): string =>
  `a ComfyUI answers at ${server}: name it with <option host> ${server}, COMFY_GEN_HOST, or host in .comfyrc`;

async function reach(server: Connection, signal: AbortSignal): Promise<Stats | ComfyGenError> {
  try {
    return await server.handshake(signal);
  } catch (error) {
    signal.throwIfAborted();
    return toComfyGenError(error);
  }
}
