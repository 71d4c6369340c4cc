// Standing values: those of config files and the environment, which hold for every command.
import { envName } from './describe.ts';
import type { Layer, Source } from './resolve.ts';
import { allOptions } from './settings.ts';
import { generation } from './tables/generation.ts';

/** How many jobs there are, what the user says of every graph, and where styles lie. */
const always: readonly string[] = ['count', 'set', 'styles', 'enhanceModel'];

const standing: readonly Source[] = ['env', 'project', 'user'];
const isStanding = ({ source }: Pick<Layer, 'source'>): boolean => standing.includes(source);

/** The layers without standing values for the image; `kept` are keys that stay all the same. */
export function withoutStanding(layers: readonly Layer[], kept: readonly string[]): readonly Layer[] {
  const stays = (key: string): boolean => !Object.hasOwn(generation, key) || always.includes(key) || kept.includes(key);
  return layers.map((layer) =>
    isStanding(layer)
      ? { ...layer, values: Object.fromEntries(Object.entries(layer.values).filter(([key]) => stays(key))) }
      : layer,
  );
}

/**
 * One sentence a layer whose standing values a file with values of its own outranks. Variables are set for a command, so
 * everybody hears of them; a config file holds for all commands.
 */
export function unusedStanding(
  layers: readonly Layer[],
  name: string,
  kept: readonly string[],
): readonly { readonly text: string; readonly source: Source }[] {
  return layers.filter(isStanding).flatMap((layer) => {
    const keys = Object.keys(layer.values).filter(
      (key) => Object.hasOwn(generation, key) && !always.includes(key) && !kept.includes(key) && isUsed(layer, key),
    );
    if (keys.length === 0) return [];
    const names = keys.map((key) => variableOf(layer, key) ?? `${key} (${layer.label})`).join(', ');
    const text = `${name} keeps its own values: ${names} ${keys.length === 1 ? 'is' : 'are'} not used, a flag would be`;
    return [{ text, source: layer.source }];
  });
}

function isUsed(layer: Layer, key: string): boolean {
  const value = layer.values[key];
  return value !== undefined && value !== null && allOptions[key]?.flagOnly !== true;
}

function variableOf(layer: Layer, key: string): string | undefined {
  const option = allOptions[key];
  return layer.source === 'env' && option !== undefined ? envName(key, option) : undefined;
}
