// The routes of jobs: /prompt, /queue, /history, /interrupt, /free (sections 2, 4 and 5).
import { randomUUID } from 'node:crypto';
import type { Engine } from '../engine/engine.ts';
import { queueItem } from '../engine/engine.ts';
import type { Faults } from '../faults/faults.ts';
import { findInput } from './annotated.ts';
import { empty, json, readJson, readObject, type Answer, type Request, type Routes } from './http.ts';
import type { Catalog } from './object-info.ts';
import { str, toBool, toFloat } from '../engine/python.ts';
import type { Job } from '../engine/run.ts';
import type { Store } from './store.ts';
import { promptError, ServerTrouble, validatePrompt, type Graph, type PromptError } from '../engine/validate.ts';

export type Server = {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly store: Store;
  readonly faults: Faults;
  readonly version: string;
  /** Are previews made for jobs that do not say (`--preview-method`)? */
  readonly previews: boolean;
};

type Body = Readonly<Record<string, unknown>>;

export function jobRoutes(server: Server): Routes {
  const { engine } = server;
  return {
    '/prompt': {
      GET: () => json({ exec_info: { queue_remaining: engine.remaining } }),
      POST: (request) => postPrompt(request, server),
    },
    '/queue': {
      GET: () =>
        json({
          queue_running: engine.running === undefined ? [] : [queueItem(engine.running)],
          queue_pending: engine.pending.map(queueItem),
        }),
      POST: (request) => postQueue(request, server),
    },
    '/history': { GET: (request) => getHistory(request, server), POST: (request) => postHistory(request, server) },
    '/history/{}': { GET: ({ params: [id = ''] }) => json(historyOf(server, id)) },
    '/interrupt': { POST: (request) => postInterrupt(request, server) },
    '/free': {
      POST: (request) => {
        if (readObject(request)['free_memory'] === true) engine.free();
        return empty();
      },
    },
  };
}

function postPrompt(request: Request, server: Server): Answer {
  const body = readPromptBody(request);
  const number = numberOf(body, server);
  if (!('prompt' in body)) return refusal(promptError('no_prompt', 'No prompt provided', 'No prompt provided'));
  const id = promptId(body, server);
  if (typeof id !== 'string') return refusal(id);
  const around = { catalog: server.catalog, hasFile: (name: string) => findInput(server.store, name) !== undefined };
  const verdict = validatePrompt(body['prompt'], body['partial_execution_targets'], around);
  if (verdict.error !== undefined) return json({ error: verdict.error, node_errors: verdict.node_errors }, 400);
  const job = jobOf(body, request, { number, id, outputs: verdict.outputs, server });
  server.engine.submit(job);
  if (server.faults.take('deleted') !== undefined) server.engine.remove((j) => j === job);
  const invented = {
    '4': {
      errors: [{ ...promptError('value_not_in_list', 'Value not in list', 'invented by a fault') }],
      dependent_outputs: ['9'],
      class_type: 'CheckpointLoaderSimple',
    },
  };
  const node_errors = server.faults.take('prompt-node-errors') === undefined ? verdict.node_errors : invented;
  return json({ prompt_id: id, number, node_errors });
}

function refusal(error: PromptError): Answer {
  return json({ error, node_errors: {} }, 400);
}

/** An object; a list or a text has no `prompt` in it either, a number falls over. */
function readPromptBody(request: Request): Body {
  const value = readJson(request);
  if (typeof value === 'string' || Array.isArray(value)) return {};
  if (typeof value !== 'object' || value === null) throw new ServerTrouble();
  return value as Body;
}

function numberOf(body: Body, { engine }: Server): number {
  if ('number' in body) {
    try {
      return toFloat(body['number']);
    } catch {
      throw new ServerTrouble();
    }
  }
  const counted = engine.takeNumber();
  return body['front'] === true && counted !== 0 ? -counted : counted;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function promptId(body: Body, { faults }: Server): string | PromptError {
  const own = body['prompt_id'];
  const refused = promptError(
    'invalid_prompt_id',
    'prompt_id must be a valid UUID',
    'prompt_id must be a UUID string in canonical lowercase hyphenated form; omit it to let the server generate one',
  );
  if (faults.peek('prompt-ignore-id') !== undefined) return randomUUID();
  if (own === undefined) return randomUUID();
  if (faults.take('prompt-refuse-id') !== undefined) return refused;
  if (faults.peek('old') !== undefined)
    return own === null ? 'None' : typeof own === 'string' ? own : JSON.stringify(own);
  if (own === null) return randomUUID();
  return typeof own === 'string' && uuid.test(own) ? own : refused;
}

const secrets = new Set(['api_key_comfy_org', 'auth_token_comfy_org']);

function jobOf(
  body: Body,
  request: Request,
  about: { number: number; id: string; outputs: readonly string[]; server: Server },
): Job {
  const given = body['extra_data'] ?? ('extra_data' in body ? null : {});
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new ServerTrouble();
  const tag = request.headers['comfy-usage-source'];
  const clientId = typeof body['client_id'] === 'string' ? body['client_id'] : undefined;
  const method = Reflect.get(given, 'preview_method') as unknown;
  const named = typeof method === 'string' && /^(none|auto|latent2rgb|taesd)$/.test(method);
  const extra = {
    ...Object.fromEntries(Object.entries(given).filter(([key]) => !secrets.has(key))),
    ...('client_id' in body ? { client_id: body['client_id'] } : {}),
    ...(typeof tag === 'string' ? { comfy_usage_source: tag } : {}),
    ...(about.server.faults.peek('old') === undefined ? { create_time: Date.now() } : {}),
  };
  return {
    number: about.number,
    id: about.id,
    graph: body['prompt'] as Graph, // validated
    extra,
    outputs: about.outputs,
    clientId,
    previews: named ? method !== 'none' : about.server.previews,
  };
}

function postQueue(request: Request, { engine }: Server): Answer {
  const body = readObject(request);
  if (body['clear'] === true) engine.remove(() => true);
  for (const id of listOf(body['delete'])) engine.remove((job) => job.id === id);
  return empty();
}

function postHistory(request: Request, { engine }: Server): Answer {
  const body = readObject(request);
  if (body['clear'] === true) engine.history.clear();
  for (const id of listOf(body['delete'])) engine.history.delete(String(id));
  return empty();
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A body that is no JSON counts as none, and none means: whatever runs. */
function postInterrupt(request: Request, { engine, faults }: Server): Answer {
  let body: unknown = {};
  try {
    body = readJson(request);
  } catch {
    // taken as no body
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new ServerTrouble();
  const id: unknown = Reflect.get(body, 'prompt_id');
  const isGlobal = faults.peek('old') !== undefined || !toBool(id);
  engine.interrupt(isGlobal ? undefined : str(id));
  return empty();
}

function getHistory({ query }: Request, server: Server): Answer {
  const max = wholeNumber(query.get('max_items'));
  const offset = wholeNumber(query.get('offset')) ?? -1;
  const all = [...server.engine.history.keys()].filter((id) => isShown(server, id));
  if (max === undefined && offset < 0) return json(Object.assign({}, ...all.map((id) => historyOf(server, id))));
  const start = offset >= 0 ? offset : Math.max(0, all.length - (max ?? all.length));
  const ids = max === undefined ? all.slice(start) : max <= 0 ? [] : all.slice(start, start + max);
  return json(Object.assign({}, ...ids.map((id) => historyOf(server, id))));
}

function wholeNumber(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw new ServerTrouble();
  return Number(text);
}

function historyOf(server: Server, id: string): Readonly<Record<string, unknown>> {
  const entry = isShown(server, id) ? server.engine.history.get(id) : undefined;
  return entry === undefined ? {} : { [id]: entry };
}

/** Faults may hide a finished job for a while, or for ever. */
export function isShown({ engine, faults }: Server, id: string): boolean {
  if (faults.isEmpty) return true;
  if (faults.peek('history-cleared') !== undefined) return false;
  const lateMs = faults.peek('history-late')?.value ?? 0;
  const end = engine.history.get(id)?.status.messages.at(-1)?.[1]['timestamp'];
  return typeof end !== 'number' || Date.now() - end >= lateMs;
}
