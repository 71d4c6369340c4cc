// Following links: the place that holds a value, the chain of nodes behind an input, the nodes after one.
import { ComfyGenError } from '../errors.ts';
import { isLink, type Input, type Link, type Workflow, type WorkflowNode } from './workflow.ts';

/** One input of one node. */
export type Place = { readonly node: string; readonly input: string };

/** Equal for equal places. */
export const placeKey = ({ node, input }: Place): string => `${node}\n${input}`;

const maxHops = 200;
/** What nodes that only hold a value call it: primitives, seed nodes, text boxes. */
const holders = ['value', 'seed', 'noise_seed', 'text', 'string', 'prompt', 'int', 'float', 'number', 'Value'];

export function nodeAt(workflow: Workflow, id: string): WorkflowNode | undefined {
  return Object.hasOwn(workflow, id) ? workflow[id] : undefined;
}

export function valueAt(workflow: Workflow, place: Place): Input | undefined {
  const inputs = nodeAt(workflow, place.node)?.inputs ?? {};
  return Object.hasOwn(inputs, place.input) ? inputs[place.input] : undefined;
}

/** The place that holds the value of this input: itself, or the primitive it is linked to; undefined when it is computed. */
export function heldAt(workflow: Workflow, start: Place): Place | undefined {
  let place = start;
  for (let hop = 0; hop < maxHops; hop++) {
    const value = valueAt(workflow, place);
    if (value === undefined) return undefined;
    if (!isLink(value)) return place;
    const source = nodeAt(workflow, value[0]);
    if (source === undefined) return undefined;
    const input = [place.input, ...holders].find((name) => Object.hasOwn(source.inputs, name));
    if (input === undefined) return undefined;
    // a node with more links than this one computes something of its own
    if (Object.values(source.inputs).filter(isLink).length > (isLink(source.inputs[input]) ? 1 : 0)) return undefined;
    place = { node: value[0], input };
  }
  return undefined;
}

export function linkAt(workflow: Workflow, id: string, input: string): Link | undefined {
  const value = valueAt(workflow, { node: id, input });
  return isLink(value) ? value : undefined;
}

/** Steps that one search may take in all: from many samplers through the same many nodes they would be billions. */
export type Budget = { left: number };
export const fullBudget = (): Budget => ({ left: 200_000 });

/** Throws `bad_workflow` when nothing is left. */
export function spend(budget: Budget): void {
  if (--budget.left >= 0) return;
  throw new ComfyGenError('bad_workflow', 'the samplers of this workflow share more nodes than can be followed');
}

/** The nodes behind a link, nearest first: up through the inputs that `next` names. */
export function chain(
  workflow: Workflow,
  start: Link | undefined,
  next: (node: WorkflowNode, slot: number) => readonly string[],
  budget: Budget,
): string[] {
  const seen = new Set<string>();
  const open: Link[] = start === undefined ? [] : [start];
  for (let at = 0; at < open.length; at++) {
    const [id, slot] = open[at] ?? ['', 0];
    spend(budget);
    const node = nodeAt(workflow, id);
    if (node === undefined || seen.has(id)) continue;
    seen.add(id);
    for (const input of next(node, slot)) {
      const further = linkAt(workflow, id, input);
      if (further !== undefined) open.push(further);
    }
  }
  return [...seen];
}

/** The nodes that take something from these, directly or through others. */
export function nodesAfter(workflow: Workflow, starts: readonly string[]): Set<string> {
  const users = new Map<string, string[]>();
  for (const [id, node] of Object.entries(workflow)) {
    for (const value of Object.values(node.inputs)) {
      if (!isLink(value)) continue;
      const list = users.get(value[0]);
      if (list === undefined) users.set(value[0], [id]);
      else list.push(id);
    }
  }
  const reached = new Set<string>();
  const open = [...starts];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const user of users.get(id) ?? []) {
      if (reached.has(user)) continue;
      reached.add(user);
      open.push(user);
    }
  }
  return reached;
}
