// Text frames of the WebSocket -> one narrow union (protocol.md 3.3). Never throws: what we do not know is `other`.
import { isRecord, parseJson } from './json.ts';

export type NodeProgress = {
  readonly node: string;
  readonly display_node: string | undefined;
  readonly state: string;
  readonly value: number;
  readonly max: number;
  /** What it is busy with before its first step (`loading`; protocol.md 16). */
  readonly activity: string | undefined;
};

export type ServerMessage =
  | { readonly type: 'status'; readonly queue_remaining: number; readonly sid: string | undefined }
  | { readonly type: 'execution_start'; readonly prompt_id: string }
  | { readonly type: 'execution_cached'; readonly prompt_id: string; readonly nodes: readonly string[] }
  /** `node: null` means over, never good. No prompt_id after a reconnect (protocol.md 3.1.3). */
  | { readonly type: 'executing'; readonly prompt_id: string | undefined; readonly node: string | null }
  | {
      readonly type: 'progress';
      readonly prompt_id: string | undefined;
      readonly node: string | undefined;
      readonly value: number;
      readonly max: number;
    }
  | { readonly type: 'progress_state'; readonly prompt_id: string; readonly nodes: readonly NodeProgress[] }
  | {
      readonly type: 'executed';
      readonly prompt_id: string;
      readonly node: string;
      readonly display_node: string | undefined;
      readonly output: unknown;
    }
  | { readonly type: 'execution_success'; readonly prompt_id: string }
  | ExecutionError
  | { readonly type: 'execution_interrupted'; readonly prompt_id: string; readonly node_id: string | undefined }
  | { readonly type: 'feature_flags'; readonly flags: Readonly<Record<string, unknown>> }
  | { readonly type: 'other' };

/** `exception_type` `ExecutionBlocked` is not an end (protocol.md 3.3). Inputs and outputs may hold secrets and are left out. */
export type ExecutionError = {
  readonly type: 'execution_error';
  readonly prompt_id: string;
  readonly node_id: string | undefined;
  readonly node_type: string | undefined;
  readonly exception_type: string;
  readonly exception_message: string;
  readonly traceback: readonly string[];
};

type Data = Readonly<Record<string, unknown>>;

/** One text frame. */
export function parseMessage(text: string): ServerMessage {
  let frame: unknown;
  try {
    frame = parseJson(text);
  } catch {
    return other;
  }
  if (!isRecord(frame) || typeof frame['type'] !== 'string') return other;
  return readMessage(frame['type'], isRecord(frame['data']) ? frame['data'] : {});
}

const other: ServerMessage = { type: 'other' };

/** A message by its name and data, as the socket and history's `status.messages` carry it. */
export function readMessage(type: string, data: Data): ServerMessage {
  const prompt_id = text(data['prompt_id']);
  if (type === 'status') return readStatus(data);
  if (type === 'feature_flags') return { type, flags: data };
  if (type === 'executing') {
    const node = data['node'];
    return { type, prompt_id, node: node === null || node === undefined ? null : idText(node) };
  }
  if (type === 'progress') {
    return { type, prompt_id, node: optionalId(data['node']), value: number(data['value']), max: number(data['max']) };
  }
  if (prompt_id === undefined) return other;
  switch (type) {
    case 'execution_start':
    case 'execution_success':
      return { type, prompt_id };
    case 'execution_cached':
      return { type, prompt_id, nodes: ids(data['nodes']) };
    case 'progress_state':
      return { type, prompt_id, nodes: nodeStates(data['nodes']) };
    case 'executed':
      return {
        type,
        prompt_id,
        node: idText(data['node']),
        display_node: optionalId(data['display_node']),
        output: data['output'],
      };
    case 'execution_interrupted':
      return { type, prompt_id, node_id: optionalId(data['node_id']) };
    case 'execution_error':
      return {
        type,
        prompt_id,
        node_id: optionalId(data['node_id']),
        node_type: text(data['node_type']),
        exception_type: text(data['exception_type']) ?? 'error',
        exception_message: text(data['exception_message']) ?? '',
        traceback: Array.isArray(data['traceback'])
          ? data['traceback'].filter((l): l is string => typeof l === 'string')
          : [],
      };
    default:
      return other;
  }
}

function readStatus(data: Data): ServerMessage {
  const status = isRecord(data['status']) ? data['status'] : {};
  const info = isRecord(status['exec_info']) ? status['exec_info'] : {};
  return { type: 'status', queue_remaining: number(info['queue_remaining']), sid: text(data['sid']) };
}

function nodeStates(nodes: unknown): NodeProgress[] {
  if (!isRecord(nodes)) return [];
  return Object.entries(nodes).flatMap(([node, state]) =>
    isRecord(state)
      ? {
          node,
          display_node: optionalId(state['display_node_id']),
          state: text(state['state']) ?? '',
          value: number(state['value']),
          max: number(state['max']),
          activity: text(state['activity']),
        }
      : [],
  );
}
function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
function number(value: unknown): number {
  return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : 0;
}
function idText(value: unknown): string {
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'bigint'
      ? String(value)
      : '';
}
function optionalId(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : idText(value);
}
function ids(value: unknown): string[] {
  return Array.isArray(value) ? value.map(idText) : [];
}
