// A server's node definitions: kept by its version, asked for briefly by who can do without, and why there are none.
import { ComfyGenError, toComfyGenError } from '../errors.ts';
import { lazyDefinitions, membersOf } from '../protocol/lazy-definitions.ts';
import { parseObjectInfo, type ObjectInfo } from '../protocol/object-info.ts';
import type { CoreRoutes } from './core-routes.ts';
import { Silence } from './failures.ts';
import type { DefinitionsCache, KeptDefinitions } from './options.ts';
import type { TextAnswer, Transport } from './transport.ts';

export class Definitions implements AsyncDisposable {
  /** Those last given out came from the cache and may be old. */
  areCached = false;
  readonly #server: string;
  readonly #cache: DefinitionsCache | undefined;
  #ahead: Promise<KeptDefinitions | undefined> | undefined;
  #writing: Promise<void> | undefined;

  /** `server` is its name in the cache; without a cache they are always asked for. */
  constructor(server: string, cache: DefinitionsCache | undefined) {
    this.#server = server;
    this.#cache = cache;
  }

  /** What the server gave last, whatever its version: read while that is asked for, or instead of asking. */
  latest(): Promise<KeptDefinitions | undefined> {
    this.#ahead ??= this.#cache?.latest(this.#server) ?? Promise.resolve(undefined);
    return this.#ahead;
  }

  /** From the cache when it holds this server's version, else from the server. */
  async get(core: CoreRoutes, ask: (path: string) => Promise<TextAnswer>, fresh: boolean): Promise<ObjectInfo> {
    const { version } = core.stats;
    const kept = fresh || version === undefined ? undefined : await this.#kept(version);
    this.areCached = kept !== undefined;
    if (kept !== undefined) return lazyDefinitions(kept);
    const path = core.path('/object_info');
    const answer = await ask(path);
    const members = answer.status === 200 ? membersOf(answer.text) : undefined;
    if (members === undefined) return parseObjectInfo(core.transport.parse(path, answer));
    if (version !== undefined) this.#writing = this.#cache?.write(this.#server, { version, members });
    return lazyDefinitions(members);
  }

  async #kept(version: string): Promise<readonly string[] | undefined> {
    const ahead = await this.#ahead;
    this.#ahead = undefined; // another time there may be newer ones
    return ahead?.version === version ? ahead.members : this.#cache?.read(this.#server, version);
  }

  /** No job waits until they are written; the end of the connection does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
  }
}

/** Repeated once after silence, a 5xx or a broken connection. */
export function askBriefly(transport: Transport, path: string, signal?: AbortSignal): Promise<TextAnswer> {
  return transport.retry((s) => transport.text(path, { signal: s }), signal, path, { retries: 1, patienceMs: 0 });
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
