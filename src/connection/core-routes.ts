// ComfyUI's own routes that tell of a server, under the prefix that it wants.
import type { OutputRef, SystemStats } from '../protocol/http.ts';
import { tryParseJson } from '../protocol/json.ts';
import type { Transport } from './transport.ts';

export class CoreRoutes {
  readonly transport: Transport;
  readonly stats: SystemStats;
  readonly #prefix: '/api' | '';

  constructor(transport: Transport, { prefix, stats }: { readonly prefix: '/api' | ''; readonly stats: SystemStats }) {
    this.transport = transport;
    this.stats = stats;
    this.#prefix = prefix;
  }

  /** A route with the prefix that this server wants. */
  path(route: string): string {
    return `${this.#prefix}${route}`;
  }

  /** `GET` of any route as parsed JSON; undefined when the server has no such route. */
  async get(route: string, signal?: AbortSignal): Promise<unknown> {
    return this.transport.json(this.path(route), { signal });
  }

  /** As `get`, but whatever the server refuses is "not known": undefined. */
  async peek(route: string, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.transport.text(this.path(route), { signal }).catch(() => undefined);
    signal?.throwIfAborted();
    return answer?.status === 200 ? tryParseJson(answer.text) : undefined;
  }

  /** A file that the server serves without prefix (`/templates/…`), as parsed JSON; undefined when it has none. */
  async static(path: string, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.transport.safe(path, { signal });
    return answer.status === 200 ? tryParseJson(answer.text) : undefined;
  }

  /** Is the file there? Undefined when the server does not say. Its first byte is all that is asked for. */
  async hasFile(
    file: Pick<OutputRef, 'filename' | 'subfolder' | 'type'>,
    signal?: AbortSignal,
  ): Promise<boolean | undefined> {
    const headers = { range: 'bytes=0-0' };
    const answer = await this.transport.once(this.viewPath(file), { headers, signal });
    await answer.body.dump();
    if (answer.status === 404) return false;
    return answer.status === 200 || answer.status === 206 ? true : undefined;
  }

  /** Takes effect between two jobs (protocol.md 5). */
  async free(signal?: AbortSignal): Promise<void> {
    await this.transport.safe(this.path('/free'), {
      method: 'POST',
      body: '{"unload_models":true,"free_memory":true}',
      headers: { 'content-type': 'application/json' },
      signal,
    });
  }

  viewPath({ filename, subfolder, type }: Pick<OutputRef, 'filename' | 'subfolder' | 'type'>): string {
    return this.path(`/view?${new URLSearchParams({ filename, subfolder, type }).toString()}`);
  }
}
