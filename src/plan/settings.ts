// The options of one job, as its layers say.
import { overlay } from '../options/overlay.ts';
import { resolve, resolveOver, type Layer, type Resolved, type Settings } from '../options/resolve.ts';
import { rowOptions } from '../options/settings.ts';

export type JobSettings = Settings<typeof rowOptions>;

/** Jobs share their layers: ten thousand seeds of one command are resolved once. */
const known = new WeakMap<readonly Layer[], JobSettings>();

/** Throws `bad_option` at a bad value. */
export function jobSettings(layers: readonly Layer[]): JobSettings {
  const settings = known.get(layers) ?? resolve(rowOptions, layers);
  known.set(layers, settings);
  return settings;
}

/** As `overlay`; what the other layers say is read once, not with every row. Throws `bad_option` at a bad value. */
export function overlaid(layer: Layer, layers: readonly Layer[]): readonly Layer[] {
  const all = overlay(layer, layers);
  const [own] = all;
  if (all !== layers && own !== undefined) known.set(all, resolveOver(rowOptions, own, jobSettings(layers)));
  return all;
}

/** Asked for by a flag, a row or a program: then what cannot be used is an error, and a workflow file takes it. */
export const isAskedFor = ({ layer }: Resolved<unknown>): boolean => layer !== undefined && asks(layer);

/** Does the layer hold what was asked for, and not what stands for every command? */
export const asks = ({ source }: Layer): boolean => source === 'flag' || source === 'row' || source === 'call';
