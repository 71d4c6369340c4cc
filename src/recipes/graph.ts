// Collects nodes while a shape is written down: `add` returns slot -> link, so no id is typed by hand.
import type { Input, Link, Workflow, WorkflowNode } from '../workflow/workflow.ts';

export type Inputs = Readonly<Record<string, Input | undefined>>;
/** Output slot -> link to it; the first slot when none is named. */
export type Output = (slot?: number) => Link;

/** A graph being written; ids count from 1 in the order of `add`. */
export class Graph {
  readonly #nodes: Record<string, WorkflowNode> = {};
  #count = 0;

  /** Adds a node; inputs that are undefined are left out. */
  add(classType: string, inputs: Inputs): Output {
    this.#count += 1;
    const id = String(this.#count);
    const given = Object.entries(inputs).filter((entry): entry is [string, Input] => entry[1] !== undefined);
    this.#nodes[id] = { class_type: classType, inputs: Object.fromEntries(given) };
    return (slot = 0) => [id, slot];
  }

  get workflow(): Workflow {
    return { ...this.#nodes };
  }
}

/** A number, or a node's output that is one. */
export type Length = number | Link;
export type Extent = { readonly width: Length; readonly height: Length };
