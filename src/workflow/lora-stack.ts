// LoRAs of a graph: those that its samplers use, and rows for a node that holds a list of them (core's LoadLoraModel, LoadLoraTextEncoder): rows `loras.0.lora_name`, `loras.0.strength`, …
import { ComfyGenError } from '../errors.ts';
import { parseInputSpec, type ObjectInfo } from '../protocol/object-info.ts';
import { isRecord } from '../protocol/json.ts';
import { nodeAt, type Place } from './walk.ts';
import { isLink, titleOf, type Input, type Workflow } from './workflow.ts';

export type LoraValue = { readonly file: string; readonly strength: number; readonly clip?: number | undefined };

/** A LoRA as a graph applies it; a strength that is computed is null, `clip` is there where it differs. */
export type GraphLora = { readonly name: string; readonly strength: number | null; readonly clip?: number };

const stackClasses = new Set(['LoadLoraModel', 'LoadLoraTextEncoder']);
/** As core defines it; a definition may say otherwise. */
const usualMax = 20;

type Stack = {
  readonly node: string;
  readonly name: string;
  readonly rows: readonly number[];
  readonly max: number;
  readonly names: readonly string[];
  readonly hasSwitch: boolean;
};

/**
 * A row for each LoRA, or the new strength where the list holds the file already. Throws `unusable_option` for a graph
 * without such a node, with several that could be meant, or with a full one.
 */
export function addLoras(
  workflow: Workflow,
  loras: readonly LoraValue[],
  info?: ObjectInfo,
): (Place & { value: Input })[] {
  const stacks = Object.keys(workflow).flatMap((id) => stackAt(workflow, id, info) ?? []);
  const models = stacks.filter(({ node }) => nodeAt(workflow, node)?.class_type !== 'LoadLoraTextEncoder');
  const texts = stacks.filter((stack) => !models.includes(stack));
  if (stacks.length === 0) {
    throw new ComfyGenError('unusable_option', '<option lora>: this workflow has no node that holds a list of LoRAs', {
      hint: 'set the name in its own node with <option set> node.lora_name=file',
    });
  }
  for (const several of [models, texts]) if (several.length > 1) throw ambiguous(workflow, several);
  return [
    ...models.flatMap((stack) =>
      rowsFor(
        workflow,
        stack,
        loras.map(({ file, strength }) => ({ file, strength })),
      ),
    ),
    ...texts.flatMap((stack) =>
      rowsFor(
        workflow,
        stack,
        loras.map(({ file, strength, clip = strength }) => ({ file, strength: clip })),
      ),
    ),
  ];
}

/** What a list of LoRAs is called in this node, and what it holds; undefined for a node without one. */
function stackAt(workflow: Workflow, node: string, info: ObjectInfo | undefined): Stack | undefined {
  const { class_type: className = '', inputs = {} } = nodeAt(workflow, node) ?? {};
  const definition = info !== undefined && Object.hasOwn(info, className) ? info[className] : undefined;
  const keys = Object.keys(inputs);
  const written = keys.flatMap((key) => /^(.+)\.\d+\.lora_name$/.exec(key)?.[1] ?? [])[0];
  const sections = { ...definition?.input.required, ...definition?.input.optional };
  const defined = Object.entries(sections).find(([, raw]) => fieldsOf(raw)['lora_name'] !== undefined);
  const name = defined?.[0] ?? written ?? (stackClasses.has(className) ? 'loras' : undefined);
  if (name === undefined) return undefined;
  const rows = keys.flatMap((key) =>
    key.startsWith(`${name}.`) ? Number(key.slice(name.length + 1).split('.')[0]) : [],
  );
  const { max, names, fields } = limitsOf(defined?.[1]);
  const hasSwitch = fields.includes('enabled') || keys.some((key) => /\.\d+\.enabled$/.test(key));
  return { node, name, rows: [...new Set(rows)].filter(Number.isInteger).sort((a, b) => a - b), max, names, hasSwitch };
}

function fieldsOf(raw: unknown): Readonly<Record<string, unknown>> {
  const { type, options } = parseInputSpec('', raw, true);
  const template = options['template'];
  if (type !== 'COMFY_DYNAMICGROUP_V3' || !isRecord(template)) return {};
  const section = (key: string): object => (isRecord(template[key]) ? template[key] : {});
  return { ...section('required'), ...section('optional') };
}

function limitsOf(raw: unknown): { max: number; names: readonly string[]; fields: readonly string[] } {
  const max: unknown = parseInputSpec('', raw, true).options['max'];
  const fields = fieldsOf(raw);
  const choices = parseInputSpec('', fields['lora_name'], true).choices ?? [];
  return {
    max: typeof max === 'number' && max > 0 ? max : usualMax,
    names: choices.filter((choice) => typeof choice === 'string'),
    fields: Object.keys(fields),
  };
}

function rowsFor(
  workflow: Workflow,
  stack: Stack,
  loras: readonly { readonly file: string; readonly strength: number }[],
): (Place & { value: Input })[] {
  const { node, name, max, names, hasSwitch } = stack;
  const inputs = nodeAt(workflow, node)?.inputs ?? {};
  const taken = new Set(stack.rows);
  return loras.flatMap(({ file, strength }) => {
    const known = stack.rows.find((row) => isSameFile(inputs[`${name}.${row}.lora_name`], file));
    const row = known ?? freeRow(taken, max);
    if (row === undefined) {
      throw new ComfyGenError(
        'unusable_option',
        `<option lora>: ${node} (${titleOf(workflow, node)}) takes ${max} LoRAs at most`,
      );
    }
    taken.add(row);
    const [spelled = file] = names.filter((one) => isSameFile(one, file));
    const fields: [string, Input][] = [
      ...(known === undefined ? [['lora_name', spelled] as [string, Input]] : []),
      ['strength', strength],
      ...(hasSwitch ? [['enabled', true] as [string, Input]] : []),
    ];
    return fields.map(([field, value]) => ({ node, input: `${name}.${row}.${field}`, value }));
  });
}

/** Behind the last row: its order is the order in which they are applied. A gap only when the end is reached. */
function freeRow(taken: ReadonlySet<number>, max: number): number | undefined {
  const next = Math.max(-1, ...taken) + 1;
  if (next < max) return next;
  return Array.from({ length: max }, (_none, row) => row).find((row) => !taken.has(row));
}

/** With or without folder and extension, whatever the separator. */
function isSameFile(held: unknown, wanted: string): boolean {
  if (typeof held !== 'string') return false;
  const plain = (name: string): string =>
    name
      .replaceAll('\\', '/')
      .replace(/\.(?:safetensors|sft|ckpt|pth?)$/i, '')
      .toLowerCase();
  const [one, other] = [plain(held), plain(wanted)];
  return one === other || (!other.includes('/') && one.endsWith(`/${other}`));
}

function ambiguous(workflow: Workflow, stacks: readonly Stack[]): ComfyGenError {
  const listed = stacks.slice(0, 8).map(({ node }) => `${node} (${titleOf(workflow, node)})`);
  const [first] = stacks;
  const row = freeRow(new Set(first?.rows), usualMax) ?? 0;
  return new ComfyGenError(
    'unusable_option',
    `<option lora> is ambiguous: ${stacks.length} nodes hold LoRAs: ${listed.join(', ')}`,
    {
      hint: `name the one you mean: <option set> ${first?.node ?? 'node'}.${first?.name ?? 'loras'}.${row}.lora_name=file`,
    },
  );
}

/** The LoRAs between the samplers and their loaders, in the order in which they are applied. */
export function lorasOf(workflow: Workflow, samplers: readonly string[]): readonly GraphLora[] {
  const seen = new Set<string>();
  const open = [...samplers].reverse();
  const found: GraphLora[] = [];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id) || !Object.hasOwn(workflow, id)) continue;
    seen.add(id);
    const inputs = workflow[id]?.inputs ?? {};
    found.unshift(...nodeLoras(inputs));
    for (const [name, value] of Object.entries(inputs)) {
      if (isLink(value) && /^(model|guider|basic_pipe|pipe|lora_stack)/.test(name)) open.push(value[0]);
    }
  }
  return found;
}

/** A loader names one; core's lists hold rows, rgthree's objects, each of which may be switched off. */
function nodeLoras(inputs: Readonly<Record<string, Input>>): readonly GraphLora[] {
  const { lora_name: name, strength_model: strength = inputs['strength'], strength_clip: clip } = inputs;
  if (typeof name === 'string') return [loraOf(name, strength, clip)];
  return Object.entries(inputs).flatMap(([key, value]): readonly GraphLora[] => {
    const row = /^(.+\.\d+)\.lora_name$/.exec(key)?.[1];
    if (row !== undefined && typeof value === 'string')
      return inputs[`${row}.enabled`] === false ? [] : [loraOf(value, inputs[`${row}.strength`])];
    if (!isRecord(value) || value['on'] !== true || typeof value['lora'] !== 'string') return [];
    return [loraOf(value['lora'], value['strength'])];
  });
}

function loraOf(name: string, strength: unknown, clip?: unknown): GraphLora {
  const known = typeof strength === 'number' ? strength : null;
  return { name, strength: known, ...(typeof clip === 'number' && clip !== known ? { clip } : {}) };
}
