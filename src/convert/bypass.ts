// A bypassed node passes one of its inputs on: which one, by slot number and type.
import type { UiInput, UiNode } from './ui-graph.ts';

/** The input that stands for output `slot` of a bypassed node when `wanted` is the consumer's type. */
export function passedOn(node: UiNode, slot: number, wanted: string): UiInput | undefined {
  const same = node.inputs[slot];
  if (isAny(wanted)) return same ?? node.inputs[0];
  const output = node.outputs[slot]?.type ?? '*';
  if (same !== undefined && fits(same.type, output) && fits(same.type, wanted)) return same;
  return node.inputs.find((i) => i.type === wanted) ?? node.inputs.find((i) => fits(i.type, wanted));
}

function isAny(type: string): boolean {
  return type === '*' || type === '';
}

/** Types fit when one of them is "anything" or their comma lists share a word. */
export function fits(a: string, b: string): boolean {
  if (isAny(a) || isAny(b) || a === b) return true;
  if (!a.includes(',') && !b.includes(',')) return a.toLowerCase() === b.toLowerCase();
  const words = new Set(a.toLowerCase().split(','));
  return b
    .toLowerCase()
    .split(',')
    .some((word) => words.has(word));
}
