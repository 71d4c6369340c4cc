// Bodies of /prompt, /history, /queue, /api/jobs and /system_stats -> the few facts we use (protocol.md 2 to 5). Tolerant: unknown in, narrow out.
import type { NodeErrors } from '../errors.ts';
import { isRecord, tryParseJson } from './json.ts';
import { readMessage, type ServerMessage } from './messages.ts';

export type PromptAnswer = { readonly prompt_id: string | undefined; readonly node_errors: NodeErrors };

export type OutputRef = {
  /** The node that made it. */
  readonly node: string;
  readonly filename: string;
  readonly subfolder: string;
  /** `output`, `temp` or `input`. */
  readonly type: string;
  /** The file itself, where it came over the socket and the server keeps none (protocol.md 3.5). */
  readonly image?: Uint8Array;
  /** The asset that it is on a server of Comfy API v2, and the job that made it. */
  readonly asset?: { readonly id: string; readonly job: string };
};

/** Text that a node gave. */
export type OutputText = { readonly node: string; readonly text: string };

export type HistoryEntry = {
  readonly outputs: readonly OutputRef[];
  readonly texts: readonly OutputText[];
  /** `success`, `error`, `cancelled`; undefined when a fork tells nothing. */
  readonly status: string | undefined;
  /** The message that ended the job; decides over `status` (protocol.md 4). */
  readonly terminal: ServerMessage | undefined;
  /** Nodes that were served from the cache. */
  readonly cached: readonly string[];
};

/** What a server keeps of a job as it was sent; nothing of it where a server does not tell. */
export type SentJob = {
  /** The graph, unchecked. */
  readonly graph?: unknown;
  /** When it was queued, ms since 1970. */
  readonly createdAt?: number | undefined;
};

export type QueueItem = SentJob & { readonly id: string; readonly number: number };
export type Queue = { readonly running: readonly QueueItem[]; readonly pending: readonly QueueItem[] };

/** One answer of `/api/jobs/{id}` (protocol.md 4.1); `entry` once it is over. */
export type JobRecord = { readonly status: string; readonly entry: HistoryEntry | undefined };

export type SystemStats = {
  readonly version: string | undefined;
  /** It says of itself that it is comfy-gen's demo server. */
  readonly demo: boolean;
  readonly raw: Readonly<Record<string, unknown>>;
};

/** The body of a 200 to `POST /prompt`; undefined when it is no such answer. */
export function parsePromptAnswer(body: string): PromptAnswer | undefined {
  const answer = tryParseJson(body);
  if (!isRecord(answer) || !('prompt_id' in answer || 'node_errors' in answer || 'error' in answer)) return undefined;
  const node_errors = isRecord(answer['node_errors']) ? answer['node_errors'] : {};
  return { prompt_id: typeof answer['prompt_id'] === 'string' ? answer['prompt_id'] : undefined, node_errors };
}

/** The entry of `id` in a `/history` body; undefined while there is none. */
export function parseHistoryEntry(body: unknown, id: string): HistoryEntry | undefined {
  const entry = isRecord(body) && Object.hasOwn(body, id) ? body[id] : undefined;
  return isRecord(entry) ? entryOf(entry['outputs'], entry['status']) : undefined;
}

/** A job that is over. */
export type PastEntry = SentJob & { readonly id: string; readonly entry: HistoryEntry };

/** A whole `/history` body, in its order: the newest last. */
export function parseHistory(body: unknown): readonly PastEntry[] {
  const entries = isRecord(body) ? body : {};
  return Object.entries(entries).flatMap(([id, kept]) => {
    const entry = parseHistoryEntry(entries, id);
    return entry === undefined ? [] : [{ id, entry, ...sentJob(isRecord(kept) ? kept['prompt'] : undefined) }];
  });
}

/** `[number, prompt_id, graph, extra_data, …]`, as queue and history hold a job (protocol.md 5). */
function sentJob(tuple: unknown): SentJob {
  const [, , graph, extra] = Array.isArray(tuple) ? (tuple as unknown[]) : [];
  const created = isRecord(extra) ? extra['create_time'] : undefined;
  return { graph, createdAt: typeof created === 'number' ? created : undefined };
}

/** The graph of a job in a `/queue` body: `[number, prompt_id, graph, …]`. */
export function queuedGraph(body: unknown, id: string): unknown {
  const lists = isRecord(body) ? [body['queue_running'], body['queue_pending']] : [];
  const items = lists.flatMap((list): unknown[] => (Array.isArray(list) ? list : []));
  const item = items.find((one) => Array.isArray(one) && one[1] === id);
  return Array.isArray(item) ? item[2] : undefined;
}

function entryOf(outputs: unknown, status: unknown): HistoryEntry {
  const facts = isRecord(status) ? status : {};
  const messages = (Array.isArray(facts['messages']) ? facts['messages'] : []).flatMap((m): ServerMessage[] =>
    Array.isArray(m) && typeof m[0] === 'string' && isRecord(m[1]) ? [readMessage(m[0], m[1])] : [],
  );
  const terminal = messages.findLast((m) =>
    ['execution_success', 'execution_error', 'execution_interrupted'].includes(m.type),
  );
  return {
    outputs: collectOutputs(outputs),
    texts: collectTexts(outputs),
    status: typeof facts['status_str'] === 'string' ? facts['status_str'] : undefined,
    terminal,
    cached: messages.flatMap((m) => (m.type === 'execution_cached' ? m.nodes : [])),
  };
}

/** Every object with a `filename`, under any key of any node: `images`, `gifs`, `audio`, `files`, whatever packs invent. */
export function collectOutputs(outputs: unknown): OutputRef[] {
  if (!isRecord(outputs)) return [];
  return Object.entries(outputs).flatMap(([node, produced]) => {
    if (!isRecord(produced)) return [];
    return Object.values(produced).flatMap((list) =>
      Array.isArray(list) ? list.flatMap((item) => outputRef(node, item)) : outputRef(node, list),
    );
  });
}

/** Text of one node in a result, at most. */
const maxTextBytes = 1024 ** 2;

/** What nodes show as text (`text` in an output: a string or a list of them), the most that a result holds of each. */
export function collectTexts(outputs: unknown): OutputText[] {
  if (!isRecord(outputs)) return [];
  return Object.entries(outputs).flatMap(([node, produced]) => {
    const shown = isRecord(produced) && Object.hasOwn(produced, 'text') ? produced['text'] : undefined;
    const texts = (Array.isArray(shown) ? (shown as unknown[]) : [shown]).filter((one) => typeof one === 'string');
    return texts.length === 0 ? [] : [{ node, text: texts.join('\n').slice(0, maxTextBytes) }];
  });
}

function outputRef(node: string, item: unknown): OutputRef[] {
  if (!isRecord(item) || typeof item['filename'] !== 'string' || item['filename'] === '') return [];
  const { filename, subfolder, type } = item as { filename: string; subfolder?: unknown; type?: unknown };
  return [
    {
      node,
      filename,
      subfolder: typeof subfolder === 'string' ? subfolder : '',
      type: typeof type === 'string' ? type : 'output',
    },
  ];
}

/** A place in the queue: a number, of any size; anything else comes last. */
function numberOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Infinity;
}

/** `/queue`; pending jobs in the order in which they will run (the wire has a heap, protocol.md 5). */
export function parseQueue(body: unknown): Queue {
  const items = (key: string): QueueItem[] => {
    const list = isRecord(body) && Array.isArray(body[key]) ? body[key] : [];
    return list.flatMap((item) =>
      Array.isArray(item) && typeof item[1] === 'string'
        ? [{ number: numberOf(item[0]), id: item[1], ...sentJob(item) }]
        : [],
    );
  };
  const pending = items('queue_pending').sort(
    (a, b) => (a.number === b.number ? 0 : a.number - b.number) || (a.id < b.id ? -1 : 1),
  );
  return { running: items('queue_running'), pending };
}

/** `/api/jobs/{id}`; undefined when the body is no such record. */
export function parseJob(body: string): JobRecord | undefined {
  const job = tryParseJson(body);
  if (!isRecord(job) || typeof job['status'] !== 'string') return undefined;
  const status = job['status'];
  if (status === 'pending' || status === 'in_progress') return { status, entry: undefined };
  if (!isRecord(job['outputs'])) return { status, entry: undefined };
  const entry = entryOf(job['outputs'], job['execution_status']);
  const word = { completed: 'success', failed: 'error', cancelled: 'cancelled' }[status] ?? entry.status;
  return { status, entry: { ...entry, status: word } };
}

/** A row of the list `/api/jobs`: a job without its graph. */
export type JobRow = { readonly id: string; readonly status: string; readonly priority: number };

/** The list `/api/jobs`, in the order in which its jobs run; undefined when the body is no such list. */
export function parseJobList(body: string): readonly JobRow[] | undefined {
  const list = tryParseJson(body);
  if (!isRecord(list) || !Array.isArray(list['jobs'])) return undefined;
  const rows = (list['jobs'] as unknown[]).flatMap((row) =>
    isRecord(row) && typeof row['id'] === 'string' && typeof row['status'] === 'string'
      ? [{ id: row['id'], status: row['status'], priority: numberOf(row['priority']) }]
      : [],
  );
  const isWaiting = ({ status }: JobRow): number => (status === 'pending' ? 1 : 0);
  return rows.sort(
    (a, b) =>
      isWaiting(a) - isWaiting(b) ||
      (a.priority === b.priority ? 0 : a.priority - b.priority) ||
      (a.id < b.id ? -1 : 1),
  );
}

/** The answer of `/upload/image`: the name as a graph writes it; undefined when it is no such answer. */
export function parseUpload(body: string): string | undefined {
  const stored = tryParseJson(body);
  if (!isRecord(stored) || typeof stored['name'] !== 'string') return undefined;
  const { name, subfolder } = stored as { name: string; subfolder?: unknown };
  return typeof subfolder === 'string' && subfolder !== '' ? `${subfolder}/${name}` : name;
}

/** `/system_stats`; undefined when something that is no ComfyUI answered. */
export function parseSystemStats(body: string): SystemStats | undefined {
  const stats = tryParseJson(body);
  if (!isRecord(stats) || !isRecord(stats['system'])) return undefined;
  const version = stats['system']['comfyui_version'];
  return {
    version: typeof version === 'string' ? version : undefined,
    demo: stats['system']['comfy_gen_demo'] === true,
    raw: stats,
  };
}
