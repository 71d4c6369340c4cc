// What a job tells while it runs: `progress_state`, `progress` and previews, with the server's throttle (section 3.3).
import type { Hub } from '../server/socket.ts';

type NodeState = {
  value: number;
  max: number;
  state: 'running' | 'finished';
  readonly node_id: string;
  readonly prompt_id: string;
  readonly display_node_id: string;
  readonly parent_node_id: null;
  readonly real_node_id: string;
};
type Tick = { readonly value: number; readonly max: number; readonly image?: Uint8Array };

const quietMs = 100; // without a picture a step is told only when both have passed
const quietShare = 0.005;

export class Progress {
  readonly #job: { readonly id: string; readonly clientId: string | undefined };
  readonly #hub: Hub;
  readonly #nodes: Record<string, NodeState> = {};
  readonly #told = new Map<string, { at: number; value: number }>();

  constructor(job: { readonly id: string; readonly clientId: string | undefined }, hub: Hub) {
    this.#job = job;
    this.#hub = hub;
  }

  start(id: string): void {
    this.#entry(id);
    this.#sendState();
  }

  /** A step of a node. A picture goes between the two messages to clients that read its metadata, else behind them. */
  tick(id: string, { value, max, image }: Tick): void {
    const entry = this.#entry(id);
    entry.value = value;
    entry.max = max;
    if (image === undefined && this.#isTooSoon(id, value, max)) return;
    this.#sendState();
    const { clientId } = this.#job;
    const withMetadata = image !== undefined && this.#hub.readsMetadata(clientId);
    if (withMetadata) {
      const { node_id, prompt_id, display_node_id, parent_node_id, real_node_id } = entry;
      this.#hub.sendImage(image, clientId, {
        node_id,
        prompt_id,
        display_node_id,
        parent_node_id,
        real_node_id,
        image_type: 'image/png',
      });
    }
    this.#hub.send('progress', { value, max, prompt_id: this.#job.id, node: id }, clientId);
    if (image !== undefined && !withMetadata) this.#hub.sendImage(image, clientId, undefined);
  }

  finish(id: string): void {
    const entry = this.#entry(id);
    entry.value = entry.max;
    entry.state = 'finished';
    this.#sendState();
  }

  #isTooSoon(id: string, value: number, max: number): boolean {
    const before = this.#told.get(id);
    const now = Date.now();
    const passed =
      before === undefined || value >= max || (now - before.at >= quietMs && value - before.value >= max * quietShare);
    if (passed) this.#told.set(id, { at: now, value });
    return !passed;
  }

  #entry(id: string): NodeState {
    return (this.#nodes[id] ??= {
      value: 0,
      max: 1,
      state: 'running',
      node_id: id,
      prompt_id: this.#job.id,
      display_node_id: id,
      parent_node_id: null,
      real_node_id: id,
    });
  }

  #sendState(): void {
    if (this.#hub.wants(this.#job.clientId))
      this.#hub.send('progress_state', { prompt_id: this.#job.id, nodes: this.#nodes }, this.#job.clientId);
  }
}
