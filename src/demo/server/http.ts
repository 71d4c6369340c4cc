// HTTP as the server speaks it, below the routes: requests with their bodies, answers, statuses for what no route takes.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { parseJson, stringifyJson } from '../../protocol/json.ts';
import { ServerTrouble } from '../engine/problems.ts';

export type Request = {
  readonly method: string;
  /** Without the query and without `/api`. */
  readonly path: string;
  readonly isApi: boolean;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** What stands in the place of `{…}` of the route. */
  readonly params: readonly string[];
  /** To be done once the answer is out. */
  readonly afterwards: (() => void)[];
};
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};
export type Handler = (request: Request) => Answer | Promise<Answer>;

/** Path with `{}` for a segment -> method -> what answers. */
export type Routes = Readonly<Record<string, Readonly<Partial<Record<string, Handler>>>>>;

export const uploadLimit = 100 * 1024 * 1024;
const plain = { 'content-type': 'text/plain; charset=utf-8' };

export function json(value: unknown, status = 200): Answer {
  return jsonText(stringifyJson(value), status);
}
export function jsonText(body: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
}
export function text(body: string, status = 200): Answer {
  return { status, headers: plain, body };
}
export function empty(status = 200): Answer {
  return { status };
}

/** The server's bare 500, after which it closes the connection. */
const trouble: Answer = {
  status: 500,
  headers: { ...plain, connection: 'close' },
  body: '500 Internal Server Error\n\nServer got itself in trouble',
};

/** A JSON body; what cannot be read is a 500, as on the real server. */
export function readJson(request: Request): unknown {
  const body = new TextDecoder('utf-8', { fatal: true });
  try {
    return parseJson(body.decode(request.body));
  } catch {
    throw new ServerTrouble();
  }
}

/** A JSON object, or a 500: the real server calls `.get` on whatever came. */
export function readObject(request: Request): Readonly<Record<string, unknown>> {
  const value = readJson(request);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ServerTrouble();
  return value as Record<string, unknown>;
}

/** The whole body; undefined for one that is too large. `bytesPerSecond`: how slowly it is taken. */
export async function readBody(request: IncomingMessage, bytesPerSecond = Infinity): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  const begin = Date.now();
  let size = 0;
  for await (const part of request) {
    parts.push(part as Buffer); // no encoding is set on the stream
    size += (part as Buffer).length;
    if (size > uploadLimit) return undefined;
    const due = (size / bytesPerSecond) * 1000 - (Date.now() - begin);
    if (due > 1) await setTimeout(due);
  }
  return Buffer.concat(parts);
}

/** The answer of the route that fits, or what the server says when none does. */
export async function dispatch(routes: Routes, request: Request): Promise<Answer> {
  if (request.method === 'OPTIONS') return empty();
  const found = findRoute(routes, request.path);
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  const handler = found?.methods[isGet ? 'GET' : request.method];
  if (found === undefined || handler === undefined) return isGet ? nothingHere : notAllowed(found?.methods ?? {});
  try {
    return await handler({ ...request, params: found.params });
  } catch (thrown) {
    if (!(thrown instanceof ServerTrouble)) throw thrown;
    return trouble;
  }
}

/** Static files come last, so every path takes GET: unknown ones are a 404 of another kind. */
const nothingHere: Answer = {
  status: 404,
  headers: { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' },
};

function notAllowed(methods: object): Answer {
  const allow = ['GET', 'HEAD', ...Object.keys(methods).filter((m) => m !== 'GET')].join(',');
  return { ...text('405: Method Not Allowed', 405), headers: { ...plain, allow } };
}

type Methods = Readonly<Partial<Record<string, Handler>>>;

function findRoute(routes: Routes, path: string): { methods: Methods; params: string[] } | undefined {
  const exact = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (exact !== undefined && !path.includes('{}')) return { methods: exact, params: [] };
  const parts = path.split('/');
  for (const [pattern, methods] of Object.entries(routes)) {
    const wanted = pattern.split('/');
    if (!pattern.includes('{}') || wanted.length !== parts.length) continue;
    const fits = wanted.every((w, i) => (w === '{}' ? isSegment(parts[i]) : w === parts[i]));
    if (fits) return { methods, params: parts.filter((_, i) => wanted[i] === '{}').map(decode) };
  }
  return undefined;
}

/** Not empty and, as in the real router, without braces. */
function isSegment(part = ''): boolean {
  return part !== '' && !/[{}]/.test(decode(part));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function sendAnswer(response: ServerResponse, answer: Answer, isHead = false): void {
  const { status, headers = {}, body } = answer;
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  const bodyless = status === 304 || 'transfer-encoding' in headers || 'content-length' in headers;
  // last, or Node takes a content-disposition with UTF-8 in it for invalid
  const announced = bodyless ? {} : { 'content-length': length };
  response.writeHead(status, { server: 'comfy-gen-demo', ...headers, ...announced });
  if (body === undefined || isHead) response.end();
  else response.end(body);
}

/** A browser of another origin gets nothing (section 1): `Origin` against a loopback `Host`, and `Sec-Fetch-Site`. */
export function isForeign(headers: IncomingHttpHeaders, { isOld }: { readonly isOld: boolean }): boolean {
  if (headers['sec-fetch-site'] === 'cross-site' && !isOld) return true;
  const { origin, host } = headers;
  if (origin === undefined || origin === 'null' || host === undefined) return false;
  try {
    const [from, to] = [new URL(origin), new URL(`http://${host}`)];
    const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(to.hostname);
    return isLoopback && (from.hostname !== to.hostname || from.port !== to.port);
  } catch {
    return false;
  }
}
