// Messages -> the share of the whole job that is done, and the time left. Pure.
import { isLink, type Workflow } from '../workflow/workflow.ts';

/** A sampler weighs by its steps; loading a model is slow and says nothing; all else is quick. */
function weightOf(classType: string, inputs: Readonly<Record<string, unknown>>): number {
  const steps = Number(inputs['steps']);
  if (Number.isFinite(steps) && steps > 0) return 5 + steps;
  if (/Loader|TextEncode/.test(classType)) return 4;
  if (/Sampler/.test(classType)) return 25;
  if (/Upscale|Decode|Encode/.test(classType)) return 3;
  return 1;
}

export type Progress = {
  readonly share: number;
  readonly eta_ms: number | undefined;
};

export class ProgressMeter {
  readonly #weights = new Map<string, number>();
  readonly #done = new Map<string, number>();
  #total = 0;
  #share = 0;
  #last = '';
  readonly #startedAt: number;

  constructor(workflow: Workflow, now: number) {
    this.#startedAt = now;
    for (const id of reachable(workflow)) {
      const node = workflow[id];
      if (node === undefined) continue;
      const weight = weightOf(node.class_type, node.inputs);
      this.#weights.set(id, weight);
      this.#total += weight;
    }
  }

  /** Nodes that were cached cost nothing: they count as done. */
  finish(node: string): void {
    this.#done.set(rootOf(node), 1);
  }

  isFinished(node: string): boolean {
    return this.#done.get(rootOf(node)) === 1;
  }

  /** Notes a step of a node; false when it was known already (`progress` and `progress_state` tell the same). */
  advance(node: string, value: number, max: number): boolean {
    const key = `${node} ${value}/${max}`;
    if (key === this.#last) return false;
    this.#last = key;
    const root = rootOf(node);
    const fraction = max > 0 && Number.isFinite(value) ? Math.min(Math.max(value / max, 0), 1) : 0;
    // short of done: the node is finished when the server says so
    this.#done.set(root, Math.max(this.#done.get(root) ?? 0, Math.min(fraction, 0.999)));
    return true;
  }

  read(now: number): Progress {
    let done = 0;
    for (const [id, weight] of this.#weights) done += weight * (this.#done.get(id) ?? 0);
    const share = this.#total === 0 ? 0 : Math.min(done / this.#total, 1);
    this.#share = Math.max(this.#share, share);
    const spent = now - this.#startedAt;
    const eta = this.#share > 0.05 && spent > 500 ? Math.round((spent / this.#share) * (1 - this.#share)) : undefined;
    return { share: Number(this.#share.toFixed(4)), eta_ms: eta };
  }
}

/** Expansion nodes and subgraph paths (`12.0.0.3`) count for the node the user wrote. */
function rootOf(node: string): string {
  return /^(\d+)\./.exec(node)?.[1] ?? node;
}

function reachable(workflow: Workflow): Set<string> {
  const linked = new Set<string>();
  for (const node of Object.values(workflow)) {
    for (const value of Object.values(node.inputs)) if (isLink(value)) linked.add(value[0]);
  }
  const hasInputs = (id: string): boolean => Object.values(workflow[id]?.inputs ?? {}).some(isLink);
  return new Set(
    Object.keys(workflow).filter((id) => linked.has(id) || hasInputs(id) || Object.keys(workflow).length === 1),
  );
}
