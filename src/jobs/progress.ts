// Messages -> the share of the whole job that is done, and the time left. Pure.
import { tiledNodes } from './tiles.ts';
import { isLink, type Workflow } from '../workflow/workflow.ts';

type Kind = 'steps' | 'loads' | 'quick';
type NodeCost = {
  readonly kind: Kind;
  readonly steps: number;
  /** How often it runs: once a tile. */
  readonly rounds: number;
  /** Its part in the whole job: a sampler weighs by its steps; loading a model is slow and says nothing. */
  readonly weight: number;
};

function costOf(classType: string, inputs: Readonly<Record<string, unknown>>, rounds: number): NodeCost {
  const steps = Number(inputs['steps']);
  if (Number.isFinite(steps) && steps > 0) return { kind: 'steps', steps, rounds, weight: (5 + steps) * rounds };
  if (/Sampler/.test(classType)) return { kind: 'steps', steps: 20, rounds, weight: 25 * rounds };
  if (/Loader|TextEncode/.test(classType)) return { kind: 'loads', steps: 0, rounds, weight: 4 };
  return { kind: 'quick', steps: 0, rounds, weight: (/Upscale|Decode|Encode/.test(classType) ? 3 : 1) * rounds };
}

/** What a node takes that was not seen yet, in ms. */
const usualMs: Readonly<Record<Exclude<Kind, 'steps'>, number>> = { loads: 1000, quick: 300 };

/** The node that counts steps now. */
type Counting = {
  readonly node: string;
  firstAt: number;
  firstValue: number;
  lastAt: number;
  value: number;
  max: number;
};

export type Progress = {
  /** Which tile is sampled, from 1, and of how many; absent where nothing is cut into tiles. */
  readonly tile?: number;
  readonly tiles?: number;
  readonly share: number;
  readonly eta_ms: number | undefined;
};

export class ProgressMeter {
  readonly #costs = new Map<string, NodeCost>();
  readonly #done = new Map<string, number>();
  readonly #tookMs: Readonly<Record<Exclude<Kind, 'steps'>, number[]>> = { loads: [], quick: [] };
  #total = 0;
  #share = 0;
  #last = '';
  #counting: Counting | undefined;
  /** Tiles of the node that counts now that are over. */
  #round = 0;
  #stepMs: number | undefined;
  #lastFinishAt: number;

  constructor(workflow: Workflow, now: number) {
    this.#lastFinishAt = now;
    const tiled = tiledNodes(workflow);
    for (const id of reachable(workflow)) {
      const node = workflow[id];
      if (node === undefined) continue;
      const cost = costOf(node.class_type, node.inputs, tiled.get(id) ?? 1);
      this.#costs.set(id, cost);
      this.#total += cost.weight;
    }
  }

  /** A node that ran is over at `now`; one that was cached cost nothing and counts as done. */
  finish(node: string, now?: number): void {
    const root = rootOf(node);
    this.#done.set(root, 1);
    if (now === undefined) return;
    const kind = this.#costs.get(root)?.kind;
    if (kind === 'loads' || kind === 'quick') this.#tookMs[kind].push(now - this.#lastFinishAt);
    this.#lastFinishAt = now;
    if (this.#counting?.node === node) this.#counting = undefined;
  }

  isFinished(node: string): boolean {
    return this.#done.get(rootOf(node)) === 1;
  }

  /** Notes a step of a node; false when it was known already (`progress` and `progress_state` say the same). */
  advance(node: string, value: number, max: number, now: number): boolean {
    const key = `${node} ${value}/${max}`;
    if (key === this.#last) return false;
    this.#last = key;
    const root = rootOf(node);
    const fraction = max > 0 && Number.isFinite(value) ? Math.min(Math.max(value / max, 0), 1) : 0;
    const { rounds = 1 } = this.#costs.get(root) ?? {};
    const isNext = this.#counting?.node === node && value < this.#counting.value;
    const round = isNext ? Math.min(this.#round + 1, rounds - 1) : this.#counting?.node === node ? this.#round : 0;
    this.#round = round;
    // short of done: the node is finished when the server says so
    this.#done.set(root, Math.max(this.#done.get(root) ?? 0, Math.min((round + fraction) / rounds, 0.999)));
    this.#count(node, value, max, now);
    return true;
  }

  #count(node: string, value: number, max: number, now: number): void {
    const before = this.#counting;
    if (before?.node !== node || value < before.value) {
      this.#counting = { node, firstAt: now, firstValue: value, lastAt: now, value, max };
      return;
    }
    Object.assign(before, { lastAt: now, value, max });
    const steps = value - before.firstValue;
    if (steps > 0) this.#stepMs = (now - before.firstAt) / steps;
  }

  read(now: number): Progress {
    let done = 0;
    for (const [id, { weight }] of this.#costs) done += weight * (this.#done.get(id) ?? 0);
    const share = this.#total === 0 ? 0 : Math.min(done / this.#total, 1);
    this.#share = Math.max(this.#share, share);
    const { rounds = 1 } = this.#costs.get(rootOf(this.#counting?.node ?? '')) ?? {};
    const tile = rounds === 1 ? {} : { tile: this.#round + 1, tiles: rounds };
    return { share: Number(this.#share.toFixed(4)), eta_ms: this.#left(now), ...tile };
  }

  /** Steps that are left at the speed of the last ones, and the other nodes as such nodes took before. */
  #left(now: number): number | undefined {
    const counting = this.#counting;
    const stepMs = this.#stepMs;
    if (counting === undefined || stepMs === undefined) return undefined;
    const { rounds = 1 } = this.#costs.get(rootOf(counting.node)) ?? {};
    const later = (rounds - 1 - this.#round) * counting.max;
    let ms = Math.max((later + counting.max - counting.value) * stepMs - (now - counting.lastAt), 0);
    for (const [id, { kind, steps, rounds: times }] of this.#costs) {
      if (id === rootOf(counting.node) || this.#done.get(id) === 1) continue;
      ms += kind === 'steps' ? steps * times * (1 - (this.#done.get(id) ?? 0)) * stepMs : this.#usual(kind);
    }
    return Math.round(ms);
  }

  #usual(kind: Exclude<Kind, 'steps'>): number {
    const took = this.#tookMs[kind];
    return took.length === 0 ? usualMs[kind] : took.reduce((sum, ms) => sum + ms, 0) / took.length;
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
