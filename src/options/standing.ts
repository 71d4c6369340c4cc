// Standing values of config files and environment that a file with values of its own outranks: told, never applied.
import { envName } from './describe.ts';
import type { Layer } from './resolve.ts';
import { allOptions, generation } from './settings.ts';
import type { Session } from '../cli/context.ts';
import type { Say } from '../cli/start-jobs.ts';

/** How many jobs there are, and what the user says of every graph. */
const always: readonly string[] = ['count', 'set'];

const isStanding = ({ source }: Layer): boolean => source === 'env' || source === 'project' || source === 'user';

/** The layers without standing values for the picture; `kept` are keys that stay all the same. */
export function withoutDefaults(layers: readonly Layer[], kept: readonly string[]): readonly Layer[] {
  const stays = (key: string): boolean => !Object.hasOwn(generation, key) || always.includes(key) || kept.includes(key);
  return layers.map((layer) =>
    isStanding(layer)
      ? { ...layer, values: Object.fromEntries(Object.entries(layer.values).filter(([key]) => stays(key))) }
      : layer,
  );
}

/** Variables are set for a command, so they are told; a config file holds for all commands, so only `-v` tells. */
export function sayUnused(session: Session, name: string, kept: readonly string[], say: Say): void {
  for (const layer of session.layers.filter(isStanding)) {
    const keys = Object.keys(layer.values).filter(
      (key) => Object.hasOwn(generation, key) && !always.includes(key) && !kept.includes(key) && isUsed(layer, key),
    );
    if (keys.length === 0) continue;
    const names = keys.map((key) => variableOf(layer, key) ?? `${key} (${layer.label})`).join(', ');
    const text = `${name} keeps its own values: ${names} ${keys.length === 1 ? 'is' : 'are'} not used, a flag would be`;
    if (layer.source === 'env') say(text, 'info');
    else session.log.write('debug', text);
  }
}

function isUsed(layer: Layer, key: string): boolean {
  const value = layer.values[key];
  return value !== undefined && value !== null && allOptions[key]?.flagOnly !== true;
}

function variableOf(layer: Layer, key: string): string | undefined {
  const option = allOptions[key];
  return layer.source === 'env' && option !== undefined ? envName(key, option) : undefined;
}
