// graph(nodes): a workflow built by calls that the compiler checks against the nodes of a server, as `comfy-gen types` writes them.
import { ComfyGenError } from '../errors.ts';
import { isLink, type Input, type Link, type Workflow, type WorkflowNode } from '../workflow/workflow.ts';

/** Marks what a link carries; there is no such property at run time. */
declare const carries: unique symbol;
/** Marks the node types that a table stands for; there is no such property at run time. */
declare const stands: unique symbol;

/** An output of a node of type `T`, to be given to an input. Of a type with several words it fits where one of them does. */
export type NodeOutput<T extends string> = Link & { readonly [carries]: { readonly [K in T]: true } };
/** An output that fits every input: its type is known at run time only. */
export type AnyOutput = Link & { readonly [carries]: never };
/** What an input of any type takes. */
export type InputValue = Input;
/** What a widget of a type of its own holds, as a colour or a curve. */
export type WidgetValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | { readonly [key: string]: unknown }
  | (readonly unknown[] & { readonly [carries]?: never });

/** A node class: what it takes and what it gives. */
export type NodeType = { readonly inputs: object; readonly outputs: object };
/** Class name -> the names of its outputs, in the server's order. `N` are the types of the nodes. */
export type NodeTable<N> = { readonly [C in keyof N]: readonly string[] } & { readonly [stands]?: N };

/** A function for each class, that adds a node and returns its outputs by name; and what they make together. */
export type Graph<N extends { readonly [C in keyof N]: NodeType }> = {
  readonly [C in Exclude<keyof N, 'workflow'>]: (inputs: N[C]['inputs']) => N[C]['outputs'];
} & {
  /** The graph as it is now, in API format. */
  readonly workflow: Workflow;
};

/**
 * An empty graph to which nodes are added by calls: `g.<class>(inputs)` returns the node's outputs by name. A wrong link
 * type, an unknown or missing input and a choice that the server lacks do not compile. Nothing is sent, and no server is
 * asked. Links lead to nodes that were added before, so that a graph has no circles.
 * @param nodes the table that `comfy-gen types` writes
 * @throws ComfyGenError `bad_workflow` by a call whose input is an output of another graph
 * @example
 * const g = graph(nodes);
 * const { MODEL, CLIP, VAE } = g.CheckpointLoaderSimple({ ckpt_name: 'v1-5-pruned-emaonly.ckpt' });
 */
export function graph<N extends { readonly [C in keyof N]: NodeType }>(nodes: NodeTable<N>): Graph<N> {
  const made: [id: string, node: WorkflowNode][] = [];
  const own = new WeakSet<object>();
  const add = (class_type: string, outputs: readonly string[], inputs: Readonly<Record<string, unknown>>): object => {
    const id = String(made.length + 1);
    const given = Object.entries(inputs).filter(([, value]) => value !== undefined);
    const sent = given.map(([name, value]) => [name, inputOf(value, own, `${class_type}.${name}`)] as const);
    made.push([id, { class_type, inputs: Object.fromEntries(sent) }]);
    const links = outputs.map((name, slot) => [name, Object.freeze([id, slot])] as const);
    for (const [, link] of links) own.add(link);
    return Object.fromEntries(links);
  };
  const classes = Object.entries<readonly string[]>(nodes); // the mark is no property
  const calls = Object.fromEntries(
    classes.map(([name, outputs]) => [
      name,
      { value: (inputs: Readonly<Record<string, unknown>> = {}) => add(name, outputs, inputs), enumerable: true },
    ]),
  );
  const workflow = { get: () => Object.fromEntries(made), enumerable: true };
  return Object.create(null, { ...calls, workflow }) as Graph<N>; // a call for each class of the table
}

/** An output as the link it is; any other array as the literal it is, for the server reads a plain one as a link. */
function inputOf(value: unknown, own: WeakSet<object>, name: string): Input {
  if (!Array.isArray(value) || own.has(value)) return value as Input; // what the types of the node allow
  if (isLink(value))
    throw new ComfyGenError('bad_workflow', `${name} is ${JSON.stringify(value)}, which is no output of this graph`, {
      hint: 'a literal array is written {"__value__": […]}',
    });
  return { __value__: value as unknown[] };
}
