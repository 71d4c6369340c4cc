// Which servers have workers now, and which lanes each of them refused: a job that no server could run fails instead of waiting.
import { isRecord } from '../protocol/json.ts';
import { second } from './names.ts';
import type { Link } from './queues.ts';

/** A server counts for so long after its worker was last heard: time for a worker to be started again. */
const freshMs = 60 * second;

export type Standing = { readonly worker: string; readonly server: string; readonly refused: readonly string[] };

/** Says that the server is there, and which lanes it cannot do. */
export async function announce({ redis, names }: Link, { worker, server, refused }: Standing): Promise<void> {
  await redis.hset(names.servers, `${worker} ${server}`, JSON.stringify({ at: Date.now(), refused }));
}

/** What each server that has a worker now refuses. */
export async function standings({ redis, names }: Link): Promise<readonly { readonly refused: readonly unknown[] }[]> {
  const all = Object.entries(await redis.hgetall(names.servers));
  const known = all.map(([field, text]) => ({ field, ...readStanding(text) }));
  const old = known.filter(({ at }) => Date.now() - at > freshMs);
  if (old.length > 0) await redis.hdel(names.servers, ...old.map(({ field }) => field));
  return known.filter((one) => !old.includes(one));
}

/** Does every one of them refuse the lane? */
export const isHopeless = (all: Awaited<ReturnType<typeof standings>>, lane: string): boolean =>
  all.every(({ refused }) => refused.includes(lane));

/** Longer than any job may be delayed: a lane that nobody used for so long is forgotten. */
const unusedMs = 40 * 86_400 * second;

/** Says that jobs go to the lane; `sample` is one of them. True when it was not known. */
export async function useLane({ redis, names }: Link, lane: string, sample: string): Promise<boolean> {
  await redis.hset(names.used, lane, Date.now());
  return (await redis.hsetnx(names.lanes, lane, sample)) === 1;
}

/** Each lane and one of its jobs. */
export async function openLanes({ redis, names }: Link): Promise<readonly (readonly [lane: string, sample: string])[]> {
  const [lanes, used] = await Promise.all([redis.hgetall(names.lanes), redis.hgetall(names.used)]);
  const old = Object.keys(lanes).filter((lane) => Date.now() - Number(used[lane] ?? 0) > unusedMs);
  if (old.length > 0) await Promise.all([redis.hdel(names.lanes, ...old), redis.hdel(names.used, ...old)]);
  return Object.entries(lanes).filter(([lane]) => !old.includes(lane));
}

function readStanding(text: string): { readonly at: number; readonly refused: readonly unknown[] } {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) return { at: 0, refused: [] };
  const { at, refused } = value;
  return { at: typeof at === 'number' ? at : 0, refused: Array.isArray(refused) ? refused : [] };
}
