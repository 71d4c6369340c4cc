// Plays the client's side of a transcript against a server and notes what comes back beside what once came.
import { request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { parseJson } from '../../src/protocol/json.ts';
import type { Entry } from './transcript.ts';

export type HttpPair = { readonly at: number; readonly real: Entry; readonly ours: Answer };
export type Frame = { readonly text?: string; readonly binary?: Uint8Array };
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};
export type Replay = {
  readonly http: readonly HttpPair[];
  /** Frames by socket: what was recorded, what came now. */
  readonly sockets: readonly {
    readonly conn: number;
    readonly real: readonly Frame[];
    readonly ours: readonly Frame[];
    readonly opened: readonly [string, string];
  }[];
};

type Socket = { ws: WebSocket; frames: Frame[]; opened: string };

const patienceMs = 6000;

/** Replays everything in order; waits before each action for the messages that came before it in the recording. */
export async function replay(entries: readonly Entry[], origin: string): Promise<Replay> {
  const sockets = new Map<number, Socket>();
  const http: HttpPair[] = [];
  const ids = new Map<string, string>(); // ids that the real server made -> ours
  const open: { at: number; entry: Entry; answer: Promise<Answer> }[] = [];
  const early = new Set<Entry>(); // sent as soon as the socket was open
  const translate = (text: string): string => [...ids].reduce((t, [theirs, our]) => t.replaceAll(theirs, our), text);
  for (const [at, entry] of entries.entries()) {
    if (entry.dir === '>') {
      await catchUp(entries.slice(0, at), sockets);
      await idle((entry.t_ms ?? 0) - (entries[at - 1]?.t_ms ?? 0), entry.event === 'open', meetsJob(entries, at));
    }
    if (entry.channel === 'ws' && !early.has(entry)) {
      const greeting = entry.event === 'open' ? greetingOf(entries, at) : undefined;
      if (greeting !== undefined) early.add(greeting);
      await act(entry, sockets, origin, greeting?.text);
    }
    if (entry.channel !== 'http') continue;
    if (entry.dir === '>') {
      open.push({ at, entry, answer: send(entry, translate, origin) });
      continue;
    }
    const index = open.findIndex((o) => o.entry.path === entry.path && o.entry.method === entry.method);
    const [asked] = index === -1 ? [] : open.splice(index, 1);
    if (asked === undefined) continue;
    const ours = await settle(
      await asked.answer,
      entry,
      () => send(asked.entry, translate, origin),
      entries.slice(at + 1),
    );
    learn(entry, ours, ids);
    http.push({ at, real: entry, ours });
  }
  await catchUp(entries, sockets);
  for (const { ws } of sockets.values()) ws.terminate();
  return { http, sockets: pairSockets(entries, sockets) };
}

/** Was a job running when the recorded socket opened here? Its first message, the status, tells. */
function meetsJob(entries: readonly Entry[], at: number): boolean {
  const { conn } = entries[at] ?? {};
  const first = entries.slice(at + 1).find((e) => e.conn === conn && e.dir === '<' && e.text !== undefined);
  return first?.text?.includes('"queue_remaining": 0') === false;
}

/** Where the recorded client waited for long, so do we: for what nobody tells it, and before a socket that comes late. */
async function idle(ms: number, isOpening: boolean, meetsJob: boolean): Promise<void> {
  if (ms > 700) await setTimeout(Math.min(ms, 1500));
  else if (isOpening && ms > 300) await setTimeout(meetsJob ? 100 : ms); // a job here is shorter than the recorded one was
}

/** A poll that once brought the end is repeated until it does now; one that once came too early may come later here. */
async function settle(
  first: Answer,
  real: Entry,
  again: () => Promise<Answer>,
  rest: readonly Entry[],
): Promise<Answer> {
  const isPoll = real.method === 'GET' && /\/(history|jobs)\/|\/queue$|\/jobs/.test(real.path ?? '');
  if (!isPoll) return first;
  let answer = first;
  const isEmpty = (body: string): boolean =>
    body === '{}' ||
    /"status": ?"(pending|in_progress)"/.test(body) ||
    /"queue_running": ?\[\], ?"queue_pending": ?\[\]/.test(body);
  const wasOver = !/"status": ?"(pending|in_progress)"/.test(real.body ?? '') && real.body !== '{}';
  const isQueue = /queue/.test(real.path ?? '');
  const mustWait = (): boolean => {
    const body = answer.body.toString();
    if (answer.status !== real.status) return true;
    if (isQueue) return isEmpty(real.body ?? '') && !isEmpty(body);
    return wasOver && isEmpty(body) && !isEmpty(real.body ?? '');
  };
  const until = Date.now() + patienceMs;
  while (mustWait() && Date.now() < until) {
    await setTimeout(20);
    answer = await again();
  }
  const comesLater = rest.some((e) => e.dir === '<' && e.path === real.path && e.body !== real.body);
  return comesLater && !wasOver ? { ...answer, body: Buffer.from(real.body ?? '') } : answer;
}

/** Ids, file names and tags that each server chose for itself. */
function learn(real: Entry, ours: Answer, ids: Map<string, string>): void {
  const tag = real.headers?.['etag'];
  if (tag !== undefined && typeof ours.headers['etag'] === 'string') ids.set(tag, ours.headers['etag']);
  if (/\/history\//.test(real.path ?? '') && real.truncated !== true && real.status === 200)
    learnNames(real.body ?? '', ours.body.toString(), ids);

  if (real.method !== 'POST' || !/\/prompt$/.test(real.path ?? '') || real.status !== 200 || ours.status !== 200)
    return;
  const id = (text: string): string => /"prompt_id": ?"([^"]*)"/.exec(text)?.[1] ?? '';
  const [theirs, our] = [id(real.body ?? ''), id(ours.body.toString())];
  if (theirs !== '' && theirs !== our) ids.set(theirs, our);
}

function learnNames(real: string, ours: string, ids: Map<string, string>): void {
  const [a, b] = [outputsOf(real), outputsOf(ours)];
  for (const [key, names] of a) {
    for (const [i, name] of names.entries()) {
      const other = b.get(key)?.[i];
      if (other !== undefined && other !== name)
        ids.set(`filename=${encodeURIComponent(name)}`, `filename=${encodeURIComponent(other)}`);
    }
  }
}

/** File names of a history answer by node. */
function outputsOf(body: string): ReadonlyMap<string, readonly string[]> {
  const history = parseJson(body) as Readonly<Record<string, { outputs: Readonly<Record<string, unknown>> }>>;
  return new Map(
    Object.values(history).flatMap(({ outputs }) =>
      Object.entries(outputs).map(
        ([node, output]) =>
          [node, [...JSON.stringify(output).matchAll(/"filename":"([^"]*)"/g)].map((m) => m[1] ?? '')] as const,
      ),
    ),
  );
}

/** The text that the recorded client sent at once when its socket was open: a step must not come in between. */
function greetingOf(entries: readonly Entry[], at: number): Entry | undefined {
  const own = entries.slice(at + 1).filter((e) => e.channel === 'ws' && e.conn === entries[at]?.conn);
  const [opened, next] = own;
  const isAtOnce = opened?.event === 'opened' && (next?.t_ms ?? Infinity) - (opened.t_ms ?? 0) < 2;
  return isAtOnce && next?.dir === '>' && next.text !== undefined ? next : undefined;
}

async function act(entry: Entry, sockets: Map<number, Socket>, origin: string, greeting?: string): Promise<void> {
  const conn = entry.conn ?? 0;
  if (entry.event === 'open') return void sockets.set(conn, await connect(entry, origin, greeting));
  const socket = sockets.get(conn);
  if (socket === undefined || entry.dir === '<') return;
  if (entry.event === 'close') socket.ws.close(entry.code ?? 1000);
  if (entry.event === 'drop') socket.ws.terminate();
  if (entry.event !== undefined) await closed(socket.ws);
  else if (entry.text !== undefined) socket.ws.send(entry.text);
  else if (entry.binary?.base64 !== undefined) socket.ws.send(Buffer.from(entry.binary.base64, 'base64'));
  else if (entry.binary !== undefined) socket.ws.send(Buffer.alloc(entry.binary.bytes));
}

async function connect(entry: Entry, origin: string, greeting: string | undefined): Promise<Socket> {
  const headers = translateHeaders(entry.headers ?? {}, origin);
  const ws = new WebSocket(`${origin.replace('http', 'ws')}${entry.path ?? '/ws'}`, {
    headers,
    perMessageDeflate: false,
  });
  const socket: Socket = { ws, frames: [], opened: 'opened' };
  ws.on('message', (data: Buffer, isBinary) =>
    socket.frames.push(isBinary ? { binary: data } : { text: data.toString('utf8') }),
  );
  ws.on('unexpected-response', (_request, response) => {
    socket.opened = `refused ${response.statusCode ?? 0}`;
    ws.terminate();
  });
  await new Promise<void>((resolve) => {
    ws.on('open', () => {
      if (greeting !== undefined) ws.send(greeting);
      resolve();
    });
    ws.on('error', () => resolve());
    ws.on('close', () => resolve());
  });
  return socket;
}

async function closed(ws: WebSocket): Promise<void> {
  if (ws.readyState === WebSocket.CLOSED) return;
  await Promise.race([new Promise((resolve) => ws.once('close', resolve)), setTimeout(500)]);
}

/** The recorded server stood on a port of its own. */
function translateHeaders(headers: Readonly<Record<string, string>>, origin: string): Record<string, string> {
  const { port } = new URL(origin);
  const own = Object.entries(headers).map(
    ([k, v]) => [k, v.replace(/(127\.0\.0\.1|localhost):8\d{3}/g, `$1:${port}`)] as const,
  );
  return Object.fromEntries(own);
}

function mapValues(
  headers: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, change(v)]));
}

async function send(entry: Entry, translate: (text: string) => string, origin: string): Promise<Answer> {
  const base64 = entry.raw?.base64 ?? entry.base64;
  const body =
    base64 === undefined
      ? entry.body === undefined
        ? undefined
        : Buffer.from(translate(entry.body))
      : Buffer.from(base64, 'base64');
  const { hostname, port } = new URL(origin);
  const path = translate(entry.path ?? '/');
  const headers = {
    ...translateHeaders(mapValues(entry.headers ?? {}, translate), origin),
    ...(body === undefined ? {} : { 'content-length': String(body.length) }),
  };
  return new Promise((resolve, reject) => {
    const asked = request(
      { hostname, port, path, method: entry.method ?? 'GET', headers, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
        );
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Messages that come in any run, however fast; by them both recordings keep step. */
function isMilestone(text: string | undefined): boolean {
  return text !== undefined && /"type": ?"(execution_\w+|executing|executed)"/.test(text);
}

async function catchUp(before: readonly Entry[], sockets: ReadonlyMap<number, Socket>): Promise<void> {
  const until = Date.now() + patienceMs;
  for (const [conn, { frames, ws }] of sockets) {
    const since = before.findLastIndex((e) => e.conn === conn && e.event === 'open');
    const wanted = before.slice(since).filter((e) => e.conn === conn && e.dir === '<' && isMilestone(e.text)).length;
    const steps = before
      .slice(since)
      .filter(
        (e) => e.conn === conn && e.dir === '<' && e.text !== undefined && /"type": ?"progress"/.test(e.text),
      ).length;
    const count = (test: (f: Frame) => boolean): number => frames.filter(test).length;
    const isBehind = (): boolean =>
      count((f) => isMilestone(f.text)) < wanted ||
      (steps > 0 && count((f) => f.text !== undefined && /"type": ?"progress"/.test(f.text)) < Math.min(steps, 2));
    while (isBehind() && ws.readyState === WebSocket.OPEN && Date.now() < until) await setTimeout(5);
  }
}

function pairSockets(entries: readonly Entry[], sockets: ReadonlyMap<number, Socket>): Replay['sockets'] {
  return [...sockets].map(([conn, { frames, opened }]) => {
    const own = entries.filter((e) => e.channel === 'ws' && e.conn === conn && e.dir === '<');
    const real = own.flatMap((e): Frame[] =>
      e.text !== undefined
        ? [{ text: e.text }]
        : e.binary !== undefined
          ? [{ binary: Buffer.from(e.binary.head_hex, 'hex') }]
          : [],
    );
    const refused = own.find((e) => e.event === 'refused');
    return {
      conn,
      real,
      ours: frames,
      opened: [refused === undefined ? 'opened' : `refused ${refused.status ?? 0}`, opened] as const,
    };
  });
}
