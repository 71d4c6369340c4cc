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

/** Does every server that has a worker refuse the lane? */
export async function isHopeless({ redis, names }: Link, lane: string): Promise<boolean> {
  const all = Object.entries(await redis.hgetall(names.servers));
  const known = all.map(([field, text]) => ({ field, ...readStanding(text) }));
  const old = known.filter(({ at }) => Date.now() - at > freshMs);
  if (old.length > 0) await redis.hdel(names.servers, ...old.map(({ field }) => field));
  const fresh = known.filter((one) => !old.includes(one));
  return fresh.every(({ refused }) => refused.includes(lane));
}

function readStanding(text: string): { readonly at: number; readonly refused: readonly unknown[] } {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) return { at: 0, refused: [] };
  const { at, refused } = value;
  return { at: typeof at === 'number' ? at : 0, refused: Array.isArray(refused) ? refused : [] };
}
