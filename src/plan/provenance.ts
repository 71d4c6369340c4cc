// What a file's metadata says of how it was made: the graph's values by role and its LoRAs, or A1111's text.
import { ComfyGenError } from '../errors.ts';
import type { Metadata } from '../media/metadata.ts';
import { parseParameters } from '../media/parameters.ts';
import { parseJson } from '../protocol/json.ts';
import { parseWorkflow } from '../workflow/parse.ts';
import { findRoles, roleNames } from '../workflow/roles.ts';
import { valueAt } from '../workflow/walk.ts';
import { isLink, type Input, type Workflow } from '../workflow/workflow.ts';

export type Values = Readonly<Record<string, unknown>>;
export type CarriedLora = { readonly name: string; readonly strength: number | null };

/** Nobody draws more. */
const most = { depth: 500, nodes: 100_000 } as const;

/** The editor's workflow when the file has one, else the graph that ran. */
export function workflowOf({ texts }: Metadata, path: string): unknown {
  const found = readGraph(texts.get('workflow'), path) ?? readGraph(texts.get('prompt'), path);
  if (found === undefined) throw new ComfyGenError('no_metadata', `${path} carries no workflow`);
  return found;
}

/** What made the picture: by the graph that ran, else by A1111's text. */
export function valuesOf({ texts }: Metadata, path: string): Values {
  const hasWorkflow = readGraph(texts.get('workflow'), path) !== undefined;
  const graph = readGraph(texts.get('prompt'), path);
  const file = graph === undefined ? undefined : parseWorkflow(graph, path);
  if (file?.format === 'api') return { ...graphValues(file.workflow, path), has_workflow: hasWorkflow };
  const a1111 = parseParameters(texts.get('parameters') ?? '');
  if (a1111 !== undefined) return { ...a1111, fields: Object.fromEntries(a1111.fields) };
  if (hasWorkflow || file !== undefined) return { has_workflow: true };
  throw new ComfyGenError('no_metadata', `${path} carries no parameters and no workflow`, {
    hint: 'pictures that were edited or sent through a chat have lost them',
  });
}

/** A graph out of its text, with all digits. Other programs write a plain sentence under `prompt`: that is none. */
function readGraph(text: string | undefined, path: string): unknown {
  if (text === undefined || !/^\s*\{/.test(text)) return undefined;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new ComfyGenError('bad_input_file', `${path}: its workflow is no JSON`, { cause });
  }
  if (isDeep(value)) throw new ComfyGenError('bad_input_file', `${path}: its workflow is nested too deeply`);
  return value;
}

function isDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= most.depth && level.length > 0; depth++) {
    level = level.flatMap((v): unknown[] => (typeof v === 'object' && v !== null ? Object.values(v) : []));
  }
  return level.length > 0;
}

function graphValues(workflow: Workflow, path: string): Values {
  const nodes = Object.values(workflow);
  if (nodes.length > most.nodes)
    throw new ComfyGenError('bad_input_file', `${path}: its workflow is larger than any that people make`);
  const roles = findRoles(workflow);
  const held = roleNames.map((role): [string, unknown] => {
    const all = roles[role].map((place) => valueAt(workflow, place));
    return [role, all.length > 1 ? all : (all[0] ?? null)];
  });
  return { ...Object.fromEntries(held), loras: lorasOf(workflow, roles.samplers), nodes: nodes.length };
}

/** The LoRAs between the samplers and their loaders, in the order in which they are applied. */
function lorasOf(workflow: Workflow, samplers: readonly string[]): readonly CarriedLora[] {
  const seen = new Set<string>();
  const open = [...samplers].reverse();
  const found: CarriedLora[] = [];
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

/** A loader names one; rgthree's holds many, each as an object that may be switched off. */
function nodeLoras(inputs: Readonly<Record<string, Input>>): CarriedLora[] {
  const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  const { lora_name: name, strength_model: strength = inputs['strength'] } = inputs;
  if (typeof name === 'string') return [{ name, strength: number(strength) }];
  return Object.values(inputs).flatMap((value): CarriedLora[] => {
    if (typeof value !== 'object' || value === null || Reflect.get(value, 'on') !== true) return [];
    const file: unknown = Reflect.get(value, 'lora');
    return typeof file === 'string' ? [{ name: file, strength: number(Reflect.get(value, 'strength')) }] : [];
  });
}
