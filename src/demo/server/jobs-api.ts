// `/api/jobs`: list, detail, cancel (section 4.1). Only under `/api`.
import type { HistoryEntry } from '../engine/engine.ts';
import { json, readJson, type Answer, type Request, type Routes } from './http.ts';
import type { Job } from '../engine/job.ts';
import { ServerTrouble } from '../engine/problems.ts';
import { str } from '../nodes/python.ts';
import { isShown, type Server } from './state.ts';

type Listed = Readonly<Record<string, unknown>> & { readonly id: string; readonly status: string };

const statuses = ['pending', 'in_progress', 'completed', 'failed', 'cancelled'];
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function jobsRoutes(server: Server): Routes {
  return {
    '/jobs': { GET: (request) => listJobs(request, server) },
    '/jobs/{}': { GET: ({ params: [id = ''] }) => jobDetail(id, server) },
    '/jobs/{}/cancel': { POST: ({ params: [id = ''] }) => json({ cancelled: cancel(id, server) }) },
    '/jobs/cancel': { POST: (request) => cancelMany(request, server) },
  };
}

function listJobs({ query }: Request, server: Server): Answer {
  const words = (query.get('status') ?? '')
    .toLowerCase()
    .split(',')
    .map((w) => w.trim())
    .filter((w) => w !== '');
  const unknown = words.filter((w) => !statuses.includes(w));
  if (unknown.length > 0)
    return wrong(`Invalid status value(s): ${unknown.join(', ')}. Valid values: ${statuses.join(', ')}`);
  const by = query.get('sort_by') ?? 'created_at';
  if (by !== 'created_at' && by !== 'execution_duration')
    return wrong("sort_by must be 'created_at' or 'execution_duration'");
  const order = query.get('sort_order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') return wrong("sort_order must be 'asc' or 'desc'");
  const [limit, offset] = [query.get('limit'), query.get('offset')];
  if (limit !== null && !isWhole(limit)) return wrong('limit must be an integer');
  if (limit !== null && Number(limit) <= 0) return wrong('limit must be a positive integer');
  if (offset !== null && !isWhole(offset)) return wrong('offset must be an integer');
  const workflow = query.get('workflow_id');
  const wanted = words.length === 0 ? statuses : words;
  const fits = (job: Listed): boolean =>
    wanted.includes(job.status) && (workflow === null || job['workflow_id'] === workflow);
  const jobs = sorted(allJobs(server, wanted).filter(fits), by, order);
  return json(page(jobs, limit === null ? undefined : Number(limit), Math.max(0, Number(offset ?? 0))));
}

function page(jobs: readonly Listed[], limit: number | undefined, offset: number): unknown {
  const shown = jobs.slice(offset, limit === undefined ? undefined : offset + limit);
  const pagination = {
    offset,
    limit: limit ?? null,
    total: jobs.length,
    has_more: offset + shown.length < jobs.length,
  };
  return { jobs: shown, pagination };
}

function wrong(error: string): Answer {
  return json({ error }, 400);
}

function isWhole(text: string): boolean {
  return /^\s*[+-]?\d+\s*$/.test(text);
}

function sorted(jobs: readonly Listed[], by: string, order: string): readonly Listed[] {
  const value = (job: Listed): number => {
    if (by === 'created_at') return Number(job['create_time'] ?? 0);
    return Number(job['execution_end_time'] ?? 0) - Number(job['execution_start_time'] ?? 0);
  };
  const sign = order === 'asc' ? 1 : -1;
  return [...jobs].sort((a, b) => sign * (value(a) - value(b)));
}

/** As on the real server, the history is read only for statuses that are in it: it may be long. */
function allJobs({ engine }: Server, wanted: readonly string[]): readonly Listed[] {
  const running = engine.running === undefined ? [] : [waiting(engine.running, 'in_progress')];
  const past = statuses.slice(2).some((status) => wanted.includes(status)) ? [...engine.history.values()] : [];
  return [...engine.pending.map((job) => waiting(job, 'pending')), ...running, ...past.reverse().map(over)];
}

function jobDetail(id: string, server: Server): Answer {
  const { engine } = server;
  if (engine.running?.id === id) return json(inFull(engine.running, 'in_progress', server));
  const pending = engine.pending.find((job) => job.id === id);
  if (pending !== undefined) return json(inFull(pending, 'pending', server));
  const entry = isShown(server, id) ? engine.history.get(id) : undefined;
  if (entry === undefined) return json({ error: 'Job not found' }, 404);
  const [, , prompt, extra_data] = entry.prompt;
  return json({
    ...over(entry),
    outputs: entry.outputs,
    execution_status: entry.status,
    workflow: { prompt, extra_data },
  });
}

function inFull(job: Job, status: string, { profile }: Server): Listed {
  const workflow = { prompt: job.graph, extra_data: job.extra };
  return { ...waiting(job, status), ...(profile.jobsCarryGraphs ? { workflow } : {}) };
}

function waiting(job: Job, status: string): Listed {
  return {
    id: job.id,
    status,
    priority: job.number,
    create_time: job.extra['create_time'],
    outputs_count: 0,
    previewable_outputs_count: 0,
    ...workflowId(job.extra),
  };
}

function over(entry: HistoryEntry): Listed {
  const [number, id, , extra] = entry.prompt as [number, string, unknown, Readonly<Record<string, unknown>>];
  const { messages } = entry.status;
  const last = messages.at(-1);
  const files = filesOf(entry.outputs);
  const preview = files.findLast((f) => f.type === 'output') ?? files.at(-1);
  const ended = { execution_success: 'completed', execution_interrupted: 'cancelled' }[last?.[0] ?? ''] ?? 'failed';
  return {
    id,
    status: ended,
    priority: number,
    create_time: extra['create_time'],
    execution_start_time: messages[0]?.[1]['timestamp'],
    execution_end_time: last?.[1]['timestamp'],
    ...(last?.[0] === 'execution_error' ? { execution_error: last[1] } : {}),
    outputs_count: files.length,
    previewable_outputs_count: files.length,
    ...(preview === undefined ? {} : { preview_output: preview }),
    ...workflowId(extra),
  };
}

type Shown = { filename: unknown; subfolder: unknown; type: unknown; nodeId: string; mediaType: string };

function filesOf(outputs: HistoryEntry['outputs']): readonly Shown[] {
  return Object.entries(outputs).flatMap(([nodeId, output]) =>
    Object.entries(output).flatMap(([mediaType, items]) =>
      (Array.isArray(items) ? (items as unknown[]) : []).flatMap((item) =>
        typeof item === 'object' && item !== null && 'filename' in item
          ? [{ ...(item as Omit<Shown, 'nodeId' | 'mediaType'>), nodeId, mediaType }]
          : [],
      ),
    ),
  );
}

/** A null or a text where an object belongs makes the whole listing a 500, as on the real server. */
function workflowId(extra: Readonly<Record<string, unknown>>): { workflow_id?: unknown } {
  if (!('extra_pnginfo' in extra)) return {};
  const png = asObject(extra['extra_pnginfo']);
  if (!('workflow' in png)) return {};
  const id = asObject(png['workflow'])['id'];
  return id === undefined || id === null ? {} : { workflow_id: id };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ServerTrouble();
  return value as Record<string, unknown>;
}

function cancel(id: string, { engine }: Server): boolean {
  return engine.remove((job) => job.id === id) || engine.interrupt(id);
}

function cancelMany(request: Request, server: Server): Answer {
  let body: unknown;
  try {
    body = readJson(request);
  } catch {
    return wrong('Request body must be valid JSON');
  }
  const ids: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'job_ids') : undefined;
  if (!Array.isArray(ids)) return wrong('job_ids must be a list');
  const invalid = ids.filter((id) => typeof id !== 'string' || !uuid.test(id)).map(str);
  if (invalid.length > 0) return json({ error: 'job_ids contains invalid id(s)', invalid_ids: invalid }, 400);
  const cancelled = ids.map((id) => cancel(String(id), server)).some(Boolean);
  return json({ cancelled });
}
