// Classes of packs whose widgets only their browser code makes: what that code sends for the values a file holds.
import { isRecord } from '../protocol/json.ts';
import type { NodeClass } from '../workflow/node-class.ts';
import { list, type UiNode } from './ui-graph.ts';

/** What a pack sends: inputs that its definition does not list, and the values that are left for those it does. */
export type PackInputs = { readonly unlisted: ReadonlyMap<string, unknown>; readonly values: readonly unknown[] };
type Sender = (values: readonly unknown[], node: UiNode) => PackInputs | undefined;

/** Undefined for classes of another kind and for files of an unknown form. */
export function packInputs(node: UiNode, nodeClass: NodeClass): PackInputs | undefined {
  const values = list(node.values);
  return values.length === 0 ? undefined : senders.get(nodeClass.name)?.(values, node);
}

/** Whether the browser code of this class makes its widgets. */
export function makesOwnWidgets(className: string): boolean {
  return senders.has(className);
}

const senders: ReadonlyMap<string, Sender> = new Map<string, Sender>([
  ['Power Lora Loader (rgthree)', powerLoras],
  ['Power Primitive (rgthree)', powerPrimitive],
  ['Power Puter (rgthree)', powerPuter],
  ['Lora Loader (LoraManager)', managedLoras],
  ['Lora Stacker (LoraManager)', managedLoras],
  ['WanVideo Lora Select (LoraManager)', managedLoras],
  ['TriggerWord Toggle (LoraManager)', managedWords],
]);

/** A row a LoRA, numbered from 1; a second strength only where the node shows one. */
function powerLoras(values: readonly unknown[], node: UiNode): PackInputs {
  const isSplit = node.properties['Show Strengths'] === 'Separate Model & Clip';
  const unlisted = new Map<string, unknown>();
  let count = 0;
  for (const value of values) {
    if (!isRecord(value)) continue;
    if (value['type'] === 'PowerLoraLoaderHeaderWidget') unlisted.set('PowerLoraLoaderHeaderWidget', value);
    if (value['lora'] === undefined) continue;
    const { strengthTwo, ...row } = value;
    unlisted.set(`lora_${++count}`, isSplit ? { ...row, strengthTwo: strengthTwo ?? 1 } : row);
  }
  return { unlisted: unlisted.set('➕ Add Lora', ''), values: [] };
}

const primitiveTypes = new Set<unknown>(['STRING', 'INT', 'FLOAT', 'BOOLEAN', 'BOOL']);

/** Its type and its value, in either order. */
function powerPrimitive(values: readonly unknown[]): PackInputs | undefined {
  const at = values.findIndex((value) => primitiveTypes.has(value));
  if (at === -1 || at > 1 || values.length < 2) return undefined;
  const unlisted = new Map([
    ['type', values[at] === 'BOOL' ? 'BOOLEAN' : values[at]],
    ['value', values[1 - at]],
  ]);
  return { unlisted, values: [] };
}

function powerPuter(values: readonly unknown[]): PackInputs | undefined {
  const outputs = values.find((value) => isRecord(value) && Array.isArray(value['outputs']));
  const code = values.find((value) => typeof value === 'string');
  if (outputs === undefined || code === undefined) return undefined;
  const unlisted = new Map<string, unknown>([
    ['outputs', outputs],
    ['code', code],
  ]);
  return { unlisted, values: [] };
}

/** Lora Manager keeps its list behind the widgets of the definition, newer ones a note of their version before them. */
function managedLoras(values: readonly unknown[]): PackInputs | undefined {
  const loras = entriesWith(values, 'name');
  if (loras === undefined) return undefined;
  return {
    unlisted: new Map([['loras', loras]]),
    values: values.filter((value) => value !== loras && !isRecord(value)),
  };
}

/** The words with their switches, then the text that they were made of. */
function managedWords(values: readonly unknown[]): PackInputs | undefined {
  const words = entriesWith(values, 'text');
  if (words === undefined) return undefined;
  const at = values.indexOf(words);
  const text = values[at + 1];
  const unlisted = new Map<string, unknown>([['toggle_trigger_words', words]]);
  if (typeof text === 'string') unlisted.set('orinalMessage', text); // the pack's own spelling
  return { unlisted, values: values.slice(0, at).filter((value) => !isRecord(value)) };
}

function entriesWith(values: readonly unknown[], key: string): unknown {
  const isEntry = (entry: unknown): boolean => isRecord(entry) && Object.hasOwn(entry, key);
  return values.find((value) => Array.isArray(value) && value.length > 0 && value.every(isEntry));
}
