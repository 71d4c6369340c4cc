// Comfy API v2 (Comfy Cloud, serverless deployments, comfy-api-proxy) as a server like any other (protocol.md 17).
import { ComfyGenError } from '../../errors.ts';
import type { OutputRef, PastEntry, Queue, SystemStats } from '../../protocol/http.ts';
import { isRecord, stringifyJson, tryParseJson } from '../../protocol/json.ts';
import { asPromptAnswer, isTerminal, parseV2Error, parseV2Job, parseV2Jobs, type V2Job } from '../../protocol/v2.ts';
import type { UploadProgress, UploadSource } from '../body.ts';
import type { CoreRoutes } from '../core-routes.ts';
import type { MessageQueue } from '../message-queue.ts';
import type { JobState } from '../options.ts';
import type { Feed, PromptBody, ServerApi } from '../server-api.ts';
import type { SocketMessage } from '../socket.ts';
import type { Answer, TextAnswer, Transport } from '../transport.ts';
import { Assets } from './assets.ts';
import { EventFeed } from './event-feed.ts';
import type { V2Facts } from './first-contact.ts';

const jobPath = (id: string): string => `/api/v2/jobs/${encodeURIComponent(id)}`;

/** The most jobs that a list is asked for. */
const mostListed = 100;

type Behind = (signal?: AbortSignal) => Promise<CoreRoutes | undefined>;

export class V2Api implements ServerApi {
  readonly name = 'v2';
  readonly stats: SystemStats;
  readonly #transport: Transport;
  readonly #lists: boolean;
  readonly #behind: Behind;
  readonly #assets: Assets;
  /** Our keys -> the ids that the server gave to their jobs. */
  readonly #ids = new Map<string, string>();
  #core: Promise<CoreRoutes | undefined> | undefined;

  constructor(transport: Transport, facts: V2Facts, behind: Behind) {
    this.stats = facts.stats;
    this.#transport = transport;
    this.#lists = facts.lists;
    this.#behind = behind;
    this.#assets = new Assets(transport);
  }

  core(signal?: AbortSignal): Promise<CoreRoutes | undefined> {
    const asked = (this.#core ??= this.#behind(signal));
    asked.catch(() => (this.#core = undefined)); // who gave up asks again
    return asked;
  }

  feed(messages: MessageQueue<SocketMessage>): Promise<Feed> {
    return Promise.resolve(new EventFeed(this.#transport, messages, (id) => `${jobPath(this.#idOf(id))}/events`));
  }

  #idOf(id: string): string {
    return this.#ids.get(id) ?? id;
  }

  /** Our `prompt_id` is the key under which the job can be sent once; its id comes from the server. */
  async postPrompt(body: PromptBody, signal?: AbortSignal): Promise<TextAnswer> {
    const { prompt, prompt_id: key = crypto.randomUUID(), extra_data: extra = {} } = body;
    const partnerKey = extra['api_key_comfy_org'];
    if (body.partial_execution_targets !== undefined)
      throw new ComfyGenError('rejected', `${this.#transport.name} (Comfy API v2) cannot run part of a workflow`, {
        hint: 'take partial_execution_targets out of the file',
      });
    const answer = await this.#transport.text('/api/v2/jobs', {
      method: 'POST',
      body: stringifyJson({
        workflow: this.#assets.named(prompt),
        ...(partnerKey === undefined ? {} : { extra_data: { api_key_comfy_org: partnerKey } }),
        ...(this.#lists ? { metadata: key } : {}),
      }),
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      signal,
    });
    if (parseV2Error(answer.text)?.code === 'idempotency_key_reuse')
      throw new ComfyGenError(
        'server_gone',
        `${this.#transport.name} has had this job, and does not tell what became of it`,
        {
          hint: 'look for it there before it is sent again',
        },
      );
    const job = parseV2Job(answer.text);
    if (job !== undefined) this.#ids.set(key, job.id);
    // a success that names no job settles nothing
    const status = answer.status === 201 ? 200 : answer.status;
    return { ...answer, status, ...asPromptAnswer(answer.status, answer.text) };
  }

  async lookUp(id: string, signal?: AbortSignal): Promise<JobState> {
    const job = await this.#job(id, signal);
    if (job === undefined || job.status === 'expired') return { state: 'absent' };
    const own = { id: job.id };
    if (job.status === 'queued') return { ...own, state: 'pending', ahead: job.queuePosition };
    if (!isTerminal(job.status)) return { ...own, state: 'running' };
    return { ...own, state: 'finished', entry: job.entry };
  }

  /** By the server's id, or by the key that it was sent under, where the server keeps that. */
  async #job(id: string, signal?: AbortSignal): Promise<V2Job | undefined> {
    const answer = await this.#transport.safe(jobPath(this.#idOf(id)), { signal });
    if (answer.status === 404) return this.#lists && !this.#ids.has(id) ? this.#sentUnder(id, signal) : undefined;
    const job = answer.status === 200 ? parseV2Job(answer.text) : undefined;
    if (job === undefined) throw this.#transport.unexpected('/api/v2/jobs', answer);
    return job;
  }

  async #sentUnder(key: string, signal?: AbortSignal): Promise<V2Job | undefined> {
    const job = (await this.#list('', signal)).find(({ metadata }) => metadata === key);
    if (job !== undefined) this.#ids.set(key, job.id);
    return job;
  }

  async #list(status: string, signal?: AbortSignal): Promise<readonly V2Job[]> {
    if (!this.#lists)
      throw new ComfyGenError('not_offered', `${this.#transport.name} (Comfy API v2) does not list its jobs`, {
        hint: 'a job is found by its id: comfy-gen attach <id>',
      });
    const path = `/api/v2/jobs?limit=${mostListed}${status === '' ? '' : `&status=${status}`}`;
    const answer = await this.#transport.safe(path, { signal });
    const jobs = answer.status === 200 ? parseV2Jobs(answer.text) : undefined;
    if (jobs === undefined) throw this.#transport.unexpected('/api/v2/jobs', answer);
    return [...jobs].sort((a, b) => a.createdAt - b.createdAt);
  }

  async queue(signal?: AbortSignal): Promise<Queue> {
    const jobs = await this.#list('queued,running,canceling', signal);
    const items = jobs.map(({ id, status }, number) => ({ id, number, isWaiting: status === 'queued' }));
    return {
      running: items.filter(({ isWaiting }) => !isWaiting),
      pending: items.filter(({ isWaiting }) => isWaiting),
    };
  }

  async history(signal?: AbortSignal): Promise<readonly PastEntry[]> {
    const jobs = await this.#list('succeeded,failed,canceled', signal);
    return jobs.map(({ id, entry }) => ({ id, entry }));
  }

  async graphOf(id: string, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.#transport.safe(`${jobPath(this.#idOf(id))}/workflow`, { signal });
    const body = answer.status === 200 ? tryParseJson(answer.text) : undefined;
    return isRecord(body) && body['format'] === 'api' ? body['workflow'] : undefined;
  }

  async cancel(id: string, signal?: AbortSignal): Promise<void> {
    await this.#transport.safe(`${jobPath(this.#idOf(id))}/cancel`, { method: 'POST', signal });
  }

  /** The bytes of an asset; one whose id is known no more (a proxy that began anew) is asked for by its job. */
  async view(output: OutputRef, offset: number, signal?: AbortSignal): Promise<Answer> {
    const answer = await this.#content(output.asset?.id ?? '', offset, signal);
    if (answer.status !== 404 || output.asset === undefined) return answer;
    const job = await this.#job(output.asset.job, signal);
    const same = job?.entry.outputs.find((o) => o.node === output.node && o.filename === output.filename);
    if (same?.asset === undefined || same.asset.id === output.asset.id) return answer;
    await answer.body.dump();
    return this.#content(same.asset.id, offset, signal);
  }

  #content(asset: string, offset: number, signal?: AbortSignal): Promise<Answer> {
    const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {};
    return this.#transport.once(`/api/v2/assets/${encodeURIComponent(asset)}/content`, { headers, signal });
  }

  upload(name: string, source: UploadSource, signal?: AbortSignal, progress?: UploadProgress): Promise<string> {
    return this.#assets.put(name, source, { signal, progress });
  }

  ping(signal?: AbortSignal): Promise<TextAnswer> {
    return this.#transport.safe('/api/v2/health', { signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const core = await this.#core?.catch(() => undefined);
    await core?.transport[Symbol.asyncDispose]();
  }
}
