// Places for the nodes of a graph: columns by depth, each below the other, none over another; iterative, cycles included.

export type Box = { readonly width: number; readonly height: number };
export type Placed = { readonly id: string; readonly box: Box; readonly sources: readonly string[] };

const titleBar = 30;
const gap = { x: 60, y: 30 } as const;

/** Id -> left top corner, below the title bar, as the web UI counts. */
export function arrange(nodes: readonly Placed[]): ReadonlyMap<string, readonly [number, number]> {
  const depths = depthsOf(nodes);
  const places = new Map<string, readonly [number, number]>();
  const columns = groupByDepth(nodes, depths);
  let x = 0;
  for (const column of columns) {
    const middle = (node: Placed): number => {
      const heights = node.sources.flatMap((s) => places.get(s)?.[1] ?? []);
      return heights.length === 0 ? 0 : heights.reduce((a, b) => a + b, 0) / heights.length;
    };
    const order = column.map((node, i) => ({ node, i, y: middle(node) })).sort((a, b) => a.y - b.y || a.i - b.i);
    let y = titleBar;
    for (const { node } of order) {
      places.set(node.id, [x, y]);
      y += node.box.height + titleBar + gap.y;
    }
    x += Math.max(...column.map((n) => n.box.width)) + gap.x;
  }
  return places;
}

function groupByDepth(nodes: readonly Placed[], depths: ReadonlyMap<string, number>): Placed[][] {
  const columns: Placed[][] = [];
  for (const node of nodes) (columns[depths.get(node.id) ?? 0] ??= []).push(node);
  return columns.filter((c) => c.length > 0);
}

/** Longest way from a node without sources; nodes of a cycle, which has none, stand first. */
function depthsOf(nodes: readonly Placed[]): ReadonlyMap<string, number> {
  const depths = new Map(nodes.map((n) => [n.id, 0]));
  const waiting = new Map(nodes.map((n) => [n.id, n.sources.filter((s) => depths.has(s)).length]));
  const consumers = new Map<string, string[]>();
  for (const { id, sources } of nodes) {
    for (const source of sources) {
      const known = consumers.get(source);
      if (known === undefined) consumers.set(source, [id]);
      else known.push(id);
    }
  }
  const open = nodes.filter((n) => waiting.get(n.id) === 0).map((n) => n.id);
  for (const id of open) {
    for (const next of consumers.get(id) ?? []) {
      depths.set(next, Math.max(depths.get(next) ?? 0, (depths.get(id) ?? 0) + 1));
      waiting.set(next, (waiting.get(next) ?? 1) - 1);
      if (waiting.get(next) === 0) open.push(next);
    }
  }
  return depths;
}
