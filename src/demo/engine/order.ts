// In which order the nodes of a graph run, and by what a node's result is known again (section 11).
import { createHash } from 'node:crypto';
import { stringifyJson } from '../../protocol/json.ts';
import { linkOf, type Graph } from '../nodes/graph.ts';

/** Nodes that wait for others, in the order in which the server would come upon them. */
export class Agenda {
  readonly #waiting = new Map<string, Set<string>>(); // node -> what it waits for
  readonly #feeds = new Map<string, Set<string>>(); // node -> who waits for it
  readonly #isOutput: (id: string) => boolean;

  constructor(
    graph: Graph,
    outputs: readonly string[],
    isOutput: (id: string) => boolean,
    isCached: (id: string) => boolean,
  ) {
    this.#isOutput = isOutput;
    for (const output of outputs) this.#add(output, graph, isCached);
  }

  #add(output: string, graph: Graph, isCached: (id: string) => boolean): void {
    const open = [output];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (this.#waiting.has(id)) continue;
      const needs = new Set<string>();
      this.#waiting.set(id, needs);
      for (const value of Object.values(graph[id]?.inputs ?? {})) {
        const source = linkOf(value)?.[0];
        if (source === undefined || isCached(source)) continue;
        needs.add(source);
        const fed = this.#feeds.get(source) ?? new Set();
        this.#feeds.set(source, fed.add(id));
        open.push(source);
      }
    }
  }

  /** The next node: output nodes first, then what leads to one soonest, so that people see something early. */
  next(): string | undefined {
    const ready = [...this.#waiting].flatMap(([id, needs]) => (needs.size === 0 ? [id] : []));
    const feeds = (id: string): readonly string[] => [...(this.#feeds.get(id) ?? [])];
    return (
      ready.find((id) => this.#isOutput(id)) ??
      ready.find((id) => feeds(id).some((f) => this.#isOutput(f))) ??
      ready.find((id) => feeds(id).some((f) => feeds(f).some((g) => this.#isOutput(g)))) ??
      ready[0]
    );
  }

  done(id: string): void {
    this.#waiting.delete(id);
    for (const fed of this.#feeds.get(id) ?? []) this.#waiting.get(fed)?.delete(id);
  }
}

/** One text for each node that is the same whenever class, literals and everything upstream are the same. */
export function signatures(graph: Graph, changeKey: (id: string) => unknown): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  const sign = (id: string, path: ReadonlySet<string>): string => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const node = Object.hasOwn(graph, id) ? graph[id] : undefined;
    if (node === undefined || path.has(id)) return `?${id}`;
    const inner = new Set(path).add(id);
    const inputs = Object.entries(node.inputs ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => {
        const link = linkOf(value);
        return link === undefined ? [name, value] : [name, sign(link[0], inner), link[1]];
      });
    const text = stringifyJson([node.class_type, changeKey(id), inputs]);
    const signature = createHash('sha1').update(text).digest('base64');
    known.set(id, signature);
    return signature;
  };
  for (const id of Object.keys(graph)) sign(id, new Set());
  return known;
}
