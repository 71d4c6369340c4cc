// The bytes of one output: streamed, resumed by Range after a break, their length, signature and end checked.
import { createHash } from 'node:crypto';
import type { Connection } from '../connection/connection.ts';
import { authError } from '../connection/failures.ts';
import { backoffMs, pause, retryAfterMs } from '../connection/transport.ts';
import { ComfyGenError } from '../errors.ts';
import { imageSize, startCheck, type FileCheck } from '../media/check.ts';
import type { OutputRef } from '../protocol/http.ts';

export type Sink = {
  readonly signal?: AbortSignal | undefined;
  readonly maxBytes: number;
  readonly write: (chunk: Uint8Array) => Promise<void> | void;
  /** As `write`, of a piece that changes after this has resolved; absent where it is kept for longer. */
  readonly writeLent?: (chunk: Uint8Array) => Promise<void>;
  /** The download starts again from nothing. */
  readonly reset: () => Promise<void> | void;
};

export type Fetched = {
  readonly bytes: number;
  readonly sha256: string;
  readonly width: number | null;
  readonly height: number | null;
};

const headBytes = 64 * 1024;

/** What has come so far of one file. */
type Arrived = {
  size: number;
  total: number | undefined;
  etag: string | undefined;
  hash: ReturnType<typeof createHash>;
  head: Buffer;
  check: FileCheck;
};

/** Downloads one output into the sink; retries as often as the connection's settings say, then error of kind `save`. */
export async function fetchInto(server: Connection, ref: OutputRef, sink: Sink): Promise<Fetched> {
  let got = nothing(ref);
  if (ref.image !== undefined) {
    take(got, Buffer.from(ref.image));
    await sink.write(ref.image);
    return finish(ref, got);
  }
  for (let tried = 0; ; tried++) {
    let failure: ComfyGenError;
    let wait = backoffMs(tried);
    try {
      const refused = await receive(server, ref, sink, got);
      if (refused === undefined) return finish(ref, got);
      failure = refused.failure;
      wait = refused.waitMs ?? wait;
    } catch (error) {
      if (sink.signal?.aborted === true) throw sink.signal.reason;
      failure = error instanceof ComfyGenError ? error : brokenOff(ref, got, error);
    }
    if (!isWorthRetrying(failure) || tried >= server.retries) throw failure;
    if (failure.reason !== 'truncated_download') {
      got = nothing(ref);
      await sink.reset();
    }
    await pause(wait, sink.signal);
  }
}

function nothing({ filename }: OutputRef): Arrived {
  return {
    size: 0,
    total: undefined,
    etag: undefined,
    hash: createHash('sha256'),
    head: Buffer.alloc(0),
    check: startCheck(filename),
  };
}

function isWorthRetrying(failure: ComfyGenError): boolean {
  return ['truncated_download', 'download_failed', 'not_an_image', 'rate_limited', 'server_gone'].includes(
    failure.reason,
  );
}

/** One request; what the server refused comes back, what broke is thrown. */
async function receive(
  server: Connection,
  ref: OutputRef,
  sink: Sink,
  got: Arrived,
): Promise<{ failure: ComfyGenError; waitMs: number | undefined } | undefined> {
  const answer = await server.view(ref, got.size, sink.signal);
  if (answer.status !== 200 && answer.status !== 206) {
    await answer.body.dump();
    const auth = authError(answer.status, server.server);
    if (auth !== undefined) return { failure: auth, waitMs: retryAfterMs(answer.headers['retry-after']) };
    return {
      failure: new ComfyGenError(
        'download_failed',
        `${ref.filename}: ${server.server} answered ${answer.status}`,
        hintFor(answer.status),
      ),
      waitMs: undefined,
    };
  }
  if (
    answer.status === 206 &&
    Number(/^bytes (\d+)-/.exec(String(answer.headers['content-range']))?.[1]) !== got.size
  ) {
    await answer.body.dump();
    const message = `${ref.filename}: ${server.server} sent another part of the file than it was asked for`;
    return { failure: new ComfyGenError('download_failed', message), waitMs: undefined };
  }
  const etag = typeof answer.headers['etag'] === 'string' ? answer.headers['etag'] : undefined;
  if (got.size > 0 && (answer.status !== 206 || etag !== got.etag)) {
    Object.assign(got, nothing(ref)); // it begins again: another file, or a server without ranges
    await sink.reset();
  }
  got.etag = etag;
  const length = Number(answer.headers['content-length']);
  got.total =
    Number.isInteger(length) && answer.headers['content-length'] !== undefined ? got.size + length : undefined;
  if ((got.total ?? 0) > sink.maxBytes) {
    answer.body.destroy();
    throw tooLarge(ref, sink.maxBytes);
  }
  const lent = sink.writeLent && answer.body.lent();
  const write = (lent && sink.writeLent) ?? sink.write;
  for await (const chunk of (lent ?? answer.body) as AsyncIterable<Buffer>) {
    if (got.size + chunk.length > sink.maxBytes) {
      answer.body.destroy();
      throw tooLarge(ref, sink.maxBytes);
    }
    const written = write(chunk);
    take(got, chunk); // its hash is made while it is written
    await written;
  }
  if (got.total !== undefined && got.size < got.total) throw brokenOff(ref, got, undefined);
  return undefined;
}

function take(got: Arrived, chunk: Buffer): void {
  got.size += chunk.length;
  got.hash.update(chunk);
  if (got.head.length < headBytes) got.head = Buffer.concat([got.head, chunk.subarray(0, headBytes - got.head.length)]);
  got.check.push(chunk);
}

function finish(ref: OutputRef, got: Arrived): Fetched {
  const wrong = got.check.wrong();
  if (wrong !== undefined)
    throw new ComfyGenError(
      wrong.truncated ? 'truncated_download' : 'not_an_image',
      `${ref.filename}: ${wrong.message}`,
    );
  const size = imageSize(got.head);
  return { bytes: got.size, sha256: got.hash.digest('hex'), width: size?.width ?? null, height: size?.height ?? null };
}

function brokenOff(ref: OutputRef, got: Arrived, cause: unknown): ComfyGenError {
  if (got.size === 0 && cause !== undefined)
    return new ComfyGenError('download_failed', `${ref.filename}: the connection broke before the first byte`, {
      cause,
    });
  const of = got.total === undefined ? '' : ` of ${got.total}`;
  return new ComfyGenError(
    'truncated_download',
    `${ref.filename}: the download broke off after ${got.size}${of} bytes`,
    { cause },
  );
}

function tooLarge(ref: OutputRef, max: number): ComfyGenError {
  return new ComfyGenError('too_large_download', `${ref.filename} is larger than ${max} bytes`);
}

function hintFor(status: number): { hint?: string } {
  return status === 404
    ? { hint: 'the file is gone from the server: run again with <option force>, or with another seed' }
    : {};
}
