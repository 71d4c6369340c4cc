// Comfy API v2 in front of the same engine, as comfy-api-proxy is: jobs, their states, assets by what they hold.
import { randomUUID } from 'node:crypto';
import { blake3 } from '../../protocol/blake3.ts';
import { isRecord, stringifyJson, tryParseJson } from '../../protocol/json.ts';
import type { HistoryEntry } from '../engine/engine.ts';
import { empty, json, type Answer, type Handler, type Request, type Routes } from './http.ts';
import { isShown, type Server } from './state.ts';
import { typeOf, viewRoute } from './view.ts';
import { putInput, readParts } from './upload.ts';

type FileRef = { readonly filename: string; readonly subfolder: string; readonly type: string };
type Label = { readonly graph: unknown; readonly metadata: string | undefined; readonly createdAt: string };
type Facts = Readonly<Record<string, unknown>>;

export class V2Front {
  readonly routes: Routes;
  readonly #server: Server;
  readonly #core: Routes;
  readonly #keys = new Set<string>();
  readonly #jobs = new Map<string, Label>();
  readonly #files = new Map<string, FileRef>();

  /** `core`: ComfyUI's own routes, which do the work. */
  constructor(server: Server, core: Routes) {
    this.#server = server;
    this.#core = core;
    this.routes = {
      '/v2/health': { GET: () => json({ status: 'healthy', comfy_gen_demo: true }) },
      '/v2/jobs': { GET: (request) => this.#list(request), POST: (request) => this.#submit(request) },
      '/v2/jobs/{}': { GET: ({ params: [id = ''] }) => this.#found(id) },
      '/v2/jobs/{}/workflow': { GET: ({ params: [id = ''] }) => this.#workflow(id) },
      '/v2/jobs/{}/cancel': { POST: ({ params: [id = ''] }) => this.#cancel(id) },
      '/v2/assets': { POST: (request) => this.#upload(request) },
      '/v2/assets/from-hash': { POST: (request) => this.#fromHash(request) },
      '/v2/assets/{}/content': { GET: (request) => this.#content(request) },
    };
  }

  /** As after a restart of all of it. */
  forget(): void {
    this.#keys.clear();
    this.#jobs.clear();
  }

  async #submit(request: Request): Promise<Answer> {
    const body = tryParseJson(request.body.toString('utf8'));
    if (!isRecord(body) || !isRecord(body['workflow']))
      return problem(422, 'invalid_workflow', "Missing 'workflow' (a graph in API format).");
    const { workflow, metadata, extra_data } = body;
    if (Array.isArray(workflow['nodes'])) return problem(422, 'workflow_format_ui', 'This is a UI workflow.');
    const missing: string[] = [];
    const prompt = this.#resolved(workflow, missing);
    if (missing.length > 0) return problem(422, 'missing_asset', `Unknown assets: ${missing.join(', ')}`);
    const key = request.headers['idempotency-key'];
    if (typeof key === 'string' && this.#keys.has(key))
      return problem(422, 'idempotency_key_reuse', 'This Idempotency-Key has been used.');
    const prompt_id = randomUUID();
    const sent = { prompt, prompt_id, client_id: prompt_id, ...(extra_data === undefined ? {} : { extra_data }) };
    const answer = await this.#ask('/prompt', 'POST', { ...request, body: Buffer.from(stringifyJson(sent)) });
    const told = tryParseJson(String(answer.body ?? ''));
    const id = isRecord(told) && typeof told['prompt_id'] === 'string' ? told['prompt_id'] : prompt_id;
    if (answer.status !== 200) return refusal(told);
    if (typeof key === 'string') this.#keys.add(key);
    const label = typeof metadata === 'string' ? metadata : undefined;
    this.#jobs.set(id, { graph: prompt, metadata: label, createdAt: new Date().toISOString() });
    return json(this.#job(id), 201);
  }

  #ask(path: string, method: 'GET' | 'POST', request: Request): Answer | Promise<Answer> {
    const handler: Handler | undefined = this.#core[path]?.[method];
    return handler === undefined ? empty(404) : handler(request);
  }

  /** References to assets become the names of their files. */
  #resolved(value: unknown, missing: string[]): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#resolved(one, missing));
    if (!isRecord(value)) return value;
    if (value['__type'] !== 'core/ASSET')
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#resolved(one, missing)]));
    const id = isRecord(value['info']) ? String(value['info']['id']) : '';
    const file = fileOf(id);
    if (file === undefined || this.#stored(file) === undefined) missing.push(id);
    return file === undefined ? value : [file.subfolder, file.filename].filter((part) => part !== '').join('/');
  }

  #stored({ type, subfolder, filename }: FileRef): unknown {
    return this.#server.store.get(type as 'input', subfolder, filename);
  }

  #list({ query }: Request): Answer {
    const wanted = (query.get('status') ?? '').split(',').filter((word) => word !== '');
    const limit = Number(query.get('limit') ?? 50);
    if (!(limit >= 1 && limit <= 100)) return problem(400, 'invalid_request', "'limit' must be 1 to 100.");
    const jobs = [...this.#jobs.keys()].reverse().map((id) => this.#job(id));
    const fitting = jobs.filter((job) => wanted.length === 0 || wanted.includes(job.status));
    return json({ jobs: fitting.slice(0, limit), truncated: false });
  }

  #found(id: string): Answer {
    const job = this.#job(id);
    return job.status === 'expired' && !this.#jobs.has(id) ? nobodys(id) : json(job);
  }

  /** Unknown jobs are `expired`. */
  statusOf(id: string): string {
    return this.#job(id).status;
  }

  #job(id: string): Facts & { readonly status: string } {
    const { engine } = this.#server;
    const label = this.#jobs.get(id);
    const entry = isShown(this.#server, id) ? engine.history.get(id) : undefined;
    const waiting = [...engine.pending].sort((a, b) => a.number - b.number).findIndex((job) => job.id === id);
    const status =
      entry === undefined ? (engine.running?.id === id ? 'running' : waiting < 0 ? 'expired' : 'queued') : endOf(entry);
    const base = `/api/v2/jobs/${id}`;
    return {
      id,
      status,
      created_at: label?.createdAt ?? new Date().toISOString(),
      started_at: null,
      completed_at: null,
      expires_at: new Date(Date.now() + 86_400_000).toISOString(),
      queue_position: waiting < 0 ? null : waiting + 1,
      progress: null,
      outputs: entry === undefined ? [] : outputsOf(entry, id),
      error: status === 'failed' && entry !== undefined ? errorOf(entry) : null,
      urls: { self: base, events: `${base}/events`, cancel: `${base}/cancel` },
      ...(label?.metadata === undefined ? {} : { metadata: label.metadata }),
    };
  }

  #workflow(id: string): Answer {
    const label = this.#jobs.get(id);
    return label === undefined ? nobodys(id) : json({ workflow: label.graph, format: 'api' });
  }

  #cancel(id: string): Answer {
    const { engine } = this.#server;
    if (!engine.remove((job) => job.id === id)) engine.interrupt(id);
    const job = this.#job(id);
    if (job.status === 'expired' && !this.#jobs.has(id)) return nobodys(id);
    return json(job.status === 'running' ? { ...job, status: 'canceling' } : job);
  }

  async #upload(request: Request): Promise<Answer> {
    const parts = readParts(request);
    const file = parts.get('file');
    const path = parts.get('file_path')?.data.toString('utf8') ?? '';
    if (file === undefined || path === '') return problem(422, 'invalid_request', "Missing 'file' or 'file_path'.");
    const hash = await hashOf(file.data);
    const known = this.#files.get(hash);
    if (known !== undefined) return json(assetOf(known, hash, false));
    const ref = putInput(this.#server, path, file.data);
    this.#files.set(hash, ref);
    return json(assetOf(ref, hash, true), 201);
  }

  #fromHash(request: Request): Answer {
    const body = tryParseJson(request.body.toString('utf8'));
    const hash = isRecord(body) ? String(body['hash']) : '';
    const known = this.#files.get(hash);
    return known === undefined ? problem(404, 'blob_not_found', 'No such blob.') : json(assetOf(known, hash, false));
  }

  #content(request: Request): Answer | Promise<Answer> {
    const file = fileOf(request.params[0] ?? '');
    if (file === undefined) return problem(404, 'not_found', 'Unknown asset id.');
    return viewRoute(this.#server)({ ...request, query: new URLSearchParams(file) });
  }
}

const hashOf = async (data: Uint8Array): Promise<string> => `blake3:${await blake3([data])}`;

/** An asset's id is its file, so that a restart forgets none. */
const idOf = ({ type, subfolder, filename }: FileRef): string =>
  Buffer.from(JSON.stringify([type, subfolder, filename])).toString('base64url');

function fileOf(id: string): FileRef | undefined {
  const parts = tryParseJson(Buffer.from(id, 'base64url').toString('utf8'));
  if (!Array.isArray(parts) || parts.length !== 3 || parts.some((part) => typeof part !== 'string')) return undefined;
  const [type, subfolder, filename] = parts as [string, string, string];
  return { type, subfolder, filename };
}

function assetOf(file: FileRef, hash: string, created_new: boolean): Facts {
  const id = idOf(file);
  const content_type = typeOf(file.filename);
  return { id, hash, content_type, file_path: file.filename, created_new, url: `/api/v2/assets/${id}/content` };
}

function outputsOf({ outputs }: HistoryEntry, job_id: string): readonly Facts[] {
  return Object.entries(outputs).flatMap(([node_id, output]) =>
    Object.values(output).flatMap((items) =>
      (Array.isArray(items) ? (items as unknown[]) : []).flatMap((item) => {
        if (!isRecord(item) || typeof item['filename'] !== 'string') return [];
        const { filename, subfolder = '', type = 'output' } = item as Partial<FileRef> & { filename: string };
        const id = idOf({ filename, subfolder, type });
        const url = `/api/v2/assets/${id}/content`;
        return [
          {
            node_id,
            name: filename,
            type: 'image',
            content_type: typeOf(filename),
            size_bytes: 0,
            id,
            hash: null,
            url,
            job_id,
          },
        ];
      }),
    ),
  );
}

function endOf({ status }: HistoryEntry): string {
  if (status.messages.some(([type]) => type === 'execution_interrupted')) return 'canceled';
  return status.status_str === 'success' ? 'succeeded' : 'failed';
}

function errorOf({ status }: HistoryEntry): Facts {
  const [, data] = status.messages.find(([type]) => type === 'execution_error') ?? [];
  return {
    code: 'node_execution_error',
    message: textOf(data?.['exception_message']),
    node_id: data?.['node_id'] ?? null,
    class_type: data?.['node_type'] ?? null,
    traceback: null,
  };
}

function refusal(told: unknown): Answer {
  const error = isRecord(told) && isRecord(told['error']) ? told['error'] : {};
  const node_errors = isRecord(told) ? told['node_errors'] : {};
  return problem(422, 'invalid_workflow', textOf(error['message']), { node_errors });
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const nobodys = (id: string): Answer => problem(404, 'not_found', `No job ${id}.`);

export function problem(status: number, code: string, message: string, details: unknown = null): Answer {
  return json({ error: { code, message, details } }, status);
}
