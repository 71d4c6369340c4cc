// Lossless JSON as ComfyUI (Python) writes it: NaN, Infinity and integers beyond 2^53 survive both ways (protocol.md 1).
import { ComfyGenError } from '../errors.ts';

/** An object that is no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const special = /NaN|-?Infinity|-?\d{16,}/;
const token = /-?\bInfinity\b|\bNaN\b|-?(?<![\d.eE+])\d{16,}(?![\d.eE])/g;

/**
 * Parses JSON text. Integers beyond 2^53 become bigint, `NaN` and `±Infinity` the numbers of that name.
 * Throws SyntaxError like JSON.parse.
 */
export function parseJson(text: string): unknown {
  const clean = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (!special.test(clean)) return JSON.parse(clean);
  const mark = unusedMark(clean);
  const marked = markTokens(clean, mark);
  const value: unknown = JSON.parse(marked.text);
  return marked.found ? revive(value, mark) : value;
}

/** As `parseJson`; undefined for what is not JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes JSON text: bigint as digits, NaN and Infinity bare, as Python reads them. `indent` as in JSON.stringify.
 * What is nested thousands of levels deep, which Python would not read either, is `invalid_workflow`.
 */
export function stringifyJson(value: unknown, indent?: number): string {
  return bounded(() => write(value, indent));
}

/** The stack, or the longest text that there is, ends what is nested too deeply or too large. */
function bounded(run: () => string): string {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ComfyGenError('invalid_workflow', 'JSON that is nested too deeply, or too large, to be written', {
      cause,
    });
  }
}

function write(value: unknown, indent: number | undefined): string {
  const found: string[] = [];
  const mark = `\u0001${Math.random().toString(36).slice(2)}:`;
  const text = JSON.stringify(
    value,
    (_key, v: unknown) => {
      if (typeof v !== 'bigint' && !(typeof v === 'number' && !Number.isFinite(v))) return v;
      found.push(String(v));
      return `${mark}${found.length - 1}`;
    },
    indent,
  );
  if (found.length === 0) return text;
  const quoted = JSON.stringify(mark)
    .slice(1, -1)
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return text.replace(new RegExp(`"${quoted}(\\d+)"`, 'g'), (_all, index: string) => found[Number(index)] ?? 'null');
}

/** As `stringifyJson`, but strict JSON for other people's parsers: NaN and Infinity become null. */
export function stringifyStrictJson(value: unknown, indent?: number): string {
  return bounded(() => write(value === undefined ? null : withoutNonFinite(value), indent));
}

function withoutNonFinite(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map(withoutNonFinite);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, withoutNonFinite(v)]));
}

function unusedMark(text: string): string {
  let mark = '#comfy-gen-number:';
  while (text.includes(mark)) mark = `#${mark}`;
  return mark;
}

/** Replaces the tokens that JSON.parse would refuse or round by marked strings, outside strings only. */
function markTokens(text: string, mark: string): { text: string; found: boolean } {
  let out = '';
  let found = false;
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    const plain = text.slice(at, end);
    out += special.test(plain)
      ? plain.replace(token, (t) => {
          found = true;
          return `"${mark}${t}"`;
        })
      : plain;
    if (quote === -1) break;
    const close = closingQuote(text, quote);
    out += text.slice(quote, close + 1);
    at = close + 1;
  }
  return { text: out, found };
}

/** Where the string ends that begins with the quote at `open`; the text's length when it does not. */
export function closingQuote(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close !== -1) {
    let slashes = 0;
    while (text[close - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return close;
    close = text.indexOf('"', close + 1);
  }
  return text.length;
}

function revive(value: unknown, mark: string): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? toNumber(value.slice(mark.length)) : value;
  if (typeof value !== 'object' || value === null) return value;
  const stack: Record<string, unknown>[] = [value as Record<string, unknown>]; // arrays too: index keys
  for (let holder = stack.pop(); holder !== undefined; holder = stack.pop()) {
    for (const key of Object.keys(holder)) {
      const inner = holder[key];
      if (typeof inner === 'string') {
        if (inner.startsWith(mark)) holder[key] = toNumber(inner.slice(mark.length));
      } else if (typeof inner === 'object' && inner !== null) stack.push(inner as Record<string, unknown>);
    }
  }
  return value;
}

function toNumber(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : BigInt(text);
}

/** Are there values within more than `depth` arrays and objects? */
export function isNestedDeeper(value: unknown, depth: number): boolean {
  let level: unknown[] = [value];
  for (let at = 0; at <= depth && level.length > 0; at++) {
    level = level.flatMap((v): unknown[] => (typeof v === 'object' && v !== null ? Object.values(v) : []));
  }
  return level.length > 0;
}
