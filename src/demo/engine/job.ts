// A job and its outcome, and the lines on which it tells its course.
import type { NodeOutput } from '../nodes/save.ts';
import type { Facts } from '../nodes/facts.ts';
import type { Graph } from '../nodes/graph.ts';

export type Job = {
  readonly number: number;
  readonly id: string;
  readonly graph: Graph;
  /** As history and queue tell it: without secrets. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly outputs: readonly string[];
  readonly clientId: string | undefined;
  readonly previews: boolean;
};

export type Cached = { readonly facts: Facts; readonly output: NodeOutput | undefined; readonly node: string };
export type Cache = Map<string, Cached>;

export type Outcome = {
  readonly status: 'success' | 'error';
  readonly messages: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
  readonly outputs: Readonly<Record<string, NodeOutput>>;
  readonly meta: Readonly<Record<string, unknown>>;
};

type Data = Readonly<Record<string, unknown>>;

/** The sockets, as jobs see them. */
export type Messages = {
  /** To one client, or to all when `sid` is undefined. */
  readonly send: (type: string, data: Data, sid: string | undefined) => void;
  readonly sendImage: (image: Uint8Array, sid: string | undefined, metadata: Data | undefined) => void;
  /** Would a message to this client reach anybody? */
  readonly wants: (sid: string | undefined) => boolean;
  /** Does this client read previews that carry their node? */
  readonly readsMetadata: (sid: string | undefined) => boolean;
  /** Resolves when the client has had its turn, as far as one can tell from here. */
  readonly settled: (sid: string | undefined) => Promise<void>;
  readonly setRunning: (sid: string | undefined) => void;
  readonly setLastNode: (sid: string | undefined, node: string) => void;
};
