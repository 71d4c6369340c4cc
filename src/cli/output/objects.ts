// The objects that scripts read: `--json` lines and `--events` lines.
import type { JobEvent } from '../../jobs/events.ts';
import { stringifyStrictJson } from '../../protocol/json.ts';

/** One line of JSON. */
export function jsonLine(value: unknown): string {
  return `${stringifyStrictJson(value)}\n`;
}

/** An event as a line; a preview's image and an error's stack stay here. */
export function eventLine(event: JobEvent): string {
  if (event.type === 'preview') return jsonLine({ ...event, image: undefined });
  return jsonLine(event.type === 'failed' ? { ...event, cause: undefined } : event);
}
