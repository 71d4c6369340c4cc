// The routes of jobs: /prompt, /queue, /history, /interrupt, /free (sections 2, 4 and 5).
import { randomUUID } from 'node:crypto';
import { queueItem } from '../engine/engine.ts';
import type { Job } from '../engine/job.ts';
import { promptError, ServerTrouble, type PromptError } from '../engine/problems.ts';
import { validatePrompt } from '../engine/validate.ts';
import { findInput } from '../nodes/annotated.ts';
import type { Graph } from '../nodes/graph.ts';
import { str, toBool, toFloat } from '../nodes/python.ts';
import { empty, json, readJson, readObject, type Answer, type Request, type Routes } from './http.ts';
import { isShown, type Server } from './state.ts';

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
  const { isOld } = server.profile;
  const around = {
    catalog: server.catalog,
    isOld,
    hasFile: (name: string) => findInput(server.store, name) !== undefined,
  };
  const verdict = validatePrompt(body['prompt'], body['partial_execution_targets'], around);
  if (verdict.error !== undefined) return json({ error: verdict.error, node_errors: verdict.node_errors }, 400);
  if (server.faults.take('prompt-loop-error') !== undefined) return json(brokenLoop(body['prompt'] as Graph), 400); // validated
  const job = jobOf(body, request, { number, id, outputs: verdict.outputs, server });
  server.engine.submit(job);
  request.afterwards.push(() => void server.engine.release(job));
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

/** How a loop without an end is told: the same under each of its nodes. */
function brokenLoop(graph: Graph): unknown {
  const ids = Object.keys(graph);
  const extra = {
    input_name: 'loop boundary',
    node_ids: ids,
    output_ids: ids.slice(-1),
    loop_error_type: 'loop_start_without_end',
  };
  const details = 'invented by a fault: a loop begins and does not end';
  const problem = promptError('custom_validation_failed', 'Custom validation failed for node', details, extra);
  const report = (id: string): unknown => ({
    errors: [problem],
    dependent_outputs: ids.slice(-1),
    class_type: graph[id]?.class_type ?? '',
  });
  const error = promptError('prompt_outputs_failed_validation', 'Prompt outputs failed validation', details);
  return { error, node_errors: Object.fromEntries(ids.map((id) => [id, report(id)])) };
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

function promptId(body: Body, { faults, profile }: Server): string | PromptError {
  const own = body['prompt_id'];
  const refused = promptError(
    'invalid_prompt_id',
    'prompt_id must be a valid UUID',
    'prompt_id must be a UUID string in canonical lowercase hyphenated form; omit it to let the server generate one',
  );
  if (faults.peek('prompt-ignore-id') !== undefined) return randomUUID();
  if (own === undefined) return randomUUID();
  if (faults.take('prompt-refuse-id') !== undefined) return refused;
  if (profile.isOld) return own === null ? 'None' : typeof own === 'string' ? own : JSON.stringify(own);
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
  const named =
    !about.server.profile.isOld && typeof method === 'string' && /^(none|auto|latent2rgb|taesd)$/.test(method);
  const extra = {
    ...Object.fromEntries(Object.entries(given).filter(([key]) => !secrets.has(key))),
    ...('client_id' in body ? { client_id: body['client_id'] } : {}),
    ...(typeof tag === 'string' ? { comfy_usage_source: tag } : {}),
    ...(about.server.profile.isOld ? {} : { create_time: Date.now() }),
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
