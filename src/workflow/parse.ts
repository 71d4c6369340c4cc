// unknown -> an API graph or a UI graph, unwrapped from what files and servers put around it; anything else is refused.
import { ComfyGenError } from '../errors.ts';
import { isRecord, parseJson } from '../protocol/json.ts';
import type { Workflow, WorkflowNode } from './workflow.ts';

export type ApiFile = {
  readonly format: 'api';
  readonly workflow: Workflow;
  /** The UI workflow that came with it, as in an image or in the web UI's own request. */
  readonly ui?: Record<string, unknown> | undefined;
  /** What a request body holds beside the graph, `extra_pnginfo` left out: it may name secrets. */
  readonly extraData?: Readonly<Record<string, unknown>> | undefined;
  /** Where in the queue a request body wants to be, and which outputs alone it asks for. */
  readonly queueing?: Queueing | undefined;
};
/** In the words of the wire (protocol.md 2.1). */
export type Queueing = {
  readonly front?: boolean;
  readonly number?: number;
  readonly partial_execution_targets?: readonly string[];
};
export type UiFormat = { readonly format: 'ui'; readonly version: string; readonly ui: Record<string, unknown> };
export type WorkflowFile = ApiFile | UiFormat;

/** `input`: as serverless workers take it, `{input: {workflow: …}}`. */
const wrappers = ['prompt', 'output', 'workflow', 'input'] as const;
const maxWrappers = 4;

/** Reads JSON text (with a BOM or without); `name` is what messages call the file. Throws `bad_workflow`. */
export function parseWorkflowText(text: string, name: string): WorkflowFile {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw bad(text.trim() === '' ? `${name} is empty` : `${name} is not JSON: ${why.slice(0, 200)}`, { cause });
  }
  return parseWorkflow(value, name);
}

/** Finds the graph in `value`: bare, or under `prompt`, `output`, `workflow` or `input`. Throws `bad_workflow`. */
export function parseWorkflow(value: unknown, name = 'this'): WorkflowFile {
  let holder = value;
  let ui: Record<string, unknown> | undefined;
  let body: Pick<ApiFile, 'extraData' | 'queueing'> = {};
  for (let depth = 0; depth <= maxWrappers; depth++) {
    if (!isRecord(holder)) break;
    if (isUi(holder)) return { format: 'ui', version: versionOf(holder), ui: holder };
    if (isApi(holder)) return apiFile(readApi(holder, name), ui, body);
    ui ??= uiBeside(holder);
    body = { ...bodyOf(holder), ...body };
    holder = unwrap(holder);
  }
  throw bad(`${name} is not a ComfyUI workflow: it holds neither a list of nodes nor nodes with a class_type`);
}

function apiFile(
  workflow: Workflow,
  ui: Record<string, unknown> | undefined,
  body: Pick<ApiFile, 'extraData' | 'queueing'>,
): ApiFile {
  return { format: 'api', workflow, ui, ...body };
}

/** What else the body of a request holds; what has the wrong type is left out. */
function bodyOf(holder: Record<string, unknown>): Pick<ApiFile, 'extraData' | 'queueing'> {
  const { extra_data: extra, front, number, partial_execution_targets: targets } = holder;
  const kept = isRecord(extra) ? Object.entries(extra).filter(([key]) => key !== 'extra_pnginfo') : [];
  const isList = Array.isArray(targets) && targets.every((target) => typeof target === 'string');
  const queueing: Queueing = {
    ...(typeof front === 'boolean' ? { front } : {}),
    ...(typeof number === 'number' ? { number } : {}),
    ...(isList ? { partial_execution_targets: targets } : {}), // each looked at above
  };
  return {
    ...(kept.length === 0 ? {} : { extraData: Object.fromEntries(kept) }),
    ...(Object.keys(queueing).length === 0 ? {} : { queueing }),
  };
}

function isUi(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Array.isArray(value['nodes']);
}

function isApi(value: Record<string, unknown>): boolean {
  return Object.values(value).some((node) => isRecord(node) && typeof node['class_type'] === 'string');
}

function unwrap(holder: Record<string, unknown>): unknown {
  for (const key of wrappers) {
    const inner = Object.hasOwn(holder, key) ? holder[key] : undefined;
    if (isRecord(inner)) return inner;
  }
  return undefined;
}

/** `{output, workflow}` as the web UI builds it, `{prompt, extra_data}` as it sends it. */
function uiBeside(holder: Record<string, unknown>): Record<string, unknown> | undefined {
  const extra = isRecord(holder['extra_data']) ? holder['extra_data']['extra_pnginfo'] : undefined;
  for (const beside of [holder['workflow'], isRecord(extra) ? extra['workflow'] : undefined]) {
    if (isUi(beside)) return beside;
  }
  return undefined;
}

function versionOf(ui: Record<string, unknown>): string {
  const version = ui['version'];
  if (version === 1) return '1.0';
  return typeof version === 'number' || typeof version === 'string' ? String(version) : 'of unknown version';
}

function readApi(graph: Record<string, unknown>, name: string): Workflow {
  // entries, not assignment: an id `__proto__` stays an id
  return Object.fromEntries(Object.entries(graph).map(([id, node]) => [id, readNode(id, node, name)]));
}

function readNode(id: string, node: unknown, name: string): WorkflowNode {
  if (!isRecord(node)) throw bad(`${name}: node ${JSON.stringify(id)} is no object`);
  // protocol.md 9.1: `is_changed`, read back from an image, would be trusted as the change key
  const kept = { ...node }; // keys stay in their order
  delete kept['is_changed'];
  const { class_type, inputs = {}, _meta: meta } = kept;
  if (typeof class_type !== 'string') throw bad(`${name}: node ${JSON.stringify(id)} has no class_type`);
  if (!isRecord(inputs)) throw bad(`${name}: the inputs of node ${JSON.stringify(id)} (${class_type}) are no object`);
  if (meta !== undefined && !isRecord(meta))
    throw bad(`${name}: the _meta of node ${JSON.stringify(id)} (${class_type}) is no object`);
  const titled =
    meta === undefined
      ? {}
      : { _meta: { ...meta, title: typeof meta['title'] === 'string' ? meta['title'] : class_type } };
  return { ...withoutMarks(kept), class_type, inputs: withoutMarks(inputs) as WorkflowNode['inputs'], ...titled }; // any JSON is an input
}

/** The server's own notes on a loop (`_loop_body`, `_loop_end`) are not to be sent again (protocol.md 16). */
function withoutMarks(record: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(record);
  if (!keys.some((key) => key.startsWith('_loop_'))) return record;
  return Object.fromEntries(Object.entries(record).filter(([key]) => !key.startsWith('_loop_')));
}

function bad(message: string, more: { cause?: unknown } = {}): ComfyGenError {
  return new ComfyGenError('bad_workflow', message, {
    ...more,
    hint: 'save it in the web UI with "Save" or "Export (API)"',
  });
}
