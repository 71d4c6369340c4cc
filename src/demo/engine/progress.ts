// What a job tells while it runs: `progress_state`, `progress` and previews, with the server's throttle (section 3.3).
import type { Tick } from '../nodes/shift.ts';
import type { Job, Messages } from './job.ts';

type NodeState = {
  value: number;
  max: number;
  state: 'running' | 'finished';
  readonly node_id: string;
  readonly prompt_id: string;
  readonly display_node_id: string;
  readonly parent_node_id: null;
  readonly real_node_id: string;
  activity?: string;
};

const quietMs = 100; // without a picture a step is told only when both have passed
const quietShare = 0.005;

export class Progress {
  readonly #job: Job;
  readonly #messages: Messages;
  readonly #isThrottled: boolean;
  readonly #nodes: Record<string, NodeState> = {};
  readonly #told = new Map<string, { at: number; value: number }>();

  constructor(job: Job, messages: Messages, isThrottled: boolean) {
    this.#job = job;
    this.#messages = messages;
    this.#isThrottled = isThrottled;
  }

  /** `activity`: what the node is busy with before its first step. */
  start(id: string, activity: string | undefined): void {
    const entry = this.#entry(id);
    if (activity !== undefined) entry.activity = activity;
    this.#sendState();
  }

  /** A step of a node. A picture goes between the two messages to clients that read its metadata, else behind them. */
  tick(id: string, { value, max, image }: Tick): void {
    const entry = this.#entry(id);
    entry.value = value;
    entry.max = max;
    delete entry.activity;
    if (image === undefined && this.#isTooSoon(id, value, max)) return;
    this.#sendState();
    const { clientId } = this.#job;
    const withMetadata = image !== undefined && this.#messages.readsMetadata(clientId);
    if (withMetadata) {
      const { node_id, prompt_id, display_node_id, parent_node_id, real_node_id } = entry;
      this.#messages.sendImage(image, clientId, {
        node_id,
        prompt_id,
        display_node_id,
        parent_node_id,
        real_node_id,
        image_type: 'image/png',
      });
    }
    this.#messages.send('progress', { value, max, prompt_id: this.#job.id, node: id }, clientId);
    if (image !== undefined && !withMetadata) this.#messages.sendImage(image, clientId, undefined);
  }

  finish(id: string): void {
    const entry = this.#entry(id);
    entry.value = entry.max;
    entry.state = 'finished';
    delete entry.activity;
    this.#sendState();
  }

  #isTooSoon(id: string, value: number, max: number): boolean {
    if (!this.#isThrottled) return false;
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
    const { id, clientId } = this.#job;
    if (this.#messages.wants(clientId))
      this.#messages.send('progress_state', { prompt_id: id, nodes: this.#nodes }, clientId);
  }
}
