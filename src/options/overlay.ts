// A session in which one row, or one point of a sweep, has its say over the command line.
import type { Point } from '../batch/sweep.ts';
import { placeOf, type Layer, type Resolved } from './resolve.ts';
import { allOptions } from './settings.ts';
import type { AllSettings, Session } from '../cli/context.ts';

/** The session with the layer's values over all others; `set` adds to what others set, the layer's last. */
export function withLayer(session: Session, layer: Layer): Session {
  const settings: Record<string, Resolved<unknown>> = { ...session.settings };
  for (const [key, raw] of Object.entries(layer.values)) {
    const option = allOptions[key];
    if (option === undefined || raw === null || raw === undefined) continue;
    const value = option.parse(raw, placeOf(layer, key, option));
    const before = settings[key]?.value;
    const isAdded = key === 'set' && Array.isArray(before) && Array.isArray(value);
    settings[key] = { value: isAdded ? [...(before as unknown[]), ...(value as unknown[])] : value, layer };
  }
  // the same keys, each with a value that its own option parsed
  return { ...session, settings: settings as unknown as AllSettings, layers: [layer, ...session.layers] };
}

/** A point of a sweep as a layer: as strong as a flag, and stronger than a row's own value. */
export function layerOf(point: Point): Layer {
  const plain = Object.entries(point).filter(([key]) => !key.startsWith('set.'));
  const sets = Object.entries(point).flatMap(([key, value]) =>
    key.startsWith('set.') ? [`${key.slice(4)}=${value}`] : [],
  );
  const values = { ...Object.fromEntries(plain), ...(sets.length === 0 ? {} : { set: sets }) };
  return { source: 'row', label: '--sweep', trusted: false, values };
}
