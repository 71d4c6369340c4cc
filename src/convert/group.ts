// A group node's definition: what the file holds of it, and what its author set.
import { isRecord } from '../protocol/json.ts';
import type { UiGraph } from './ui-graph.ts';

/** A group node's definition as the file holds it, its inner nodes read. */
export type Group = {
  readonly graph: UiGraph;
  readonly raw: Record<string, unknown>;
  /** `node:slot` of the inputs that a link inside feeds, and of the outputs that one takes from. */
  readonly fed: ReadonlySet<string>;
  readonly used: ReadonlySet<string>;
};

/** What the group's author set for one input or output: `{name, visible}`. */
export function configOf(
  raw: Record<string, unknown>,
  node: string,
  side: 'input' | 'output',
  name: string,
): Readonly<Record<string, unknown>> {
  let found: unknown = raw['config'];
  for (const key of [node, side, name]) {
    found =
      (isRecord(found) || Array.isArray(found)) && Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined;
  }
  return isRecord(found) ? found : {};
}
