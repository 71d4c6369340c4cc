// Values of a file in a sentence: short, and harmless whatever they hold.
import { stringifyJson } from '../protocol/json.ts';

/** A number of either kind; `bigint` carries seeds that JavaScript would round. */
export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** A value as its JSON, cut to what a line can hold. */
export function shownValue(value: unknown): string {
  const text = value === undefined ? 'nothing' : isNumber(value) ? String(value) : stringifyJson(value);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

/** The first few of many. */
export function shownValues(values: readonly unknown[]): string {
  const shown = values.slice(0, 5).map(shownValue).join(', ');
  return values.length > 5 ? `${shown} and ${values.length - 5} more` : shown;
}
