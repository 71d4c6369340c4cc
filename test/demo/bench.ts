// What the demo server's tests need: graphs, a socket that keeps what it hears, requests by hand.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { parseJson } from '../../src/protocol/json.ts';
import type { Demo } from '../../src/demo/demo.ts';

type Inputs = Readonly<Record<string, unknown>>;
type Graph = Readonly<Record<string, { class_type: string; inputs: Inputs }>>;

export const plain: Graph = {
  '1': { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 255 } },
  '2': { class_type: 'SaveImage', inputs: { filename_prefix: 'plain', images: ['1', 0] } },
};

export function picture(sampler: Inputs = {}): Graph {
  return {
    '3': {
      class_type: 'KSampler',
      inputs: {
        seed: 1,
        steps: 5,
        cfg: 7,
        sampler_name: 'euler',
        scheduler: 'normal',
        denoise: 1,
        model: ['4', 0],
        positive: ['6', 0],
        negative: ['7', 0],
        latent_image: ['5', 0],
        ...sampler,
      },
    },
    '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'v1-5-pruned-emaonly.ckpt' } },
    '5': { class_type: 'EmptyLatentImage', inputs: { width: 64, height: 64, batch_size: 1 } },
    '6': { class_type: 'CLIPTextEncode', inputs: { text: 'a city', clip: ['4', 1] } },
    '7': { class_type: 'CLIPTextEncode', inputs: { text: 'blurry', clip: ['4', 1] } },
    '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
    '9': { class_type: 'SaveImage', inputs: { filename_prefix: 'ComfyUI', images: ['8', 0] } },
  };
}

export type Reply = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
};

export async function ask(demo: Demo, path: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(`${demo.url}${path}`, { redirect: 'manual', ...init });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  let json: unknown;
  try {
    json = isJson ? parseJson(text) : undefined;
  } catch {
    json = undefined; // a fault may cut it off
  }
  return { status: response.status, headers: response.headers, text, json };
}

export function post(demo: Demo, path: string, body: unknown): Promise<Reply> {
  return ask(demo, path, { method: 'POST', body: JSON.stringify(body) });
}

/** Submits and returns the id that the server tells. */
export async function submit(demo: Demo, prompt: Graph, more: object = {}): Promise<string> {
  const { json } = await post(demo, '/prompt', { prompt, ...more });
  return (json as { prompt_id: string }).prompt_id;
}

type Entry = {
  readonly outputs: Readonly<Record<string, { images: { filename: string }[] }>>;
  readonly status: { status_str: string; messages: [string, Inputs][] };
};

/** The history entry of a job, once there is one. */
export async function over(demo: Demo, id: string): Promise<Entry> {
  for (;;) {
    const entry = ((await ask(demo, `/history/${id}`)).json as Record<string, Entry>)[id];
    if (entry !== undefined) return entry;
    await setTimeout(5);
  }
}

export type Ear = AsyncDisposable & {
  readonly frames: readonly (string | Buffer)[];
  readonly types: () => readonly string[];
  readonly ws: WebSocket;
  /** Until a frame matches or the socket is closed. */
  readonly hears: (pattern: RegExp) => Promise<boolean>;
};

export async function listen(demo: Demo, clientId = 'me', flags = false): Promise<Ear> {
  const ws = new WebSocket(`${demo.url.replace('http', 'ws')}/ws?clientId=${clientId}`);
  const frames: (string | Buffer)[] = [];
  ws.on('message', (data: Buffer, isBinary) => frames.push(isBinary ? data : data.toString('utf8')));
  ws.on('error', () => undefined);
  await once(ws, 'open');
  if (flags) ws.send('{"type":"feature_flags","data":{"supports_preview_metadata":true}}');
  const hears = async (pattern: RegExp): Promise<boolean> => {
    const isThere = (): boolean => frames.some((f) => typeof f === 'string' && pattern.test(f));
    while (!isThere() && ws.readyState === WebSocket.OPEN) await setTimeout(2);
    return isThere();
  };
  const types = (): string[] =>
    frames.flatMap((f) => (typeof f === 'string' ? [/^\{"type": ?"([\w.]+)"/.exec(f)?.[1] ?? f] : ['binary']));
  return {
    frames,
    types,
    ws,
    hears,
    [Symbol.asyncDispose]: async () => {
      if (ws.readyState === WebSocket.CLOSED) return;
      ws.terminate();
      await once(ws, 'close');
    },
  };
}

/** Bytes of an answer as they come, whatever they are; ends with the connection. */
export async function raw(demo: Demo, path: string): Promise<Buffer> {
  const socket = connect(demo.port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  socket.on('error', () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${demo.port}\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  return Buffer.concat(parts);
}
