// The objects that scripts read: `--json` lines and `--events` lines.
import type { JobEvent } from '../../jobs/events.ts';
import { stringifyStrictJson } from '../../protocol/json.ts';

/** One line of JSON. */
export function jsonLine(value: unknown): string {
  return `${escaped(stringifyStrictJson(value))}\n`;
}

/** JSON text without the control codes that a terminal obeys and JSON lets stand: they occur within strings only. */
export function escaped(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (code) => `\\u${code.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** An event as a line; a preview's image and an error's stack stay here. */
export function eventLine(event: JobEvent): string {
  if (event.type === 'preview') return jsonLine({ ...event, image: undefined });
  return jsonLine(event.type === 'failed' ? { ...event, cause: undefined, taken_off: undefined } : event);
}
