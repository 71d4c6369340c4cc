// Files that come back through Redis to the one who waits: in pieces, bounded, whole by their hash or not at all.
import { createHash } from 'node:crypto';
import { ComfyGenError } from '../errors.ts';
import type { SavedFile } from '../jobs/job.ts';
import { keptFor } from './names.ts';
import type { Link } from './queues.ts';

const pieceBytes = 1024 ** 2;

export type Place = { readonly lane: string; readonly id: string };

/** Puts one whole file of a job into Redis, under its number among the job's files, from 0. */
export async function sendFile(
  { redis, names }: Link,
  { lane, id }: Place,
  index: number,
  bytes: Uint8Array,
): Promise<void> {
  const key = names.file(lane, id, index);
  await redis.del(key); // of an attempt before
  for (let at = 0; at < bytes.length; at += pieceBytes)
    await redis.rpush(key, Buffer.from(bytes.subarray(at, at + pieceBytes)));
  await redis.expire(key, keptFor.file);
}

/** Takes it piece by piece. Throws `truncated_download` for what is gone or is not what the result says. */
export async function receiveFile(
  { redis, names }: Link,
  { lane, id }: Place,
  index: number,
  { file, write }: { readonly file: SavedFile; readonly write: (piece: Uint8Array) => Promise<void> },
): Promise<void> {
  const key = names.file(lane, id, index);
  const hash = createHash('sha256');
  let size = 0;
  for (let at = 0; size < file.bytes; at++) {
    const piece = await redis.lindexBuffer(key, at);
    if (piece === null) break;
    size += piece.length;
    hash.update(piece);
    if (size <= file.bytes) await write(piece);
  }
  if (size === file.bytes && hash.digest('hex') === file.sha256) return;
  const why = size === 0 ? 'is no longer in Redis: it is kept for a day' : 'did not come whole';
  throw new ComfyGenError('truncated_download', `${file.filename} ${why}`, { hint: 'enqueue the job again' });
}
