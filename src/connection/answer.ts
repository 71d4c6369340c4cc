// The body of an answer as the rest of the house sees it: bytes in pieces, decoded, with nothing of a package's types.
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import { ComfyGenError } from '../errors.ts';
import { lentBody } from './large-body.ts';

export type AnswerBody = AsyncIterable<Uint8Array> & {
  /** A large body at less cost: a piece is overwritten after the next was asked for. Undefined where that is not to be had. */
  readonly lent: () => AsyncIterable<Uint8Array> | undefined;
  /** Ends it at once; nothing more is read. */
  readonly destroy: () => void;
  /** Reads the rest of a small body so that the connection can serve again; ends a large or slow one. */
  readonly dump: () => Promise<void>;
};

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

export type Answer = {
  readonly status: number;
  /** Of a body that came compressed, without its length: that was another one. */
  readonly headers: AnswerHeaders;
  readonly body: AnswerBody;
  /** Where the answer came from after redirects. */
  readonly url: URL;
};

export type TextAnswer = { readonly status: number; readonly headers: AnswerHeaders; readonly text: string };

/** A JSON or text answer of more bytes is refused: nothing that we ask for is as large. */
const maxTextBytes = 256 * 1024 * 1024;
const maxDumpBytes = 64 * 1024;
const dumpMs = 1000;

/** Wraps what came; compressed bodies are decoded, though none was asked for: caches send them all the same. */
export function answerOf(given: { status: number; headers: AnswerHeaders; body: Readable; url: URL }): Answer {
  const coding = String(given.headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase();
  const decoder = /^(x-)?gzip$|^deflate$/.test(coding)
    ? createUnzip()
    : coding === 'br'
      ? createBrotliDecompress()
      : undefined;
  if (decoder === undefined) return { ...given, body: bodyOf(given.body, () => lentBody(given.body)) };
  const headers = { ...given.headers, 'content-encoding': undefined, 'content-length': undefined };
  // who reads the decoder hears of errors; the pipeline stops listening before the last of them may come
  pipeline(given.body, decoder.on('error', ignore), ignore);
  return { ...given, headers, body: bodyOf(decoder, () => undefined) };
}

const ignore = (): void => undefined;

function bodyOf(stream: Readable, lent: AnswerBody['lent']): AnswerBody {
  const destroy = (): void => {
    stream.on('error', ignore);
    stream.destroy();
  };
  return {
    [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>, // no encoding is set: bytes
    lent,
    destroy,
    dump: async () => {
      const late = setTimeout(destroy, dumpMs);
      let size = 0;
      try {
        for await (const chunk of stream as AsyncIterable<Uint8Array>) if ((size += chunk.length) > maxDumpBytes) break;
      } catch {
        // nobody wants it
      } finally {
        clearTimeout(late);
        destroy();
      }
    },
  };
}

/** The whole body as text; `what` names it in the error when it is too large. */
export async function textOf(answer: Answer, what: string): Promise<TextAnswer> {
  const tooLarge = (): ComfyGenError => new ComfyGenError('server_error', `${what}: more than 256 MiB: given up`);
  const text = await boundedText(answer.body, maxTextBytes, tooLarge);
  return { status: answer.status, headers: answer.headers, text };
}

/** A body as text; what `tooLarge` gives is thrown for one of more than `max` bytes. */
export async function boundedText(body: AnswerBody, max: number, tooLarge: () => ComfyGenError): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > max) {
      body.destroy();
      throw tooLarge();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
