// Bytes of a user's file -> text: UTF-8, or UTF-16 that says so by its byte order mark. What is neither is refused with its place.
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { ComfyGenError } from '../errors.ts';

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** The whole text without its byte order mark. Throws `bad_input_file`. */
export function decodeText(bytes: Uint8Array, name: string): string {
  const encoding = encodingOf(bytes, name);
  if (encoding === 'utf-8') return decodeUtf8(bytes, name, 1).replace(/^\ufeff/, '');
  return decodeUtf16(new TextDecoder(encoding, { fatal: true }), bytes, name, { line: 1, goesOn: false });
}

/** The same of a file of any size, in pieces; those of UTF-8 end with a line. */
export async function* readTextPieces(path: string, name: string): AsyncGenerator<string> {
  let decode: ((chunk: Buffer | undefined) => string) | undefined;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    decode ??= decoderOf(encodingOf(chunk, name), name);
    const text = decode(chunk);
    if (text !== '') yield text;
  }
  const last = decode?.(undefined) ?? '';
  if (last !== '') yield last;
}

/** Takes chunk after chunk, at last `undefined`. */
function decoderOf(encoding: Encoding, name: string): (chunk: Buffer | undefined) => string {
  let line = 1;
  const counted = (text: string): string => {
    line += text.split('\n').length - 1;
    return text;
  };
  if (encoding !== 'utf-8') {
    const decoder = new TextDecoder(encoding, { fatal: true });
    return (chunk) =>
      counted(decodeUtf16(decoder, chunk ?? new Uint8Array(), name, { line, goesOn: chunk !== undefined }));
  }
  let held: Buffer[] = [];
  let isFirst = true;
  return (chunk) => {
    const end = chunk === undefined ? 0 : chunk.lastIndexOf(0x0a) + 1;
    if (chunk !== undefined && end === 0) {
      held.push(chunk);
      return '';
    }
    const whole = Buffer.concat(chunk === undefined ? held : [...held, chunk.subarray(0, end)]);
    held = chunk === undefined || end === chunk.length ? [] : [chunk.subarray(end)];
    const text = counted(decodeUtf8(whole, name, line));
    const shown = isFirst ? text.replace(/^\ufeff/, '') : text;
    isFirst = false;
    return shown;
  };
}

function encodingOf(start: Uint8Array, name: string): Encoding {
  const [a, b, c, d] = start;
  const isWide = (a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff);
  if (isWide) throw notUtf8(`${name} is UTF-32`);
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (start.length >= 4 && (a === 0) !== (b === 0) && (a === 0) === (c === 0) && (b === 0) === (d === 0))
    throw notUtf8(`${name} looks like UTF-16 without a byte order mark`);
  return 'utf-8';
}

function decodeUtf8(bytes: Uint8Array, name: string, firstLine: number): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let line = firstLine;
  for (let start = 0; start < buffer.length; line++) {
    const found = buffer.indexOf(0x0a, start);
    const end = found < 0 ? buffer.length : found;
    const own = buffer.subarray(start, end);
    if (!isUtf8(own)) throw notUtf8(`${name}:${line}:${columnOf(own)}: not UTF-8`);
    start = end + 1;
  }
  throw notUtf8(`${name}: not UTF-8`);
}

const replacement = Buffer.from('\ufffd');

/** The character, from 1, that is no UTF-8: what comes before it decodes to itself. */
function columnOf(line: Buffer): number {
  // what was not read gives U+FFFD, which the text may hold itself: its own is three bytes long
  let bytes = 0;
  let column = 1;
  for (const letter of line.toString('utf8')) {
    if (letter === '\ufffd' && line.subarray(bytes, bytes + 3).compare(replacement) !== 0) break;
    bytes += Buffer.byteLength(letter);
    column++;
  }
  return column;
}

function decodeUtf16(
  decoder: TextDecoder,
  bytes: Uint8Array,
  name: string,
  { line, goesOn }: { line: number; goesOn: boolean },
): string {
  try {
    return decoder.decode(bytes, { stream: goesOn });
  } catch {
    throw notUtf8(`${name}:${line}: damaged UTF-16 in this line or a later one`);
  }
}

function notUtf8(message: string): ComfyGenError {
  return new ComfyGenError('bad_input_file', message, { hint: 'save it as UTF-8' });
}
