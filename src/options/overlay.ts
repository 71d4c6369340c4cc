// Layers over layers: a row of a file, or one point of a sweep, has its say over the command line.
import type { Layer } from './resolve.ts';
import type { OptionTable } from './option.ts';

/** One option each and its raw value; `set.<node.input>` sets an input of the graph. */
export type Point = Readonly<Record<string, string>>;

/** The layer before all others. Its `set` adds to what others set instead of taking its place, its own last. */
export function overlay(layer: Layer, layers: readonly Layer[]): readonly Layer[] {
  if (Object.keys(layer.values).length === 0) return layers;
  const own = layer.values['set'] ?? undefined;
  const below = own === undefined ? undefined : layers.find(({ values }) => (values['set'] ?? undefined) !== undefined);
  if (below === undefined) return [layer, ...layers];
  return [{ ...layer, values: { ...layer.values, set: [below.values['set'], own].flat() } }, ...layers];
}

/** A point of a sweep as a layer: as strong as a flag, and stronger than a row's own value. */
export function pointLayer(point: Point): Layer {
  const plain = Object.entries(point).filter(([key]) => !key.startsWith('set.'));
  const sets = Object.entries(point).flatMap(([key, value]) =>
    key.startsWith('set.') ? [`${key.slice(4)}=${value}`] : [],
  );
  const values = { ...Object.fromEntries(plain), ...(sets.length === 0 ? {} : { set: sets }) };
  return { source: 'row', label: '<option sweep>', trusted: false, values };
}

/** The layers with those keys only that the table has: what a job may carry about, no secret among it. */
export function narrowed(layers: readonly Layer[], table: OptionTable): readonly Layer[] {
  return layers.flatMap((layer) => {
    const values = Object.fromEntries(Object.entries(layer.values).filter(([key]) => Object.hasOwn(table, key)));
    return Object.keys(values).length === 0 ? [] : [{ ...layer, values }];
  });
}
