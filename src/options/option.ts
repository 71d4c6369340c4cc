// What an option is: how it is written, what it accepts, what it means. Each setting of the tool is one of these, once.
import { ComfyGenError } from '../errors.ts';

export type Option<T> = {
  /** The argument as help shows it (`<n>`); undefined for a toggle. */
  readonly argument: string | undefined;
  readonly help: string;
  readonly short: string | undefined;
  readonly repeatable: boolean;
  readonly fallback: T | undefined;
  /** The accepted values, for completion and help. */
  readonly choices: readonly string[] | undefined;
  /** Environment name when it is not COMFY_GEN_ and the flag in capitals; `null`: none. */
  readonly env: string | null | undefined;
  /** Not a key of a configuration file. */
  readonly flagOnly: boolean;
  /** Raw text, or a value from a configuration file -> value. `where` names the origin in errors. */
  readonly parse: (raw: unknown, where: string) => T;
};

type More<T> = {
  readonly short?: string;
  readonly fallback?: T;
  readonly argument?: string;
  readonly env?: string | null;
  readonly flagOnly?: boolean;
};

function option<T>(help: string, argument: string | undefined, parse: Option<T>['parse'], more: More<T>, choices?: readonly string[]): Option<T> {
  return {
    help,
    argument: more.argument ?? argument,
    parse,
    short: more.short,
    fallback: more.fallback,
    env: more.env,
    flagOnly: more.flagOnly ?? false,
    repeatable: false,
    choices,
  };
}

function refuse(where: string, raw: unknown, wanted: string): never {
  throw new ComfyGenError('bad_option', `${where}: ${shown(raw)} is not ${wanted}`);
}

function shown(raw: unknown): string {
  const text = typeof raw === 'bigint' ? String(raw) : (JSON.stringify(raw) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** Text of a scalar: flags and the environment give text, files numbers too. */
function scalar(raw: unknown): string | undefined {
  if (typeof raw === 'string') return raw;
  if (typeof raw === 'bigint') return String(raw);
  return typeof raw === 'number' && Number.isFinite(raw) ? plainNumber(raw) : undefined;
}

function plainNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? BigInt(value).toString() : String(value);
}

type Bounds<N> = { readonly min: N; readonly max: N };

export function integer(help: string, bounds: Bounds<number>, more: More<number> = {}): Option<number> {
  const wanted = `a whole number from ${bounds.min} to ${bounds.max}`;
  const parse = (raw: unknown, where: string): number => {
    const text = scalar(raw);
    const value = text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    return value >= bounds.min && value <= bounds.max ? value : refuse(where, raw, wanted);
  };
  return option(help, '<n>', parse, more);
}

export function number(help: string, bounds: Bounds<number>, more: More<number> = {}): Option<number> {
  const wanted = `a number from ${bounds.min} to ${bounds.max}`;
  const parse = (raw: unknown, where: string): number => {
    const value = decimal(scalar(raw));
    return value >= bounds.min && value <= bounds.max ? value : refuse(where, raw, wanted);
  };
  return option(help, '<x>', parse, more);
}

/** A plain decimal; NaN for `1e3`, `0x10`, an empty text and everything else. */
export function decimal(text: string | undefined): number {
  return text !== undefined && /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN;
}

/** A seed: digits, or the word `random` (undefined). */
export function seed(help: string, more: More<bigint | 'random'> = {}): Option<bigint | 'random'> {
  const parse = (raw: unknown, where: string): bigint | 'random' => {
    const text = scalar(raw);
    if (text === 'random') return 'random';
    if (text === undefined || !/^\d+$/.test(text) || BigInt(text) >= 2n ** 64n) {
      return refuse(where, raw, 'a whole number from 0 to 18446744073709551615, nor "random"');
    }
    return BigInt(text);
  };
  return option(help, '<n>', parse, more);
}

export function text(help: string, more: More<string> = {}): Option<string> {
  const parse = (raw: unknown, where: string): string => (typeof raw === 'string' ? raw : (scalar(raw) ?? refuse(where, raw, 'text')));
  return option(help, '<text>', parse, more);
}

/** Text that must not be empty: a file, a folder, a name. */
export function name(help: string, argument: string, more: More<string> = {}): Option<string> {
  const parse = (raw: unknown, where: string): string => (typeof raw === 'string' && raw !== '' ? raw : refuse(where, raw, 'a name'));
  return option(help, argument, parse, more);
}

export function choice<const C extends readonly string[]>(help: string, choices: C, more: More<C[number]> = {}): Option<C[number]> {
  const parse = (raw: unknown, where: string): C[number] => choices.find((c) => c === raw) ?? refuse(where, raw, `one of ${choices.join(', ')}`);
  return option(help, `<${choices.join('|')}>`, parse, more, choices);
}

export function toggle(help: string, more: More<boolean> = {}): Option<boolean> {
  const parse = (raw: unknown, where: string): boolean => {
    if (typeof raw === 'boolean') return raw;
    if (raw === 'true' || raw === '1') return true;
    return raw === 'false' || raw === '0' ? false : refuse(where, raw, 'true or false');
  };
  return option(help, undefined, parse, more);
}

export type Size = { readonly width: number; readonly height: number };

export function size(help: string, bounds: Bounds<number>, more: More<Size> = {}): Option<Size> {
  const parse = (raw: unknown, where: string): Size => {
    const [, width, height] = (typeof raw === 'string' ? /^(\d+)[x×](\d+)$/i.exec(raw) : null) ?? [];
    const value = { width: Number(width), height: Number(height) };
    const fits = (n: number): boolean => n >= bounds.min && n <= bounds.max;
    return fits(value.width) && fits(value.height) ? value : refuse(where, raw, `a size like 768x512, ${bounds.min} to ${bounds.max} each`);
  };
  return option(help, '<WxH>', parse, more);
}

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds; `90s`, `10m`, `1h30m`, `500ms`; a bare number is seconds. */
export function duration(help: string, more: More<number> = {}): Option<number> {
  const parse = (raw: unknown, where: string): number => {
    const written = scalar(raw) ?? '';
    const seconds = decimal(written);
    if (seconds >= 0 && seconds <= 1e9) return Math.round(seconds * 1000);
    if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(written)) return refuse(where, raw, 'a duration like 90s, 10m or 1h30m');
    const parts = written.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g);
    const ms = [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (durationUnits[unit ?? ''] ?? 0), 0);
    return ms <= 1e12 ? Math.round(ms) : refuse(where, raw, 'a duration like 90s, 10m or 1h30m');
  };
  return option(help, '<duration>', parse, more);
}

/** Bytes; `500MB`, `16GiB`; a bare number is bytes. */
export function bytes(help: string, more: More<number> = {}): Option<number> {
  const parse = (raw: unknown, where: string): number => {
    const found = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?|b)?$/i.exec(scalar(raw) ?? '');
    if (found === null) return refuse(where, raw, 'a size like 500MB or 16GiB');
    const [, count, unit = '', binary = ''] = found;
    const power = ' kmgt'.indexOf(unit.toLowerCase() || ' ');
    const value = Math.round(Number(count) * (binary === '' ? 1000 : 1024) ** power);
    return Number.isSafeInteger(value) ? value : refuse(where, raw, 'a size like 500MB or 16GiB');
  };
  return option(help, '<size>', parse, more);
}

/** An option that may be given several times; a file holds one value or an array. */
export function list<T>(item: Option<T>): Option<readonly T[]> {
  return {
    ...item,
    fallback: undefined,
    repeatable: true,
    parse: (raw, where) => (Array.isArray(raw) ? raw : [raw]).map((one) => item.parse(one, where)),
  };
}

export type LoraSetting = { readonly file: string; readonly strength: number; readonly clip: number | undefined };

/** `file[:strength[:clip]]`; a strength is a number from -100 to 100, everything before it is the file. */
export function lora(help: string, more: More<LoraSetting> = {}): Option<LoraSetting> {
  const parse = (raw: unknown, where: string): LoraSetting => {
    const [, file = '', first, second] = /^(.*?)(?::([+-]?[\d.]+))?(?::([+-]?[\d.]+))?$/s.exec(scalar(raw) ?? '') ?? [];
    const strength = first === undefined ? 1 : decimal(first);
    const clip = second === undefined ? undefined : decimal(second);
    const fits = (n: number): boolean => n >= -100 && n <= 100;
    if (file === '' || !fits(strength) || !(clip === undefined || fits(clip))) return refuse(where, raw, 'a LoRA like name.safetensors:0.8, strengths from -100 to 100');
    return { file, strength, clip };
  };
  return option(help, '<file[:strength[:clip]]>', parse, more);
}

export type ControlSetting = { readonly model: string; readonly image: string; readonly strength: number };

/** `model:image[:strength]`; the model ends at the first colon, a final number is the strength. */
export function control(help: string, more: More<ControlSetting> = {}): Option<ControlSetting> {
  const parse = (raw: unknown, where: string): ControlSetting => {
    const [, model = '', image = '', given] = /^([^:]+):(.+?)(?::([+-]?[\d.]+))?$/s.exec(scalar(raw) ?? '') ?? [];
    const strength = given === undefined ? 1 : decimal(given);
    if (model === '' || image === '' || !(strength >= 0 && strength <= 10)) return refuse(where, raw, 'a control like model.safetensors:pose.png:0.8, strength from 0 to 10');
    return { model, image, strength };
  };
  return option(help, '<model:image[:strength]>', parse, more);
}
