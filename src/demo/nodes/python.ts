// What ComfyUI does because it is written in Python: texts of values in messages, conversions, the spacing of its JSON.
import { stringifyJson } from '../../protocol/json.ts';

/** As Python's `repr`: what stands in error texts. */
export function repr(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([k, v]) => `${quote(k)}: ${repr(v)}`);
    return `{${entries.join(', ')}}`;
  }
  return number(value as number | bigint); // the JSON parser makes nothing else
}

/** As Python's `str`: strings without quotes. */
export function str(value: unknown): string {
  return typeof value === 'string' ? value : repr(value);
}

/** A number of a FLOAT input: Python writes `7.0`. */
export function floatText(value: number | bigint): string {
  const text = number(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** ASCII only, a blank behind `:` and `,`: what SaveImage writes into a PNG and history sends. */
export function dumps(value: unknown): string {
  let out = '';
  let quoted = false;
  for (const part of stringifyJson(value).split(/("(?:[^"\\]|\\.)*")/)) {
    out += quoted ? escapeNonAscii(part) : part.replace(/[:,]/g, '$& ');
    quoted = !quoted;
  }
  return out;
}

export class PythonError extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** `int(v)`: 3.7 -> 3, "12" -> 12, "3.7" and null fail. */
export function toInt(value: unknown): number | bigint {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') {
    if (Number.isNaN(value)) throw new PythonError('ValueError', 'cannot convert float NaN to integer');
    if (!Number.isFinite(value)) throw new PythonError('OverflowError', 'cannot convert float infinity to integer');
    return whole(value);
  }
  if (typeof value === 'string') {
    if (/^\s*[+-]?\d+(_\d+)*\s*$/.test(value)) return narrow(BigInt(value.trim().replace(/_/g, '').replace(/^\+/, '')));
    throw new PythonError('ValueError', `invalid literal for int() with base 10: ${repr(value)}`);
  }
  throw new PythonError(
    'TypeError',
    `int() argument must be a string, a bytes-like object or a real number, not '${typeName(value)}'`,
  );
}

/** `float(v)`. */
export function toFloat(value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') {
    const text = value.trim().toLowerCase();
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(text)) return Number(text);
    if (/^[+-]?(inf|infinity)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
    if (/^[+-]?nan$/.test(text)) return NaN;
    throw new PythonError('ValueError', `could not convert string to float: ${repr(value)}`);
  }
  throw new PythonError('TypeError', `float() argument must be a string or a real number, not '${typeName(value)}'`);
}

/** `bool(v)`: "false" is true. */
export function toBool(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'dict';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int' : 'float';
}

function whole(value: number): number | bigint {
  const cut = Math.trunc(value);
  return Number.isSafeInteger(cut) ? cut : narrow(BigInt(cut));
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function number(value: number | bigint): string {
  if (typeof value === 'bigint') return String(value);
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  return String(value);
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t');
  return mark + (mark === "'" ? escaped.replace(/'/g, "\\'") : escaped) + mark;
}

function escapeNonAscii(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
