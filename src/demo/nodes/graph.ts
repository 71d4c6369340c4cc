// A graph as it came in, and the links inside it.

/** Checked as far as validation goes, which also writes converted values into it. */
export type Graph = Record<string, GraphNode>;
export type GraphNode = {
  class_type: string;
  inputs?: Record<string, unknown>;
  _meta?: { title?: string };
  is_changed?: unknown;
};

/** `[id, slot]` as execution sees it: any list of two whose first is a text. */
export function linkOf(value: unknown): readonly [id: string, slot: number] | undefined {
  if (!Array.isArray(value) || value.length !== 2 || typeof value[0] !== 'string') return undefined;
  return [value[0], Number(value[1])];
}
