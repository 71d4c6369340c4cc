// The settings in force as they may be shown: each value, where it came from, and no secret among them.
import { configTable } from '../options/describe.ts';
import { withoutUserInfo } from '../options/kinds.ts';
import type { AnyOption, OptionTable } from '../options/option.ts';
import { placeOf, resolve, type Layer, type Source } from '../options/resolve.ts';
import { isVariableName } from './credentials.ts';

/** One setting as `config show --json` prints it. */
export type ShownSetting = {
  readonly key: string;
  readonly value: unknown;
  readonly source: Source | 'default';
  /** The flag, the variable or the file; null for a default. */
  readonly from: string | null;
};

const mask = '***';

/** What somebody set; with `all` the defaults too. */
export function shownSettings(
  table: OptionTable,
  layers: readonly Layer[],
  { all = true }: { readonly all?: boolean } = {},
): readonly ShownSetting[] {
  const known = configTable(table);
  const settings = resolve(known, layers);
  return Object.entries(known).flatMap(([key, option]) => {
    const { value, layer } = settings[key] ?? { value: undefined, layer: undefined };
    if (layer === undefined && !all) return [];
    const written = masked(option.write(value) ?? null, option);
    const from = layer === undefined ? null : originOf(layer, key, option);
    return [{ key, value: written, source: layer?.source ?? 'default', from }];
  });
}

function originOf(layer: Layer, key: string, option: AnyOption): string {
  return layer.source === 'flag' || layer.source === 'env' ? placeOf(layer, key, option) : layer.label;
}

function masked(written: unknown, option: AnyOption): unknown {
  if (option.argument === 'VAR' && typeof written === 'string') return isVariableName(written) ? written : mask;
  if (!option.secret) return written;
  if (Array.isArray(written)) return written.map((one) => masked(one, option));
  if (typeof written !== 'string') return written;
  // A header keeps its name, an address all but its user info.
  return option.argument === 'name: value' ? `${written.split(':')[0] ?? ''}: ${mask}` : withoutUserInfo(written);
}
