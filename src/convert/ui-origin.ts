// What the UI workflow that came with an API graph knows besides: titles, node packs, and whether it is the same graph at all.
import { isRecord } from '../protocol/json.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { classTable } from '../workflow/node-class.ts';
import type { Workflow } from '../workflow/workflow.ts';

type UiNode = Readonly<Record<string, unknown>>;
type Ui = Readonly<Record<string, unknown>>;
/** Nodes by id, and the definitions of subgraphs by their id. */
type Index = {
  readonly root: ReadonlyMap<string, UiNode>;
  readonly subgraphs: ReadonlyMap<string, ReadonlyMap<string, UiNode>>;
};

/** Class name -> the pack that it was installed from; core's own are left out. */
export function packsOf(ui: Ui): ReadonlyMap<string, string> {
  const { root, subgraphs } = indexOf(ui);
  const packs = new Map<string, string>();
  for (const nodes of [root, ...subgraphs.values()]) {
    for (const { type, properties } of nodes.values()) {
      const known = isRecord(properties) ? (properties['cnr_id'] ?? properties['aux_id']) : undefined;
      if (typeof type === 'string' && typeof known === 'string' && known !== 'comfy-core') packs.set(type, known);
    }
  }
  return packs;
}

/** The graph with the titles that people gave its nodes in the web UI, where it has none of its own. */
export function withTitles(workflow: Workflow, ui: Ui): Workflow {
  const index = indexOf(ui);
  const nodes = Object.entries(workflow).map(([id, node]): [string, Workflow[string]] => {
    const drawn = node._meta === undefined ? nodeOf(index, id) : undefined;
    const title = drawn?.['title'];
    if (typeof title !== 'string' || title === '' || drawn?.['type'] !== node.class_type) return [id, node];
    return [id, { ...node, _meta: { title } }];
  });
  const isSame = nodes.every(([id, node]) => node === workflow[id]);
  return isSame ? workflow : Object.fromEntries(nodes); // entries, not assignment: an id `__proto__` stays an id
}

/** One sentence when the UI workflow shows another graph than the one that ran; undefined when it is the same. */
export function differenceFromUi(workflow: Workflow, ui: Ui, info?: ObjectInfo): string | undefined {
  const index = indexOf(ui);
  const classes = new Set(Object.values(workflow).map(({ class_type: className }) => className));
  const isReal = (node: UiNode): boolean =>
    classes.has(String(node['type'])) ||
    (info !== undefined && Object.hasOwn(info, String(node['type']))) ||
    isBackend(node);
  const drawn = liveNodes(index, isReal);
  const groups = [...index.root].filter(([, { type }]) => isGroupNode(type)).map(([id]) => id);
  const isInGroup = (id: string): boolean => groups.includes(id.split(':')[0] ?? '');
  const ran = Object.entries(workflow).filter(([id]) => !isInGroup(id));
  const nameOf = info === undefined ? undefined : classTable(info);
  const isRenamed = (id: string, name: string): boolean => nameOf?.(drawn.get(id) ?? '')?.name === name;
  const changed = ran.find(([id, { class_type: name }]) => drawn.get(id) !== name && !isRenamed(id, name));
  const added = [...drawn.keys()].find((id) => !Object.hasOwn(workflow, id));
  if (changed === undefined && added === undefined) return undefined;
  const counts = drawn.size === ran.length ? '' : `: ${drawn.size} nodes against ${ran.length}`;
  return `its workflow differs from what ran${counts}; this is what ran, \`inspect --workflow\` prints the other`;
}

function indexOf(ui: Ui): Index {
  const definitions = isRecord(ui['definitions']) ? ui['definitions']['subgraphs'] : undefined;
  const subgraphs = new Map<string, ReadonlyMap<string, UiNode>>();
  for (const graph of Array.isArray(definitions) ? (definitions as unknown[]) : [])
    if (isRecord(graph) && typeof graph['id'] === 'string') subgraphs.set(graph['id'], nodesOf(graph));
  return { root: nodesOf(ui), subgraphs };
}

function nodesOf(graph: Ui): ReadonlyMap<string, UiNode> {
  const nodes = Array.isArray(graph['nodes']) ? (graph['nodes'] as unknown[]).filter(isRecord) : [];
  return new Map(nodes.map((node) => [String(node['id']), node]));
}

/** `57:3`: node 3 of the subgraph that node 57 shows. */
function nodeOf({ root, subgraphs }: Index, id: string): UiNode | undefined {
  const path = id.split(':');
  let nodes: ReadonlyMap<string, UiNode> | undefined = root;
  let node: UiNode | undefined;
  for (const part of path) {
    node = nodes?.get(part);
    nodes = subgraphs.get(String(node?.['type']));
  }
  return node;
}

const [never, bypass] = [2, 4];
/** Bounds, for a file whose subgraphs multiply each other: how deep they nest, and their nodes in all. */
const most = { depth: 20, nodes: 20_000 } as const;

/** Id -> class of what the web UI would send: muted and bypassed nodes left out, subgraphs opened. */
function liveNodes({ root, subgraphs }: Index, isReal: (node: UiNode) => boolean): Map<string, string> {
  const found = new Map<string, string>();
  const open: { nodes: ReadonlyMap<string, UiNode>; prefix: string; depth: number }[] = [
    { nodes: root, prefix: '', depth: 0 },
  ];
  for (let scope = open.pop(); scope !== undefined && found.size < most.nodes; scope = open.pop()) {
    for (const [id, node] of scope.nodes) {
      const type = String(node['type']);
      const inner = subgraphs.get(type);
      // the web UI goes by the nodes inside a subgraph, whatever the mode of the subgraph itself
      if (inner === undefined && (node['mode'] === never || node['mode'] === bypass)) continue;
      if (inner !== undefined && scope.depth < most.depth)
        open.push({ nodes: inner, prefix: `${scope.prefix}${id}:`, depth: scope.depth + 1 });
      else if (inner === undefined && !isGroupNode(type) && isReal(node)) found.set(`${scope.prefix}${id}`, type);
    }
  }
  return found;
}

const isGroupNode = (type: unknown): boolean => typeof type === 'string' && /^workflow[>/]/.test(type);

/** The web UI gives this property to what it made from a server's definition: notes, reroutes and switches lack it. */
function isBackend(node: UiNode): boolean {
  const properties = isRecord(node['properties']) ? node['properties'] : {};
  return (
    typeof properties['Node name for S&R'] === 'string' &&
    !/^(?:Note|MarkdownNote|Reroute|PrimitiveNode|GetNode|SetNode)$/.test(String(node['type']))
  );
}
