// Layers of raw values -> settings in force, each with the layer it came from. The one place where precedence is decided.
import type { Option } from './option.ts';
import type { OptionTable } from './settings.ts';

export type Source = 'row' | 'flag' | 'env' | 'project' | 'user';

/** Raw values of one origin, keyed as in a configuration file. */
export type Layer = {
  readonly source: Source;
  /** Named in errors and by `config show`: `--config x.json`, `environment`, a file's path. */
  readonly label: string;
  /** Secrets may go to a server that this layer names. */
  readonly trusted: boolean;
  readonly values: Readonly<Record<string, unknown>>;
};

export type Resolved<T> = { readonly value: T; readonly layer: Layer | undefined };
export type OptionValue<O> = O extends Option<infer T> ? T : never;
type Fallback<O> = O extends { readonly fallback: infer F } ? F : undefined;
export type Settings<T extends OptionTable> = { readonly [K in keyof T]: Resolved<OptionValue<T[K]> | undefined> };
export type { Fallback };

/** Strongest layer first. Throws `bad_option` that names the origin and the key. */
export function resolve<T extends OptionTable>(table: T, layers: readonly Layer[]): Settings<T> {
  const pick = (key: string, option: Option<unknown>): Resolved<unknown> => {
    const layer = layers.find((l) => Object.hasOwn(l.values, key) && l.values[key] !== undefined && l.values[key] !== null);
    if (layer === undefined) return { value: option.fallback, layer };
    return { value: option.parse(layer.values[key], where(layer, key)), layer };
  };
  const entries = Object.entries(table).map(([key, option]) => [key, pick(key, option)]);
  return Object.fromEntries(entries) as Settings<T>; // one entry a key of the table, each parsed by its own option
}

function where(layer: Layer, key: string): string {
  if (layer.source === 'flag') return flagOf(key);
  if (layer.source === 'env') return environmentName(key);
  return `${layer.label}: ${key}`;
}

/** `batchSize` -> `--batch-size`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
}

/** `batchSize` -> `COMFY_GEN_BATCH_SIZE`. */
export function environmentName(key: string): string {
  return `COMFY_GEN_${key.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`;
}
