// Messages of which only the newest counts, kept as they came: most of them are never read, so none is taken apart before.
import { decodeFrame, type Frame } from './frames.ts';
import { parseMessage, type ServerMessage } from './messages.ts';

/** A text frame. */
export class UnreadMessage {
  readonly kind = 'message';
  readonly #bytes: Buffer;
  #message: ServerMessage | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get message(): ServerMessage {
    return (this.#message ??= parseMessage(this.#bytes.toString('utf8')));
  }
}

/** A binary frame, and the job that ran when it came. */
export class UnreadFrame {
  readonly kind = 'frame';
  readonly running: string | undefined;
  readonly #bytes: Uint8Array;
  #frame: Frame | undefined;

  constructor(bytes: Uint8Array, running: string | undefined) {
    this.#bytes = bytes;
    this.running = running;
  }

  get frame(): Frame {
    return (this.#frame ??= decodeFrame(this.#bytes));
  }
}

/** `{"type": "progress", "data": {"value": 1, "max": 20, "prompt_id": "…"`, with and without spaces. */
const progressBegins =
  /^\{"type": ?"(progress|progress_state)", ?"data": ?\{(?:"\w+": ?(?:"[^"\\]*"|[\w.+-]+), ?)*"prompt_id": ?"([^"\\]*)"/;
const looksAt = 400;

/**
 * What a text frame replaces, told by how it begins: the last one of its kind and job. undefined: it is no progress, or only
 * `parseMessage` can tell.
 */
export function glanceAtProgress(bytes: Buffer): string | undefined {
  const found = progressBegins.exec(bytes.toString('latin1', 0, looksAt));
  return found === null ? undefined : `${found[1]}:${found[2]}`;
}
