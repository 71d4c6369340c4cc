// Bodies and events of Comfy API v2 -> the few facts we use, in the words of ComfyUI's own (protocol.md 17).
import type { HistoryEntry, OutputRef } from './http.ts';
import { isRecord, stringifyJson, tryParseJson } from './json.ts';
import type { ServerMessage } from './messages.ts';
import { sniffMime, type Frame } from './frames.ts';

type Facts = Readonly<Record<string, unknown>>;

export type V2Status = 'queued' | 'running' | 'succeeded' | 'canceling' | 'canceled' | 'failed' | 'expired';
const statuses: ReadonlySet<string> = new Set([
  'queued',
  'running',
  'succeeded',
  'canceling',
  'canceled',
  'failed',
  'expired',
]);
const terminal: ReadonlySet<string> = new Set(['succeeded', 'canceled', 'failed', 'expired']);

export type V2Job = {
  readonly id: string;
  readonly status: V2Status;
  /** From 1. */
  readonly queuePosition: number | undefined;
  /** Where the server keeps a label: the key that the job was sent under. */
  readonly metadata: string | undefined;
  /** ms since 1970; 0 where it is not told. */
  readonly createdAt: number;
  /** What it came to, once it is over. */
  readonly entry: HistoryEntry;
};

/** The message of an error's envelope, and its code; undefined when the body is none. */
export type V2Error = {
  readonly code: string;
  readonly message: string;
  readonly details: Facts;
};

export function parseV2Error(body: string): V2Error | undefined {
  const envelope = tryParseJson(body);
  const error = isRecord(envelope) && isRecord(envelope['error']) ? envelope['error'] : undefined;
  if (error === undefined || typeof error['code'] !== 'string') return undefined;
  return {
    code: error['code'],
    message: text(error['message']) ?? '',
    details: isRecord(error['details']) ? error['details'] : {},
  };
}

/** One job; undefined when the body is none. */
export function parseV2Job(body: string): V2Job | undefined {
  return jobOf(tryParseJson(body));
}

/** The list of jobs, the newest first as it comes; undefined when the body is none. */
export function parseV2Jobs(body: string): readonly V2Job[] | undefined {
  const list = tryParseJson(body);
  if (!isRecord(list) || !Array.isArray(list['jobs'])) return undefined;
  return (list['jobs'] as unknown[]).flatMap((job) => jobOf(job) ?? []);
}

function jobOf(job: unknown): V2Job | undefined {
  if (!isRecord(job) || typeof job['id'] !== 'string' || typeof job['status'] !== 'string') return undefined;
  const { id, status } = job;
  if (!statuses.has(status)) return undefined;
  const created = Date.parse(text(job['created_at']) ?? '');
  return {
    id,
    status: status as V2Status, // one of them, just looked up
    queuePosition: typeof job['queue_position'] === 'number' ? job['queue_position'] : undefined,
    metadata: text(job['metadata']),
    createdAt: Number.isNaN(created) ? 0 : created,
    entry: entryOf(job, id, status),
  };
}

function entryOf(job: Facts, id: string, status: string): HistoryEntry {
  const outputs = Array.isArray(job['outputs']) ? (job['outputs'] as unknown[]) : [];
  const word = { succeeded: 'success', canceled: 'cancelled', failed: 'error' }[status];
  return {
    outputs: outputs.flatMap((output) => outputOf(output, id)),
    texts: [],
    status: word,
    terminal: endOf(job, id, status),
    cached: [],
  };
}

/** What PreviewImage calls its files: they are no results where there are others. */
const temporary = /^ComfyUI_temp_[a-z]{5}_\d+_\./;

function outputOf(output: unknown, job: string): OutputRef[] {
  if (!isRecord(output) || typeof output['name'] !== 'string' || output['name'] === '') return [];
  if (typeof output['id'] !== 'string' || output['id'] === '') return [];
  const filename = output['name'];
  return [
    {
      node: text(output['node_id']) ?? '',
      filename,
      subfolder: '',
      type: temporary.test(filename) ? 'temp' : 'output',
      asset: { id: output['id'], job },
    },
  ];
}

function endOf(job: Facts, prompt_id: string, status: string): ServerMessage | undefined {
  if (status === 'succeeded') return { type: 'execution_success', prompt_id };
  if (status === 'canceled') return { type: 'execution_interrupted', prompt_id, node_id: undefined };
  if (status !== 'failed') return undefined;
  const error = isRecord(job['error']) ? job['error'] : {};
  const message = text(error['message']) ?? '';
  return {
    type: 'execution_error',
    prompt_id,
    node_id: text(error['node_id']),
    node_type: text(error['class_type']),
    // the type of the exception is not told
    exception_type: /out of memory|OutOfMemory|Allocation on device/i.test(message) ? 'OutOfMemoryError' : '',
    exception_message: message,
    traceback: typeof error['traceback'] === 'string' ? [error['traceback']] : [],
  };
}

/** Is the job over, whichever way? */
export const isTerminal = (status: string): boolean => terminal.has(status);

/** An answer to `POST /api/v2/jobs` as `POST /prompt` would have given it; undefined for what is not about the job. */
export function asPromptAnswer(
  status: number,
  body: string,
): { readonly status: number; readonly text: string } | undefined {
  const job = status === 200 || status === 201 ? parseV2Job(body) : undefined;
  if (job !== undefined) return { status: 200, text: stringifyJson({ prompt_id: job.id, number: 0, node_errors: {} }) };
  const error = status === 400 || status === 422 ? parseV2Error(body) : undefined;
  if (error === undefined) return undefined;
  const { code, message, details } = error;
  const node_errors = isRecord(details['node_errors']) ? details['node_errors'] : {};
  return { status: 400, text: stringifyJson({ error: { type: code, message, details: '' }, node_errors }) };
}

/** One event of the stream as the messages that ComfyUI's socket would have brought for the job `prompt_id`. */
export type V2Event =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'frame'; readonly frame: Frame };

/** Reads the events of one job; it remembers which node ran. */
export class V2EventReader {
  readonly #promptId: string;
  #node: string | undefined;
  isOver = false;

  constructor(promptId: string) {
    this.#promptId = promptId;
  }

  read(event: string, data: string): V2Event[] {
    const facts = tryParseJson(data);
    if (!isRecord(facts)) return [];
    if (event === 'status') return this.#status(text(facts['status']) ?? '');
    if (event === 'progress') return this.#progress(facts);
    if (event === 'preview') return this.#preview(facts);
    // a sign of life: the job itself tells of its outputs
    return event === 'output' ? [this.#message({ type: 'executed', prompt_id: this.#promptId, ...noOutput })] : [];
  }

  #message(message: ServerMessage): V2Event {
    return { kind: 'message', message };
  }

  #status(status: string): V2Event[] {
    const prompt_id = this.#promptId;
    if (status === 'running') return [this.#message({ type: 'execution_start', prompt_id })];
    if (!isTerminal(status)) return [];
    this.isOver = true;
    return [this.#message({ type: 'executing', prompt_id, node: null })]; // over: the job itself says how
  }

  #progress(facts: Facts): V2Event[] {
    const prompt_id = this.#promptId;
    const node = text(facts['current_node']);
    if (node === undefined) return [];
    const messages: V2Event[] = [];
    if (node !== this.#node) {
      const before = this.#node;
      this.#node = node;
      if (before !== undefined) {
        const over = { display_node: undefined, state: 'finished', value: 1, max: 1, activity: undefined };
        messages.push(this.#message({ type: 'progress_state', prompt_id, nodes: [{ node: before, ...over }] }));
      }
      messages.push(this.#message({ type: 'executing', prompt_id, node }));
    }
    const [value, max] = [facts['step'], facts['steps']];
    if (typeof value === 'number' && typeof max === 'number' && max > 1)
      messages.push(this.#message({ type: 'progress', prompt_id, node, value, max }));
    return messages;
  }

  #preview(facts: Facts): V2Event[] {
    const image = Buffer.from(text(facts['data_base64']) ?? '', 'base64');
    if (image.length === 0) return [];
    const node = text(facts['node_id']);
    const mime = sniffMime(image) ?? text(facts['content_type']) ?? 'application/octet-stream';
    const frame: Frame = {
      kind: 'preview',
      node: node === '' ? undefined : node,
      prompt_id: this.#promptId,
      mime,
      image,
    };
    return [{ kind: 'frame', frame }];
  }
}

const noOutput = { node: '', display_node: undefined, output: undefined };

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
