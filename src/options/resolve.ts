// The one place where precedence is decided: strongest layer first; each value keeps the layer it came from.
import { ComfyGenError } from '../errors.ts';
import { envName, flagName } from './describe.ts';
import { closest } from '../text/closest.ts';
import type { AnyOption, OptionTable, OptionValue } from './option.ts';

/** `call`: what a program says. `picture`: what the file given to `run` says of how it was made. `style`: below all others. */
export type Source = 'row' | 'flag' | 'call' | 'picture' | 'env' | 'project' | 'user' | 'style';
/** Raw values from one place. `trusted`: secrets may go to a server that it names. `label`: the file, for messages. */
export type Layer = {
  readonly source: Source;
  readonly label: string;
  readonly trusted: boolean;
  readonly values: Readonly<Record<string, unknown>>;
  /** The bytes that a program gave in place of local files, by the names that stand for them in `values`. */
  readonly bytes?: ReadonlyMap<string, Uint8Array> | undefined;
};
/** A value and the layer it came from; no layer is the default. */
export type Resolved<T> = { readonly value: T; readonly layer: Layer | undefined };
export type Settings<T extends OptionTable> = { readonly [K in keyof T]: Resolved<OptionValue<T[K]>> };
export type Values<T extends OptionTable> = { readonly [K in keyof T]: OptionValue<T[K]> };

/** Values in force, by the layers' order. A layer's null or undefined is unset. Throws `bad_option` at a bad value. */
export function resolve<T extends OptionTable>(table: T, layers: readonly Layer[]): Settings<T> {
  const pick = (key: string, option: AnyOption): Resolved<unknown> => {
    const layer = layers.find((l) => sets(l, key, option));
    return layer === undefined ? { value: option.fallback, layer } : { value: valueIn(layer, key, option), layer };
  };
  // Entries of a table of the same keys: fromEntries only forgets their names.
  return Object.fromEntries(Object.entries(table).map(([key, option]) => [key, pick(key, option)])) as Settings<T>;
}

/** What `resolve` makes of the layer and, behind it, of those that `below` came from: of many rows each is read in no time. */
export function resolveOver<T extends OptionTable>(table: T, layer: Layer, below: Settings<T>): Settings<T> {
  const own = Object.keys(layer.values).flatMap((key): [string, Resolved<unknown>][] => {
    const option = Object.hasOwn(table, key) ? table[key] : undefined;
    return option !== undefined && sets(layer, key, option)
      ? [[key, { value: valueIn(layer, key, option), layer }]]
      : [];
  });
  return { ...below, ...Object.fromEntries(own) };
}

const sets = (layer: Layer, key: string, option: AnyOption): boolean =>
  (layer.values[key] ?? undefined) !== undefined && takes(layer, option);

function valueIn(layer: Layer, key: string, option: AnyOption): unknown {
  const raw = layer.values[key];
  return raw === false && option.negated ? false : option.parse(raw, placeOf(layer, key, option));
}

/** The bare values, for those who do not ask where from. */
export function valuesOf<T extends OptionTable>(settings: Settings<T>): Values<T> {
  // As above: the same keys, each value taken out of its pair.
  return Object.fromEntries(Object.entries<Resolved<unknown>>(settings).map(([key, s]) => [key, s.value])) as Values<T>;
}

/** Only what somebody set, whoever that was: what is absent is the recipe's to decide. */
export function givenOf<T extends OptionTable>(settings: Settings<T>): Partial<Values<T>> {
  const given = Object.entries<Resolved<unknown>>(settings).filter(([, s]) => s.layer !== undefined);
  // As above, with fewer keys.
  return Object.fromEntries(given.map(([key, s]) => [key, s.value])) as Partial<Values<T>>;
}

function takes(layer: Layer, option: AnyOption): boolean {
  if (!option.flagOnly || ['flag', 'row', 'call'].includes(layer.source)) return true;
  return layer.source === 'env' && option.env !== undefined;
}

/** Where a value stands, as an error names it: `--steps`, `COMFY_GEN_STEPS`, `.comfyrc.json: steps`. */
export function placeOf(layer: Layer, key: string, option: AnyOption): string {
  if (layer.source === 'flag') return flagName(key, option);
  if (layer.source === 'env') return envName(key, option);
  if (layer.source === 'call') return layer.label === '' ? key : `${layer.label}: ${key}`;
  return `${layer.label}: ${key}`;
}

/** Refuses keys that no option has, naming the file, the key and the nearest known one. */
export function checkKeys(values: Readonly<Record<string, unknown>>, known: readonly string[], label: string): void {
  for (const key of Object.keys(values)) {
    if (known.includes(key)) continue;
    const camel = key.replace(/^-+/, '').replace(/[-_]+(\w)/g, (_all, c: string) => c.toUpperCase());
    const bare = camel.replace(/^no([A-Z])/, (_all, c: string) => c.toLowerCase());
    const near = [camel, bare].find((k) => known.includes(k)) ?? closest(camel, known, 1, false)[0];
    throw new ComfyGenError('bad_config', `${label}: unknown key ${JSON.stringify(key)}`, {
      ...(near === undefined ? {} : { hint: `did you mean ${JSON.stringify(near)}?` }),
    });
  }
}

/** Parses every value, wanted now or not: a bad one is an error even while a stronger layer hides it. */
export function checkValues(layer: Layer, table: OptionTable): void {
  for (const [key, raw] of Object.entries(layer.values)) {
    const option = table[key];
    if (option === undefined || raw === null || raw === undefined || (raw === false && option.negated)) continue;
    if (option.trustedOnly && !layer.trusted) {
      throw new ComfyGenError('bad_config', `${layer.label}: ${key} may not be set by a project's file`, {
        hint: `set it in your own config file, with ${envName(key, option)} or with ${flagName(key, option)}`,
      });
    }
    option.parse(raw, placeOf(layer, key, option));
  }
}
