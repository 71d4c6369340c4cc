// An image that carries no workflow but the parameters of another program: its values go to a recipe, flags go over them.
import { ComfyGenError } from '../errors.ts';
import type { Layer } from '../options/resolve.ts';
import { unusedStanding, withoutStanding } from '../options/standing.ts';
import { takeOver } from './a1111.ts';
import { asks } from './settings.ts';
import type { LoadedParameters } from './load-workflow.ts';

export type FromParameters = {
  /** The image's values below what was asked for, above what stands in config files and environment. */
  readonly layers: readonly Layer[];
  readonly prompt: string;
  readonly notes: readonly { readonly text: string; readonly kind: 'info' | 'warning' }[];
  /** Standing values that are not used. */
  readonly unused: ReturnType<typeof unusedStanding>;
};

/** Throws `missing_model` for parameters that name their model by a hash only, which no server looks up. */
export function fromParameters(loaded: LoadedParameters, layers: readonly Layer[]): FromParameters {
  const { parameters, format, name } = loaded;
  const isSaid = (key: string): boolean =>
    layers.some((layer) => asks(layer) && (layer.values[key] ?? undefined) !== undefined);
  const taken = takeOver(parameters, { hasPicture: isSaid('image') });
  const isNamed = taken.values['checkpoint'] !== undefined || isSaid('checkpoint');
  const hash = parameters.modelHash;
  if (!isNamed && hash !== undefined && !isSaid('recipe')) {
    throw new ComfyGenError('missing_model', `${name} names its model by its hash only (${hash.slice(0, 64)})`, {
      hint: 'name the file with <option checkpoint>',
    });
  }
  const kept = isNamed ? [] : ['checkpoint', 'recipe'];
  const left = taken.left.length === 0 ? [] : [`${name}: not taken over: ${taken.left.join('; ')}`];
  const image: Layer = { source: 'picture', label: name, trusted: false, values: taken.values };
  return {
    layers: [
      ...layers.filter(asks),
      image,
      ...withoutStanding(
        layers.filter((layer) => !asks(layer)),
        kept,
      ),
    ],
    prompt: taken.prompt,
    notes: [
      {
        text: `${name}: ${parameters.source} parameters (${format}), a recipe makes a similar image from them, not the same one`,
        kind: 'info',
      },
      ...taken.notes.map((note) => ({ text: `${name}: ${note}`, kind: 'info' as const })),
      ...left.map((text) => ({ text, kind: 'warning' as const })),
    ],
    unused: unusedStanding(layers, name, kept),
  };
}
