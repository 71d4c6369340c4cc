// Input files in Redis by their content hash: the same picture, or workflow, lies there once, whoever asks for it how often.
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ComfyGenError } from '../errors.ts';
import { keptFor, type Names } from './names.ts';

const mebibyte = 1024 ** 2;
/** Largest input file that goes through Redis. */
const maxBlobBytes = 64 * mebibyte;
/** Inputs that a process keeps in memory, in bytes. */
const maxKeptBytes = 256 * mebibyte;

export class Blobs {
  readonly #redis: Redis;
  readonly #names: Names;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #put = new Set<string>();
  #keptBytes = 0;

  constructor(redis: Redis, names: Names) {
    this.#redis = redis;
    this.#names = names;
  }

  /** Stores the bytes and returns their hash. Throws `bad_input_file` for more than 64 MiB; `name` is for the message. */
  async put(bytes: Uint8Array, name: string): Promise<string> {
    if (bytes.length > maxBlobBytes)
      throw new ComfyGenError('bad_input_file', `${name} is larger than the 64 MiB that go through Redis`);
    const hash = hashOf(bytes);
    if (this.#put.has(hash)) return hash;
    const key = this.#names.blob(hash);
    if ((await this.#redis.expire(key, keptFor.blob)) === 0)
      await this.#redis.set(key, Buffer.from(bytes), 'EX', keptFor.blob);
    this.#put.add(hash);
    return hash;
  }

  /** Throws `bad_input_file` for what is not there any more, or is not what its hash says. */
  async get(hash: string, name: string): Promise<Uint8Array> {
    const kept = this.#kept.get(hash);
    if (kept !== undefined) return kept;
    const bytes = await this.#redis.getBuffer(this.#names.blob(hash));
    if (bytes === null)
      throw new ComfyGenError('bad_input_file', `${name} is no longer in Redis: it is kept for 7 days`, {
        hint: 'enqueue the job again',
      });
    if (hashOf(bytes) !== hash) throw new ComfyGenError('bad_input_file', `${name} is damaged in Redis`);
    if (this.#keptBytes + bytes.length > maxKeptBytes) {
      this.#kept.clear();
      this.#keptBytes = 0;
    }
    this.#kept.set(hash, bytes);
    this.#keptBytes += bytes.length;
    return bytes;
  }
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
