// What stands in front of a server when faults say so: a proxy with its own answers, a token or cookie, a load balancer.
import type { IncomingMessage } from 'node:http';
import type { Faults } from '../faults/faults.ts';
import { json, type Answer, type Request } from './http.ts';

export const badGateway = '<!doctype html><html><body><h1>Bad gateway</h1></body></html>';
const waitingPage =
  '<!doctype html><html><head><title>Starting</title></head><body>The server is starting.</body></html>';

function cookiesOf({ headers }: IncomingMessage): readonly string[] {
  return (headers.cookie ?? '').split(';').map((pair) => pair.trim());
}

/** What a proxy says in front of a server that is not up yet. */
function frontAnswer(faults: Faults, path: string): Answer | undefined {
  const page = { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: waitingPage };
  if (faults.peekEarly('front-page') !== undefined) return page;
  if (faults.peekEarly('front-missing') !== undefined)
    return { status: 404, headers: { 'content-type': 'text/html' }, body: badGateway };
  if (faults.peekEarly('front-redirect') === undefined) return undefined;
  return path === '/starting' ? page : { status: 302, headers: { location: '/starting' } };
}

const route = 'comfy-gen-demo-route=one';

/** Without the cookie of its first answer a request lands on the other server, which has no jobs. */
export function isAstray(message: IncomingMessage, faults: Faults): boolean {
  return faults.peek('sticky') !== undefined && !cookiesOf(message).includes(route);
}

/** What sends a client back to where it was. */
export const stickyCookie = `${route}; Path=/; HttpOnly`;

/** What the other server says of jobs and files that it does not have; undefined for what both answer alike. */
export function astrayAnswer({ path, method }: Request): Answer | undefined {
  if (path.startsWith('/view')) return { status: 404 };
  if (path.endsWith('/cancel')) return json({ cancelled: false });
  if (path.startsWith('/jobs/')) return json({ error: 'Job not found' }, 404);
  if (path === '/jobs') return json({ jobs: [], pagination: { offset: 0, limit: null, total: 0, has_more: false } });
  if (path === '/interrupt') return { status: 200 };
  if (path === '/queue') return method === 'GET' ? json({ queue_running: [], queue_pending: [] }) : { status: 200 };
  if (path.startsWith('/history')) return method === 'GET' ? json({}) : { status: 200 };
  return undefined;
}

/** Takes the base path off a request; the answer for one that belongs elsewhere. */
export function enter(message: IncomingMessage, faults: Faults): Answer | undefined {
  const url = message.url ?? '/';
  const base = faults.peek('base-path')?.text;
  if (base !== undefined) {
    if (!url.startsWith(`${base}/`)) return { status: 404 };
    message.url = url.slice(base.length);
  }
  const front = faults.isEmpty ? undefined : frontAnswer(faults, message.url ?? '/');
  if (front !== undefined) return front;
  const token = faults.peek('token')?.text;
  if (token !== undefined && message.headers.authorization !== `Bearer ${token}`) return { status: 401 };
  const cookie = faults.peek('cookie')?.text;
  if (cookie !== undefined && !cookiesOf(message).includes(cookie)) return { status: 403 };
  const moved = faults.peek('redirect') ?? faults.peek('redirect-get');
  if (moved === undefined) return undefined;
  return { status: moved.name === 'redirect' ? 308 : 302, headers: { location: `${moved.text ?? ''}${url}` } };
}
