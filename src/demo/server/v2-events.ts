// The event stream of one job of Comfy API v2: the socket's messages of its client, told anew.
import type { ServerResponse } from 'node:http';
import { isRecord, tryParseJson } from '../../protocol/json.ts';
import { decodeFrame } from '../../protocol/frames.ts';
import type { Hub } from './socket.ts';

const over = new Set(['succeeded', 'failed', 'canceled', 'expired']);
const heartbeatMs = 15_000;

/** Ends when the job is over, when the hub cuts everybody off, or with the connection. */
export function streamEvents(response: ServerResponse, id: string, hub: Hub, statusOf: (id: string) => string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const send = (event: string, data: unknown): void =>
    void response.write(`event: ${event}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  const tell = (): boolean => {
    const status = statusOf(id);
    send('status', { status });
    return over.has(status);
  };
  if (tell()) return void response.end();
  const beat = setInterval(() => response.write(': keepalive\n\n'), heartbeatMs);
  const leave = hub.listen(id, {
    take: (data) => {
      if (data instanceof Uint8Array) preview(data, send);
      else if (message(data, send) && tell()) response.end();
    },
    cut: () => response.destroy(),
  });
  response.once('close', () => {
    clearInterval(beat);
    leave();
  });
}

type Send = (event: string, data: unknown) => void;

function preview(bytes: Uint8Array, send: Send): void {
  const frame = decodeFrame(bytes);
  if (frame.kind !== 'preview') return;
  const data_base64 = Buffer.from(frame.image).toString('base64');
  send('preview', { node_id: frame.node ?? '', content_type: frame.mime, data_base64 });
}

/** True for what may be the end. */
function message(text: string, send: Send): boolean {
  const told = tryParseJson(text);
  if (!isRecord(told) || !isRecord(told['data'])) {
    send('progress', text.replaceAll('\n', ' '));
    return false;
  }
  const { type, data } = told as { type: string; data: Record<string, unknown> };
  if (type === 'progress')
    send('progress', {
      value: 0,
      nodes_done: 0,
      nodes_total: 0,
      current_node: data['node'],
      step: data['value'],
      steps: data['max'],
    });
  if (type === 'progress_state') states(data['nodes'], send);
  return type === 'executing' && data['node'] === null;
}

function states(nodes: unknown, send: Send): void {
  const all = isRecord(nodes) ? Object.entries(nodes) : [];
  const running = all.find(([, state]) => isRecord(state) && state['state'] === 'running');
  if (running === undefined) return;
  const [current_node, state] = running;
  const { value, max } = state as { value: number; max: number };
  send('progress', {
    value: 0,
    nodes_done: all.length - 1,
    nodes_total: all.length,
    current_node,
    step: value,
    steps: max,
  });
}
