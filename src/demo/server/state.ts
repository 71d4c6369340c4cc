// What the routes of a demo server work with.
import type { Engine } from '../engine/engine.ts';
import type { Faults } from '../faults/faults.ts';
import type { Catalog, ModelMetadata } from '../nodes/object-info.ts';
import type { Store } from '../nodes/store.ts';
import type { Profile } from '../profile.ts';

export type Server = {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly metadata: ModelMetadata;
  readonly store: Store;
  readonly faults: Faults;
  readonly profile: Profile;
  /** The ComfyUI version that it says it is. */
  readonly version: string;
  /** Are previews made for jobs that do not say (`--preview-method`)? */
  readonly previews: boolean;
};

/** Faults may hide a finished job for a while, or for ever. */
export function isShown({ engine, faults }: Server, id: string): boolean {
  if (faults.isEmpty) return true;
  if (faults.peek('history-cleared') !== undefined) return false;
  const lateMs = faults.peek('history-late')?.value ?? 0;
  const end = engine.history.get(id)?.status.messages.at(-1)?.[1]['timestamp'];
  return typeof end !== 'number' || Date.now() - end >= lateMs;
}
