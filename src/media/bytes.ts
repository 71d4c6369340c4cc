// Reading bytes of files that nobody vouches for: every access is checked, every text has a limit.
import { ComfyGenError } from '../errors.ts';

/** Key -> text, keys in lower case; what the formats' readers give. */
export type Texts = Map<string, string>;

/** What a reader has found so far. `damage` tells the first thing that was wrong; what is readable counts all the same. */
export type Found = { readonly texts: Texts; damage: string | undefined; faults: number };

/** More than this is no text about an image. */
export const maxText = 64 * 1024 * 1024;
/** A file with more damaged pieces than this is nothing but damage; each costs time. */
const maxFaults = 1000;

export function nothingFound(): Found {
  return { texts: new Map(), damage: undefined, faults: 0 };
}

/** Notes damage; throws when there is no end of it. */
export function note(found: Found, error: ComfyGenError): void {
  found.damage ??= error.message;
  if (++found.faults > maxFaults) throw error;
}

/** Reads one piece of a file: one that is damaged never voids the rest. */
export function salvage(found: Found, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ComfyGenError)) throw error;
    note(found, error);
  }
}

export function damaged(what: string, cause?: unknown): ComfyGenError {
  return new ComfyGenError('bad_input_file', `the file is damaged: ${what}`, { cause });
}

/** `length` bytes from `at`; throws where the file ends before. */
export function part(bytes: Uint8Array, at: number, length: number, what: string): Uint8Array {
  if (!(at >= 0 && length >= 0 && at + length <= bytes.length)) throw damaged(`${what} reaches beyond its end`);
  return bytes.subarray(at, at + length);
}

/** As `part`, but of a piece that the end of the file cuts off, what is left of it. */
export function upTo(bytes: Uint8Array, at: number, length: number, what: string, found: Found): Uint8Array {
  if (at + length > bytes.length) note(found, damaged(`${what} reaches beyond its end`));
  return bytes.subarray(at, at + length);
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** UTF-8, or Latin-1 where the bytes are none; without the zeros that end it in many formats. */
export function decodeText(bytes: Uint8Array): string {
  return withoutEndZeros(decode(bytes));
}

function decode(bytes: Uint8Array): string {
  if (bytes.length > maxText) throw damaged('a text is larger than any text should be');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

/** UTF-16; zeros at its end are left out. */
export function decodeWide(bytes: Uint8Array, isBig: boolean): string {
  if (bytes.length > maxText) throw damaged('a text is larger than any text should be');
  return withoutEndZeros(new TextDecoder(isBig ? 'utf-16be' : 'utf-16le').decode(bytes));
}

/** By hand: a pattern `\0+$` takes hours for a long row of zeros with a letter behind it. */
function withoutEndZeros(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}

/** Call it once a piece: refuses a file of more than `max`, as nobody waits for millions of empty ones. */
export function countPieces(what: string, max = 1_000_000): () => void {
  let left = max;
  return () => {
    if (--left < 0) throw damaged(`it has more than ${max} ${what}`);
  };
}

/** The 4 letters at `at`. */
export function word(bytes: Uint8Array, at: number): string {
  return latin1(bytes.subarray(at, at + 4));
}
