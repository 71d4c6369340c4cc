// What a node sees of its job and its server while it is at work.
import type { Faults } from '../faults/faults.ts';
import type { Facts } from './facts.ts';
import type { GraphNode } from './graph.ts';
import type { Catalog } from './object-info.ts';
import type { Store } from './store.ts';

/** What all nodes of a server work with. */
export type Workplace = {
  readonly catalog: Catalog;
  readonly store: Store;
  readonly faults: Faults;
  readonly stepMs: number;
  readonly loadMs: number;
  /** Aborted when the server stops or restarts: whatever runs is dropped without a word. */
  readonly signal: AbortSignal;
};

export type Tick = { readonly value: number; readonly max: number; readonly image?: Uint8Array };

/** One node at work. */
export type Shift = {
  readonly id: string;
  readonly node: GraphNode;
  readonly signature: string;
  readonly workplace: Workplace;
  /** What an output of another node brought. */
  readonly factsOf: (source: string) => Facts;
  /** Does somebody look at previews? */
  readonly wantsPreviews: () => boolean;
  readonly tick: (tick: Tick) => void;
  /** Throws when somebody has asked to stop the job. */
  readonly checkInterrupt: () => void;
  /** Called after each step of a sampler; where faults strike. */
  readonly onStep: () => void;
};

export class Interrupted extends Error {}
