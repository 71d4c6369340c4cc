// PrimitiveNodes push their value into the widgets they are linked to; the links themselves disappear.
import type { PromotedOf } from './promote.ts';
import { consumersOf } from './subgraphs.ts';
import { list, type UiGraph } from './ui-graph.ts';

export type Pushed = { readonly value: unknown; readonly fillPattern: boolean };

/** Widget name -> pushed value, by node id. Muted and bypassed PrimitiveNodes push as well, reroutes stop them. */
export function pushedValues(
  graph: UiGraph,
  promoted: PromotedOf | undefined,
): ReadonlyMap<string, ReadonlyMap<string, Pushed>> {
  const pushed = new Map<string, Map<string, Pushed>>();
  for (const node of graph.nodes.values()) {
    if (node.type !== 'PrimitiveNode' || promoted?.replaced.has(node) === true) continue;
    const values = list(node.values);
    if (values.length === 0) continue;
    const fillPattern = node.properties['Run widget replace on values'] === true;
    for (const { node: target, input } of consumersOf(graph, node.id, 0)) {
      const known = pushed.get(target.id) ?? new Map<string, Pushed>();
      known.set(input.name, { value: values[0], fillPattern });
      pushed.set(target.id, known);
    }
  }
  return pushed;
}
