// An API-format graph as a value: types and the few questions everybody asks of it. Never mutated.

export type Link = readonly [nodeId: string, slot: number];
export type Input =
  | string
  | number
  | bigint
  | boolean
  | null
  | Link
  | readonly unknown[]
  | { readonly [key: string]: unknown };
export type WorkflowNode = {
  readonly class_type: string;
  readonly inputs: Readonly<Record<string, Input>>;
  readonly _meta?: { readonly title: string };
};
export type Workflow = Readonly<Record<string, WorkflowNode>>;

/** A two-element array of id and slot number is a link; every other array is a literal. */
export function isLink(value: unknown): value is Link {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'number';
}

/** What people know a node by: its title, else its class. */
export function titleOf(workflow: Workflow, id: string): string {
  const node = Object.hasOwn(workflow, id) ? workflow[id] : undefined;
  return node?._meta?.title ?? node?.class_type ?? id;
}

/** The same graph with every node made anew; an id `__proto__` stays an id. */
export function mapNodes(workflow: Workflow, change: (node: WorkflowNode, id: string) => WorkflowNode): Workflow {
  return Object.fromEntries(Object.entries(workflow).map(([id, node]) => [id, change(node, id)]));
}

/** The same graph with every input made anew. */
export function mapInputs(workflow: Workflow, change: (value: Input, name: string) => Input): Workflow {
  return mapNodes(workflow, (node) => ({
    ...node,
    inputs: Object.fromEntries(Object.entries(node.inputs).map(([name, value]) => [name, change(value, name)])),
  }));
}
