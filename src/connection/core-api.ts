// ComfyUI's own API: its socket, `/prompt`, `/api/jobs`, queue and history, uploads and `/view`.
import { parseHistory, parseQueue, queuedGraph, type OutputRef, type PastEntry, type Queue } from '../protocol/http.ts';
import { isRecord, stringifyJson } from '../protocol/json.ts';
import type { UploadProgress, UploadSource } from './body.ts';
import { CoreRoutes } from './core-routes.ts';
import { byHistoryAndQueue, byJobRecord } from './look-up.ts';
import type { MessageQueue } from './message-queue.ts';
import type { JobState } from './options.ts';
import type { Feed, FeedOptions, KnownState, PromptBody, ServerApi } from './server-api.ts';
import type { ServerSocket, SocketMessage } from './socket.ts';
import type { Answer, TextAnswer, Transport } from './transport.ts';
import { upload } from './upload.ts';

const json = { 'content-type': 'application/json' };

export class CoreApi implements ServerApi {
  readonly name = 'core';
  readonly #routes: CoreRoutes;
  readonly #transport: Transport;
  readonly #socketFor: (previews: boolean) => ServerSocket;
  #hasJobs: boolean | undefined;

  /** `socketFor` gives the socket that all jobs share. */
  constructor(routes: CoreRoutes, socketFor: (previews: boolean) => ServerSocket) {
    this.#routes = routes;
    this.#socketFor = socketFor;
    this.#transport = routes.transport;
  }

  get stats(): CoreRoutes['stats'] {
    return this.#routes.stats;
  }

  core(): Promise<CoreRoutes> {
    return Promise.resolve(this.#routes);
  }

  /** All messages of our `clientId`, whatever the job: nothing has to be asked for. */
  async feed(messages: MessageQueue<SocketMessage>, { previews, images, waitMs, signal }: FeedOptions): Promise<Feed> {
    const socket = this.#socketFor(previews);
    const unsubscribe = socket.subscribe(messages, images);
    try {
      await socket.ready(waitMs, signal);
    } catch (error) {
      unsubscribe();
      throw error;
    }
    return {
      clientId: socket.clientId,
      get state() {
        return socket.state;
      },
      get queueRemaining() {
        return socket.queueRemaining;
      },
      follow: () => undefined,
      [Symbol.dispose]: unsubscribe,
    };
  }

  async postPrompt(body: PromptBody, signal?: AbortSignal): Promise<TextAnswer> {
    const path = this.#routes.path('/prompt');
    return this.#transport.text(path, { method: 'POST', body: stringifyJson(body), headers: json, signal });
  }

  /** Where a job is, by `/api/jobs` where it exists, else by history and queue. */
  async lookUp(id: string, signal?: AbortSignal, known: KnownState = { isOver: false }): Promise<JobState> {
    const asked = {
      transport: this.#transport,
      get: (route: string, s?: AbortSignal) => this.#routes.get(route, s),
      queue: (s?: AbortSignal) => this.queue(s),
    };
    if (this.#hasJobs !== false) {
      const { hasJobs, state } = await byJobRecord(asked, id, known, signal);
      this.#hasJobs = hasJobs;
      if (state !== undefined) return state;
    }
    return byHistoryAndQueue(asked, id, signal);
  }

  async queue(signal?: AbortSignal): Promise<Queue> {
    return parseQueue(await this.#routes.get('/queue', signal));
  }

  async history(signal?: AbortSignal): Promise<readonly PastEntry[]> {
    return parseHistory(await this.#routes.get('/history', signal));
  }

  /** As history keeps it, or the queue. */
  async graphOf(id: string, signal?: AbortSignal): Promise<unknown> {
    const history = await this.#routes.peek(`/history/${encodeURIComponent(id)}`, signal);
    const entry = isRecord(history) && Object.hasOwn(history, id) ? history[id] : undefined;
    const item: unknown = isRecord(entry) ? entry['prompt'] : undefined;
    if (item !== undefined) return Array.isArray(item) ? item[2] : undefined;
    return queuedGraph(await this.#routes.peek('/queue', signal), id);
  }

  /** Takes exactly this job off the server: deleted while it waits, interrupted while it runs (protocol.md 5). */
  async cancel(id: string, signal?: AbortSignal): Promise<void> {
    if (this.#hasJobs !== false) {
      const answer = await this.#transport.safe(`/api/jobs/${encodeURIComponent(id)}/cancel`, {
        method: 'POST',
        signal,
      });
      if (answer.status === 200) return;
    }
    await this.#post('/queue', { delete: [id] }, signal);
    // an old server takes any /interrupt as "whatever runs": look first (protocol.md 5)
    const { running } = await this.queue(signal);
    if (running.some((item) => item.id === id)) await this.#post('/interrupt', { prompt_id: id }, signal);
  }

  async #post(route: string, body: unknown, signal?: AbortSignal): Promise<void> {
    await this.#transport.safe(this.#routes.path(route), {
      method: 'POST',
      body: stringifyJson(body),
      headers: json,
      signal,
    });
  }

  async view(output: OutputRef, offset: number, signal?: AbortSignal): Promise<Answer> {
    const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {};
    return this.#transport.once(this.#routes.viewPath(output), { headers, signal });
  }

  async upload(name: string, source: UploadSource, signal?: AbortSignal, progress?: UploadProgress): Promise<string> {
    return upload(this.#transport, this.#routes.path('/upload/image'), { name, source }, { signal, progress });
  }

  ping(signal?: AbortSignal): Promise<TextAnswer> {
    return this.#transport.safe(this.#routes.path('/queue'), { signal });
  }

  /** Nothing of its own: transport and socket are the connection's. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
