// What an option is, and the plain kinds of it: text, numbers, choices, toggles, lists. Parsing names the place it came from.
import { ComfyGenError } from '../errors.ts';
import { closest } from '../text/closest.ts';

/** Something that can be set: on the command line, in the environment, in a config file, in a batch row. */
export type Option<T> = {
  readonly help: string;
  /** What stands for its value in usage, as `n` or `file`; undefined for a toggle, which takes none. */
  readonly argument: string | undefined;
  readonly toggle: boolean;
  readonly list: boolean;
  /** The value when nothing sets it. */
  readonly fallback: T;
  readonly short: string | undefined;
  /** Environment name where it is not COMFY_GEN_ and the key. */
  readonly env: string | undefined;
  readonly choices: readonly string[] | undefined;
  /** What its value names on this disk, for `~` and completions. */
  readonly names: 'file' | 'folder' | undefined;
  /** The kind of `list` that its value is of, for completions. */
  readonly listed: string | undefined;
  /** Beginnings of its value that a file's path follows, as `canny@`, for completions. */
  readonly starts: readonly string[] | undefined;
  /** Spelled `--no-x` in help: it is on by default. A text option with it takes both `--x <value>` and `--no-x`. */
  readonly negated: boolean;
  /** Not read from config files or the environment. */
  readonly flagOnly: boolean;
  /** A project's file must not set it. */
  readonly trustedOnly: boolean;
  /** May carry a secret: masked wherever it is shown. */
  readonly secret: boolean;
  /** Where a default that depends comes from, as `the recipe's`. */
  readonly otherwise: string | undefined;
  /** What a config file may hold for one value of it, as JSON Schema. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Raw value (text, or what a config file or row holds) -> value. `place` is where it stands, as `--steps`. */
  readonly parse: (raw: unknown, place: string) => T;
  /** The value as one would write it in a config file. */
  write(value: T): unknown; // a method: an option of numbers may stand where any option is asked for
};
export type AnyOption = Option<unknown>;
export type OptionTable = Readonly<Record<string, AnyOption>>;
export type OptionValue<O> = O extends { readonly parse: (raw: unknown, place: string) => infer T } ? T : never;

/** All that may be said of an option beyond its kind; each has a quiet default. */
export type More<F> = Partial<
  Pick<
    Option<unknown>,
    | 'short'
    | 'env'
    | 'names'
    | 'listed'
    | 'starts'
    | 'negated'
    | 'flagOnly'
    | 'trustedOnly'
    | 'secret'
    | 'otherwise'
    | 'argument'
  >
> & { readonly fallback?: F };
export type Bounds = { readonly min: number; readonly max: number };

type Kind<T> = {
  readonly argument: string | undefined;
  readonly parse: (raw: unknown, place: string) => T;
  readonly write?: (value: T) => unknown;
  readonly toggle?: boolean;
  readonly list?: boolean;
  readonly choices?: readonly string[] | undefined;
  /** Default: text. */
  readonly schema?: Readonly<Record<string, unknown>>;
};

/** An option of a kind; every constructor ends here. */
export function option<T, F>(help: string, kind: Kind<T>, more: More<F>): Option<T | F> {
  const { write } = kind;
  return {
    help,
    toggle: kind.toggle ?? false,
    list: kind.list ?? false,
    // Absent means F is undefined: More's `fallback` alone decides what F is.
    fallback: more.fallback as F,
    short: more.short,
    env: more.env,
    choices: kind.choices,
    names: more.names,
    listed: more.listed,
    starts: more.starts,
    negated: more.negated ?? false,
    flagOnly: more.flagOnly ?? false,
    trustedOnly: more.trustedOnly ?? false,
    secret: more.secret ?? false,
    otherwise: more.otherwise,
    argument: more.argument ?? kind.argument,
    schema: kind.schema ?? { type: 'string' },
    parse: kind.parse,
    // F is a T or undefined, and undefined is never written.
    write: write === undefined ? (value) => value : (value) => (value === undefined ? undefined : write(value as T)),
  };
}

export function text<F extends string | undefined = undefined>(
  help: string,
  more: More<F> & { readonly emptyAllowed?: boolean } = {},
): Option<string | F> {
  const parse = (raw: unknown, place: string): string => parseText(raw, place, more.emptyAllowed);
  return option(help, { argument: 'text', parse }, more);
}

export function integer<F extends number | undefined = undefined>(
  help: string,
  bounds: Bounds,
  more: More<F> = {},
): Option<number | F> {
  const schema = { type: 'integer', minimum: bounds.min, maximum: bounds.max };
  return option(help, { argument: 'n', schema, parse: (raw, place) => parseNumber(raw, place, bounds, true) }, more);
}

export function number<F extends number | undefined = undefined>(
  help: string,
  bounds: Bounds,
  more: More<F> = {},
): Option<number | F> {
  const schema = { type: 'number', minimum: bounds.min, maximum: bounds.max };
  return option(help, { argument: 'x', schema, parse: (raw, place) => parseNumber(raw, place, bounds, false) }, more);
}

/** A whole number that may exceed 2^53, or the given word. */
export function bigInteger<W extends string>(
  help: string,
  { max, word }: { readonly max: bigint; readonly word: W },
  more: More<W> = {},
): Option<bigint | W> {
  const expected = `a whole number from 0 to ${String(max)}, or ${word}`;
  const parse = (raw: unknown, place: string): bigint | W => {
    if (raw === word) return word;
    if (typeof raw === 'number' && Number.isInteger(raw) && !Number.isSafeInteger(raw)) {
      throw refused(place, raw, expected, 'put a number of this size in quotes: it would lose digits');
    }
    const written = typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'bigint' ? String(raw) : '';
    const value = /^\d{1,40}$/.test(written) ? BigInt(written) : -1n;
    const isNone = written === '-1'; // what other programs write for a random one
    if (value < 0n || value > max) throw refused(place, raw, expected, isNone ? `write ${word}` : undefined);
    return value;
  };
  // digits beyond 2^53 stand in quotes
  const schema = { type: ['integer', 'string'], minimum: 0, pattern: `^(\\d+|${word})$` };
  return option(help, { argument: 'n', schema, parse, write: String }, more);
}

export function choice<const C extends string, F extends C | undefined = undefined>(
  help: string,
  choices: readonly C[],
  { alias = {}, ...more }: More<F> & { readonly alias?: Readonly<Record<string, C>> } = {},
): Option<C | F> {
  const parse = (raw: unknown, place: string): C => {
    const meant = typeof raw === 'string' && Object.hasOwn(alias, raw) ? alias[raw] : raw;
    const found = choices.find((c) => c === meant);
    if (found !== undefined) return found;
    const near = typeof raw === 'string' ? closest(raw, choices, 1, false)[0] : undefined;
    throw refused(place, raw, `one of ${choices.join(', ')}`, near === undefined ? undefined : `did you mean ${near}?`);
  };
  return option(help, { argument: choices.join('|'), schema: { enum: choices }, parse, choices }, more);
}

const truth: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

export function toggle<F extends boolean | undefined = false>(help: string, more: More<F> = {}): Option<boolean | F> {
  const parse = (raw: unknown, place: string): boolean => {
    const written = typeof raw === 'string' || typeof raw === 'number' ? String(raw) : '';
    const value = typeof raw === 'boolean' ? raw : Object.hasOwn(truth, written) ? truth[written] : undefined;
    if (value === undefined) throw refused(place, raw, 'true or false');
    return value;
  };
  // A toggle that nobody mentions is off, or on when it is spelled --no-x.
  const fallback = 'fallback' in more ? more.fallback : (more.negated ?? false);
  const kind = { argument: undefined, schema: { type: 'boolean' }, parse, toggle: true };
  return option(help, kind, { ...more, fallback: fallback as F });
}

/** Repeatable: a value or an array of values. `item` gives the kind; its own fallback is not used. */
export function list<T>(
  item: Option<T>,
  more: { readonly fallback?: readonly Exclude<T, undefined>[] } = {},
): Option<readonly Exclude<T, undefined>[]> {
  type Item = Exclude<T, undefined>;
  // parse never gives undefined for a list's kinds: undefined is only in T for the absent fallback.
  const parse = (raw: unknown, place: string): readonly Item[] =>
    (Array.isArray(raw) ? raw : [raw]).map((one) => item.parse(one, place) as Item);
  return {
    ...item,
    list: true,
    fallback: more.fallback ?? [],
    parse,
    write: (values) => values.map((value) => item.write(value)),
  };
}

/** Text as text; anything else, or nothing at all, is refused. */
export function parseText(raw: unknown, place: string, emptyAllowed = false): string {
  if (typeof raw !== 'string') throw refused(place, raw, 'text', 'put it in quotes');
  if (raw === '' && !emptyAllowed) throw new ComfyGenError('bad_option', `${place}: the value is empty`);
  if (raw.includes('\0')) throw refused(place, raw, 'text without NUL characters');
  return raw;
}

/** A plain decimal within bounds: no exponent, no hexadecimal, no plus, nothing empty. */
export function parseNumber(raw: unknown, place: string, { min, max }: Bounds, whole: boolean): number {
  const value =
    typeof raw === 'number' ? raw : typeof raw === 'string' && isPlainDecimal(raw, whole) ? Number(raw) : Number.NaN;
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    throw refused(place, raw, `a ${whole ? 'whole number' : 'number'} from ${min} to ${max}`);
  }
  return value === 0 ? 0 : value; // -0 is 0
}

export function isPlainDecimal(written: string, whole = false): boolean {
  return (whole ? /^-?\d{1,40}$/ : /^-?(?:\d{1,40}(?:\.\d{1,40})?|\.\d{1,40})$/).test(written);
}

/** The error of a value that is not what its option takes. */
export function refused(place: string, raw: unknown, expected: string, hint?: string): ComfyGenError {
  return new ComfyGenError('bad_option', `${place}: ${shown(raw)} is not ${expected}`, { hint });
}

function shown(raw: unknown): string {
  if (raw === '') return 'an empty value';
  if (typeof raw === 'string') return JSON.stringify(raw.length > 80 ? `${raw.slice(0, 79)}…` : raw);
  if (typeof raw === 'object' && raw !== null) return Array.isArray(raw) ? 'a list' : 'an object';
  return String(raw);
}
