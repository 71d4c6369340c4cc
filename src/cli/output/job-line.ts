// What a bar says of one running job: the node, its steps, their speed, the time left.
import type { JobEvent } from '../../jobs/events.ts';
import { oneLine } from '../../text/harmless.ts';
import { fitting } from './live-bars.ts';

export class JobLine {
  share = 0;
  isRunning = false;
  #detail = 'starting';
  #value = 0;
  #max = 0;
  #tile = '';
  /** The first step that was seen of this node, and when. */
  #first: { readonly value: number; readonly at: number } | undefined;
  #lastAt = 0;
  #activity: { readonly node: string; readonly text: string } | undefined;
  #left: { readonly ms: number; readonly at: number } | undefined;

  take(event: JobEvent): void {
    if (event.type === 'started') this.isRunning = true;
    if (event.type === 'done' || event.type === 'failed') this.isRunning = false;
    if (event.type === 'node' && event.state === 'running') this.#begin(oneLine(event.title));
    if (event.type === 'activity') this.#activity = { node: event.node, text: oneLine(event.text) };
    const isOver = event.type === 'progress' || (event.type === 'node' && event.state === 'finished');
    if (isOver && event.node === this.#activity?.node) this.#activity = undefined;
    if (event.type === 'progress') this.#step(event);
    if (event.type === 'saved') {
      this.#activity = undefined;
      this.share = 1;
      this.#begin('saved');
    }
  }

  #begin(detail: string): void {
    this.#detail = detail;
    this.#value = this.#max = 0;
    this.#tile = '';
    this.#first = this.#left = undefined;
  }

  #step({ value, max, share, eta_ms, tile, tiles }: Extract<JobEvent, { type: 'progress' }>): void {
    const at = Date.now();
    this.share = share;
    this.#tile = tile === undefined ? '' : ` tile ${tile}/${tiles ?? tile}`;
    this.#value = value;
    this.#max = max;
    this.#first ??= { value, at };
    this.#lastAt = at;
    this.#left = eta_ms === undefined ? undefined : { ms: eta_ms, at };
  }

  /** `KSampler 11/25  3.2 it/s  4 s left`, in so many columns; the speed goes first. */
  text(columns: number, now = Date.now()): string {
    const detail = this.#max > 0 ? `${this.#detail}${this.#tile} ${this.#value}/${this.#max}` : this.#detail;
    const left = this.#left === undefined ? [] : [leftText((this.#left.ms - (now - this.#left.at)) / 1000)];
    const steps = this.#value - (this.#first?.value ?? 0);
    const seconds = (this.#lastAt - (this.#first?.at ?? 0)) / 1000;
    const speed = steps > 0 && seconds > 0 ? [speedText(steps / seconds)] : [];
    const busy = this.#activity === undefined ? [] : [this.#activity.text];
    const whole = [detail, ...busy, ...speed, ...left].join('  ');
    return whole.length <= columns ? whole : fitting([detail, ...left, ...busy], columns);
  }
}

const speedText = (perSecond: number): string =>
  perSecond >= 1 ? `${perSecond.toFixed(1)} it/s` : `${(1 / perSecond).toFixed(1)} s/it`;

/** `31 s left`, `12 min left`, `2.5 h left`. */
export function leftText(seconds: number): string {
  if (seconds < 90) return `${Math.max(Math.ceil(seconds), 0)} s left`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}
