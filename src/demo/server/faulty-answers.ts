// What the faults of a route make of its answer: late, wrong, cut off, or none at all.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { encodeChunk } from '../../media/png.ts';
import { badGateway } from './front.ts';
import type { Fault, Faults, RouteName } from '../faults/faults.ts';
import { sendAnswer, type Answer, type Request } from './http.ts';
import type { Server } from './state.ts';

type Exchange = {
  readonly request: Request;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  /** What a server without faults does and says. */
  readonly plain: () => Promise<Answer>;
  /** Lets the job begin before its answer is out. */
  readonly release: () => void;
  readonly server: Server;
  readonly name: RouteName | undefined;
};

export function routeName(path: string): RouteName | undefined {
  const [, first = '', second, third] = path.split('/');
  if (first === 'v2') return v2RouteName(path);
  if (first === 'jobs') return second === 'cancel' || third === 'cancel' ? 'cancel' : 'jobs';
  const names: Readonly<Record<string, RouteName>> = {
    prompt: 'prompt',
    history: 'history',
    queue: 'queue',
    interrupt: 'interrupt',
    free: 'free',
    view: 'view',
    upload: 'upload',
    object_info: 'object-info',
    models: 'models',
    system_stats: 'system-stats',
    features: 'features',
  };
  return Object.hasOwn(names, first) ? names[first] : undefined;
}

/** The route of ComfyUI that one of Comfy API v2 stands for. */
function v2RouteName(path: string): RouteName | undefined {
  if (path === '/v2/jobs') return 'prompt';
  if (path.startsWith('/v2/jobs/')) return path.endsWith('/cancel') ? 'cancel' : 'jobs';
  if (path.endsWith('/content')) return 'view';
  return path === '/v2/assets' ? 'upload' : path === '/v2/health' ? 'system-stats' : undefined;
}

export async function answerFaulty(exchange: Exchange): Promise<void> {
  const { request, message, response } = exchange;
  const take = taker(exchange);
  if (take('reset') !== undefined) return void message.socket.resetAndDestroy();
  if (take('hang') !== undefined) return;
  const wrong = take('status');
  if (wrong !== undefined) return sendAnswer(response, statusAnswer(wrong));
  if (take('endless') !== undefined) return sendEndless(response);
  const answer = await exchange.plain();
  const isSent = request.method === 'POST' && exchange.name === 'prompt' && answer.status < 300;
  if (isSent && (await isSpoiled(exchange))) return;
  const delay = take('delay')?.value;
  if (delay !== undefined) {
    exchange.release();
    await setTimeout(delay);
  }
  if (take('empty') !== undefined) return sendAnswer(response, { status: 200 });
  if (exchange.server.faults.peek('prompt-nan') !== undefined && exchange.name === 'prompt')
    return sendAnswer(response, {
      ...answer,
      body: String(answer.body).replace(/"number": ?[-\d.]+/, '"number": NaN'),
    });
  if (take('garbage') !== undefined)
    return sendAnswer(response, { ...answer, body: String(answer.body ?? '{').slice(0, -5) });
  if (exchange.name === 'view' && answer.status < 300) return sendView(exchange, answer);
  sendAnswer(response, answer, request.method === 'HEAD');
}

/** The job is queued; its answer gets lost, is a refusal, or comes late. */
async function isSpoiled({ message, response, server, release }: Exchange): Promise<boolean> {
  const lost = server.faults.take('prompt-lost');
  if (lost !== undefined) message.socket.resetAndDestroy();
  const wrong = server.faults.take('prompt-queued-status');
  if (wrong !== undefined) sendAnswer(response, statusAnswer(wrong));
  if (server.faults.peek('prompt-after') !== undefined) {
    release();
    await untilIdle(server);
  }
  return lost !== undefined || wrong !== undefined;
}

async function sendEndless(response: ServerResponse): Promise<void> {
  const piece = Buffer.alloc(256 * 1024, '[');
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  response.writeHead(200, { 'content-type': 'application/json' });
  while (!response.destroyed)
    if (!response.write(piece)) await once(response, 'drain', { signal: closed.signal }).catch(() => undefined);
}

/** How fast the body of this request is taken, in bytes a second. */
export function readingPace(path: string, faults: Faults): number {
  const name = routeName(path);
  const slow = (name === undefined ? undefined : faults.take(`${name}-slow`)) ?? faults.take('any-slow');
  return slow?.value ?? Infinity;
}

type Kind = 'status' | 'delay' | 'reset' | 'hang' | 'empty' | 'garbage' | 'endless';

/** Only POSTs meet the faults of /prompt: a GET there is no submission. */
function taker({ request, name, server }: Exchange): (kind: Kind) => Fault | undefined {
  const isExempt = name === 'prompt' && request.method !== 'POST';
  return (kind) => {
    const own = name === undefined || isExempt ? undefined : server.faults.take(`${name}-${kind}`);
    return own ?? server.faults.take(`any-${kind}`);
  };
}

function statusAnswer(fault: Fault): Answer {
  const status = fault.value ?? 500;
  const retry: Readonly<Record<string, string>> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  if (fault.empty === true) return { status, headers: retry };
  if (fault.html === true) return { status, headers: { ...retry, 'content-type': 'text/html' }, body: badGateway };
  return {
    status,
    headers: { ...retry, 'content-type': 'text/plain; charset=utf-8' },
    body: `${status}: told by a fault`,
  };
}

async function untilIdle({ engine }: Server): Promise<void> {
  while (engine.remaining > 0) await setTimeout(2);
}

/** The many ways in which a download goes wrong. */
async function sendView({ response, message, server }: Exchange, answer: Answer): Promise<void> {
  const { faults } = server;
  const bytes = Buffer.from(answer.body ?? '');
  const { status, headers = {} } = answer;
  const announce = (length: number): void => void response.writeHead(status, { ...headers, 'content-length': length });
  const redirect = faults.take('view-redirect');
  if (redirect !== undefined) {
    const { port } = message.socket.address() as { port: number }; // a TCP socket
    const location = redirect.text ?? `http://localhost:${port}${message.url ?? ''}`;
    return sendAnswer(response, { status: 302, headers: { location } });
  }
  if (faults.take('view-html') !== undefined)
    return sendAnswer(response, { status: 200, headers: { 'content-type': 'text/html' }, body: badGateway });
  if (faults.take('view-not-png') !== undefined) return sendAnswer(response, { ...answer, body: 'this is no picture' });
  if (faults.take('view-zero') !== undefined) return sendAnswer(response, { ...answer, body: '' });
  if (faults.take('view-cut') !== undefined)
    return sendAnswer(response, { ...answer, body: bytes.subarray(0, bytes.length / 2) });
  if (faults.take('view-long') !== undefined) {
    announce(bytes.length);
    response.write(bytes);
    return void message.socket.end(bytes); // behind Node's back, which would not send it
  }
  const broken = faults.take('view-broken-off') ?? faults.take('view-truncated');
  if (broken !== undefined) {
    announce(bytes.length);
    response.write(bytes.subarray(0, bytes.length / 2), () => {
      if (broken.name === 'view-truncated') message.socket.end();
      else message.socket.resetAndDestroy();
    });
    return;
  }
  const drip = faults.take('view-drip')?.value;
  const size = faults.peek('view-size')?.value;
  if (size !== undefined) return sendLarge(response, bytes, Math.max(size, bytes.length), announce);
  if (faults.peek('view-no-length') !== undefined)
    response.writeHead(status, { ...headers, 'transfer-encoding': 'chunked' });
  else announce(bytes.length);
  if (drip !== undefined) await sendSlowly(response, bytes, drip);
  response.end(drip === undefined ? bytes : undefined);
}

async function sendSlowly(response: ServerResponse, bytes: Uint8Array, ms: number): Promise<void> {
  const piece = Math.ceil(bytes.length / 40);
  for (let at = 0; at < bytes.length && !response.destroyed; at += piece) {
    response.write(bytes.subarray(at, at + piece));
    await setTimeout(ms);
  }
}

/** A picture of any size: the same one with as many filler chunks before its end as it takes. */
async function sendLarge(
  response: ServerResponse,
  bytes: Buffer,
  size: number,
  announce: (length: number) => void,
): Promise<void> {
  const end = bytes.subarray(-12); // IEND
  const closed = new AbortController(); // a reader who leaves never drains
  response.once('close', () => closed.abort());
  announce(size);
  response.write(bytes.subarray(0, -12));
  for (let left = size - bytes.length; left > 0 && !response.destroyed; ) {
    const length = left <= 1024 * 1024 ? left : Math.min(1024 * 1024, left - 12); // the last one is never too small for a chunk
    if (!response.write(filler(length)))
      await once(response, 'drain', { signal: closed.signal }).catch(() => undefined);
    left -= length;
  }
  response.end(end);
}

function filler(length: number): Uint8Array {
  return length < 12 ? new Uint8Array(length) : encodeChunk({ type: 'npAd', data: new Uint8Array(length - 12) });
}
