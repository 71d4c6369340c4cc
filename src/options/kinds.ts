// Options whose text has a form of its own: sizes, durations, bytes, LoRAs, ControlNets, headers, addresses, assignments.
import { ComfyGenError } from '../errors.ts';
import {
  isPlainDecimal,
  option,
  parseNumber,
  parseText,
  refused,
  type Bounds,
  type More,
  type Option,
} from './option.ts';

export type Size = { readonly width: number; readonly height: number };
export type Ratio = { readonly width: number; readonly height: number };
export type Lora = { readonly file: string; readonly strength: number; readonly clip: number | undefined };
export type Header = { readonly name: string; readonly value: string };

/** `768x512`. */
export function size<F extends Size | undefined = undefined>(
  help: string,
  bounds: Bounds,
  more: More<F> = {},
): Option<Size | F> {
  const parse = (raw: unknown, place: string): Size => {
    const [, width, height] = (typeof raw === 'string' ? /^(\d{1,6})[xX×](\d{1,6})$/.exec(raw) : undefined) ?? [];
    if (width === undefined || height === undefined) {
      const side = typeof raw === 'string' || typeof raw === 'number' ? /^\d{1,6}$/.exec(String(raw))?.[0] : undefined;
      throw refused(place, raw, 'a size like 768x512', side === undefined ? undefined : `a square is ${side}x${side}`);
    }
    return { width: parseNumber(width, place, bounds, true), height: parseNumber(height, place, bounds, true) };
  };
  return option(help, { argument: 'WxH', parse, write: (v) => `${v.width}x${v.height}` }, more);
}

/** `16:9`, `2.39:1`; from 1:20 to 20:1. */
export function ratio<F extends Ratio | undefined = undefined>(help: string, more: More<F> = {}): Option<Ratio | F> {
  const parse = (raw: unknown, place: string): Ratio => {
    const [, width = '', height = ''] =
      (typeof raw === 'string' ? /^([\d.]{1,9}):([\d.]{1,9})$/.exec(raw) : null) ?? [];
    const value = isPlainDecimal(width) && isPlainDecimal(height) ? Number(width) / Number(height) : Number.NaN;
    if (!(value >= 1 / 20 && value <= 20)) throw refused(place, raw, 'a ratio like 16:9, from 1:20 to 20:1');
    return { width: Number(width), height: Number(height) };
  };
  return option(help, { argument: 'W:H', parse, write: (v) => `${v.width}:${v.height}` }, more);
}

export type Pad = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

/** `64,0,64,0`: pixels to the left, above, to the right, below. */
export function pad<F extends Pad | undefined = undefined>(
  help: string,
  max: number,
  more: More<F> = {},
): Option<Pad | F> {
  const parse = (raw: unknown, place: string): Pad => {
    const parts = typeof raw === 'string' && /^\d{1,6}(,\d{1,6}){3}$/.test(raw) ? raw.split(',') : [];
    const [left = 0, top = 0, right = 0, bottom = 0] = parts.map((p) => parseNumber(p, place, { min: 0, max }, true));
    if (left + top + right + bottom === 0) throw refused(place, raw, 'pixels left,top,right,bottom like 64,0,64,0');
    return { left, top, right, bottom };
  };
  const write = (v: Pad): string => [v.left, v.top, v.right, v.bottom].join(',');
  return option(help, { argument: 'l,t,r,b', parse, write }, more);
}

export type Enlarging = { readonly factor: number } | Size;

/** `2x`, `4x`, or a size like `4096x4096`. */
export function enlarging<F extends Enlarging | undefined = undefined>(
  help: string,
  more: More<F> = {},
): Option<Enlarging | F> {
  const side = { min: 64, max: 32_768 };
  const parse = (raw: unknown, place: string): Enlarging => {
    const written = typeof raw === 'string' ? raw : '';
    const [, factor] = /^([\d.]{1,9})[xX]$/.exec(written) ?? [];
    if (factor !== undefined) return { factor: parseNumber(factor, place, { min: 1, max: 16 }, false) };
    const [, width, height] = /^(\d{1,6})[xX×](\d{1,6})$/.exec(written) ?? [];
    if (width === undefined || height === undefined)
      throw refused(place, raw, 'a factor like 2x, or a size like 4096x4096');
    return { width: parseNumber(width, place, side, true), height: parseNumber(height, place, side, true) };
  };
  const write = (v: Enlarging): string => ('factor' in v ? `${v.factor}x` : `${v.width}x${v.height}`);
  return option(help, { argument: '2x|WxH', parse, write }, more);
}

const textOrNumber = { type: ['string', 'number'] };
const msPer: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** What a timer can hold; beyond it Node fires at once. */
const longest = 2 ** 31 - 1;

/** `90s`, `10m`, `1h`, `500ms`; a bare number is seconds. The value is in ms. */
export function duration<F extends number | undefined = undefined>(
  help: string,
  more: More<F> & { readonly zeroIsNone?: boolean } = {},
): Option<number | F> {
  const parse = (raw: unknown, place: string): number | F => {
    const [, amount = '', unit = 's'] =
      /^(-?[\d.]+)(ms|s|m|h|d)?$/.exec(typeof raw === 'number' ? String(raw) : typeof raw === 'string' ? raw : '') ??
      [];
    const ms = isPlainDecimal(amount) ? Math.round(Number(amount) * (msPer[unit] ?? 1)) : -1;
    if (ms < 0) throw refused(place, raw, 'a duration like 90s, 10m, 1h, 500ms or a number of seconds');
    if (ms > longest) throw refused(place, raw, 'a duration of at most 24d');
    // With zeroIsNone there is no fallback, so that "none" is what F says.
    return ms === 0 && more.zeroIsNone === true ? (undefined as F) : ms + 0; // -0 is 0
  };
  const write = (v: number | F): unknown => (v === undefined ? v : writeDuration(v));
  return option(help, { argument: 'duration', schema: textOrNumber, parse, write }, more);
}

function writeDuration(ms: number): string {
  const unit = ['d', 'h', 'm', 's'].find((u) => ms > 0 && ms % (msPer[u] ?? 1) === 0) ?? 'ms';
  return `${ms / (msPer[unit] ?? 1)}${unit}`;
}

/** A moment in ms since 1970: a date (`2026-11-28`, `2026-11-28 14:30`, local time), or so long ago (`2h`, `3d`). */
export function moment(help: string, more: More<undefined> = {}): Option<number | undefined> {
  const parse = (raw: unknown, place: string): number => {
    const written = typeof raw === 'string' ? raw.trim() : '';
    const [, amount = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,6})?)(s|m|h|d)$/.exec(written) ?? [];
    if (unit !== '') return Date.now() - Math.round(Number(amount) * (msPer[unit] ?? 1));
    const [, day, time = '00:00', zone = ''] =
      /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(Z?))?$/.exec(written) ?? [];
    const at = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone}`);
    if (Number.isNaN(at)) throw refused(place, raw, 'a date like 2026-11-28, or a duration like 2h or 3d');
    return at;
  };
  return option(help, { argument: 'when', parse }, more);
}

const powers = ['', 'k', 'm', 'g', 't'];

/** `16GiB`, `500MB`; a bare number is bytes; K, M, G, T alone are powers of 1024. */
export function bytes<F extends number | undefined = undefined>(help: string, more: More<F> = {}): Option<number | F> {
  const parse = (raw: unknown, place: string): number => {
    const written = typeof raw === 'number' ? String(raw) : typeof raw === 'string' ? raw : '';
    const [, amount = '', power = '', tail = ''] = /^([\d.]+)([kmgt]?)(i?b)?$/i.exec(written) ?? [];
    const base = power !== '' && tail.toLowerCase() === 'b' ? 1000 : 1024;
    const fits = isPlainDecimal(amount) && !(power === '' && tail.toLowerCase() === 'ib');
    const value = fits ? Math.round(Number(amount) * base ** powers.indexOf(power.toLowerCase())) : -1;
    if (value < 0 || !Number.isSafeInteger(value))
      throw refused(place, raw, 'a size like 16GiB, 500MB or a number of bytes');
    return value;
  };
  return option(help, { argument: 'size', schema: textOrNumber, parse, write: writeBytes }, more);
}

function writeBytes(value: number): string | number {
  const power = [4, 3, 2, 1].find((p) => value > 0 && value % 1024 ** p === 0);
  return power === undefined ? value : `${value / 1024 ** power}${(powers[power] ?? '').toUpperCase()}iB`;
}

/** `file[:strength[:clip]]`: final numbers are strengths, so that `C:\x.safetensors` is a file. */
export function lora(help: string, bounds: Bounds): Option<Lora | undefined> {
  const parse = (raw: unknown, place: string): Lora => {
    const last = cutNumber(parseText(raw, place), place, bounds);
    const first = last.number === undefined ? last : cutNumber(last.rest, place, bounds);
    if (first.rest === '') throw refused(place, raw, 'a LoRA like file.safetensors:0.8');
    return {
      file: first.rest,
      strength: first.number ?? last.number ?? 1,
      clip: first.number === undefined ? undefined : last.number,
    };
  };
  const write = (v: Lora): string => [v.file, v.strength, ...(v.clip === undefined ? [] : [v.clip])].join(':');
  return option(help, { argument: 'file[:strength[:clip]]', parse, write }, { listed: 'loras' });
}

/** Cuts a final `:number` off; what looks like a number and is no plain decimal is refused, other text stays. */
function cutNumber(written: string, place: string, bounds: Bounds): { rest: string; number: number | undefined } {
  const colon = written.lastIndexOf(':');
  const tail = written.slice(colon + 1);
  if (colon < 0 || (tail !== '' && Number.isNaN(Number(tail)))) return { rest: written, number: undefined };
  return { rest: written.slice(0, colon), number: parseNumber(tail, place, bounds, false) };
}

/** `name: value`. Errors never show it: it may be a secret. */
export function header(help: string): Option<Header | undefined> {
  const parse = (raw: unknown, place: string): Header => {
    const [, name, value] =
      /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*([\t\x20-\x7e\x80-\xff]*)$/.exec(typeof raw === 'string' ? raw : '') ?? [];
    if (name === undefined || value === undefined)
      throw new ComfyGenError('bad_option', `${place}: not a header like "name: value"`);
    return { name, value: value.trim() };
  };
  return option(help, { argument: 'name: value', parse, write: (v) => `${v.name}: ${v.value}` }, { secret: true });
}

/** A server's address as people write it: a URL, a host, host:port. Read further by who connects. */
export function address<F extends string | undefined = undefined>(
  help: string,
  schemes: readonly string[],
  more: More<F> = {},
): Option<string | F> {
  const parse = (raw: unknown, place: string): string => {
    const written = parseText(raw, place).trim();
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(written)?.[1]?.toLowerCase();
    if (written === '' || /[\s\0]/.test(written) || (scheme !== undefined && !schemes.includes(scheme))) {
      throw refused(
        place,
        withoutUserInfo(written),
        `an address (${schemes.map((s) => `${s}://…`).join(', ')}, host or host:port)`,
      );
    }
    return written;
  };
  return option(help, { argument: 'url', parse }, { secret: true, ...more });
}

/** An address as it may be shown: a password may hold any character, unencoded too. */
export function withoutUserInfo(written: string): string {
  return written.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
}

/** `left=right` with both sides said by `expected`; kept as text for those who know the names. */
export function assignment(
  help: string,
  argument: string,
  pattern: RegExp,
  expected: string,
  more: More<undefined> = {},
): Option<string | undefined> {
  const parse = (raw: unknown, place: string): string => {
    const written = parseText(raw, place);
    if (!pattern.test(written)) throw refused(place, raw, expected);
    return written;
  };
  return option(help, { argument, parse }, more);
}
