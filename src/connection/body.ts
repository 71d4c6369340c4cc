// Bodies of requests, sent in pieces so that it can be seen that they move; files are streamed from the disk.
import { openAsBlob } from 'node:fs';
import type { Response } from 'undici';
import { ComfyGenError } from '../errors.ts';

export type RequestBody = {
  readonly length: number;
  /** From the beginning, each time: a request may be repeated or redirected. */
  readonly start: () => StartedBody;
};

export type StartedBody = {
  /** The content type, where the body itself decides it. */
  readonly type?: string | undefined;
  readonly pieces: AsyncIterable<Uint8Array>;
};

/** A local file to upload: from the disk, or bytes that are held anyway. */
export type UploadSource = { readonly path: string } | Uint8Array;

/** Told after each piece that went out. */
export type UploadProgress = (sentBytes: number, totalBytes: number) => void;

const pieceBytes = 64 * 1024;

/** Text or bytes as a body; large graphs take their time on slow lines too. */
export function bytesBody(body: string | Uint8Array): RequestBody {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { length: bytes.length, start: () => ({ pieces: piecesOf(bytes) }) };
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes)
    yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
}

/** The form of `/upload/image` with one file; it is read while it is sent. Throws `bad_input_file`. */
export async function uploadForm(name: string, source: UploadSource): Promise<RequestBody> {
  return formBody({}, { field: 'image', name, blob: await blobOf(source), source });
}

type FormFile = {
  readonly field: string;
  readonly name: string;
  readonly blob: Blob;
  readonly source: UploadSource;
};

/** A form of texts and one file, which comes last. */
export async function formBody(fields: Readonly<Record<string, string>>, file: FormFile): Promise<RequestBody> {
  const { field, name, blob, source } = file;
  const { FormData, Response } = await import('undici'); // its forms take a while to load, and most jobs send none
  const form = (content: Blob): Response => {
    const data = new FormData();
    for (const [key, value] of Object.entries(fields)) data.set(key, value);
    data.set(field, content, name);
    return new Response(data);
  };
  // undici tells no length and shows no progress of a form; its frame has the same length around any content
  const frame = await form(blob.slice(0, 0, blob.type)).arrayBuffer();
  const start = (): StartedBody => {
    const { headers, body } = form(blob);
    return { type: headers.get('content-type') ?? undefined, pieces: readable(body ?? [], source) };
  };
  return { length: frame.byteLength + blob.size, start };
}

/** The file without its bytes in memory. Throws `bad_input_file`. */
export async function blobOf(source: UploadSource): Promise<Blob> {
  if (source instanceof Uint8Array) return new Blob([source]);
  try {
    return await openAsBlob(source.path);
  } catch (cause) {
    throw new ComfyGenError('bad_input_file', `cannot read ${source.path}`, { cause, hint: 'is the path right?' });
  }
}

/** A file that changes while it is sent cannot be read on: that is no failure of the server. */
async function* readable(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  source: UploadSource,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of pieces) yield* piecesOf(piece); // bytes that are held come as one piece
  } catch (cause) {
    const name = 'path' in source ? source.path : 'what is uploaded';
    throw new ComfyGenError('bad_input_file', `${name} changed while it was read, or cannot be read`, { cause });
  }
}
