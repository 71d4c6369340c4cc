// What a file's metadata says of how it was made: the graph's values by role and its LoRAs, or another program's parameters.
import { ComfyGenError } from '../errors.ts';
import { toCarried } from '../media/carried.ts';
import type { Metadata } from '../media/metadata.ts';
import { readParameters, type Parameters } from '../media/programs.ts';
import { isNestedDeeper, parseJson, tryParseJson } from '../protocol/json.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { lorasOf } from '../workflow/lora-stack.ts';
import { parseWorkflow, type WorkflowFile } from '../workflow/parse.ts';
import { findRoles, roleNames, type RoleName } from '../workflow/roles.ts';
import { valueAt } from '../workflow/walk.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { guessGraph } from './guessed-graph.ts';

export type Values = Readonly<Record<string, unknown>>;

/** Nobody draws more. */
const most = { depth: 500, nodes: 100_000 } as const;

/** The web UI's workflow when the file has one, else the graph that ran. */
export function workflowOf({ texts, damage }: Metadata, path: string): unknown {
  const found = readGraphs(texts, path);
  const workflow = found.workflow ?? found.prompt;
  if (workflow !== undefined) return workflow;
  throw found.problem ?? new ComfyGenError('no_metadata', `${path} carries no workflow`, { hint: damage });
}

/**
 * What made the picture: by the graph that ran, else by another program's parameters, else by a guess from the web UI's
 * workflow. `known` are the definitions to guess with.
 */
export async function valuesOf(
  { texts, damage }: Metadata,
  path: string,
  known: () => Promise<ObjectInfo>,
): Promise<Values> {
  const found = readGraphs(texts, path);
  const parameters = readParameters(texts);
  const file = found.prompt === undefined ? undefined : tryParse(found.prompt, path);
  const given = tryParseJson(texts.get('prompt_given') ?? '');
  const about = {
    ...(typeof given === 'string' ? { prompt_given: given } : {}),
    has_workflow: found.workflow !== undefined || file?.format === 'ui',
  };
  if (file?.format === 'api') {
    const values = { from: 'prompt', source: parameters?.source ?? 'ComfyUI', ...graphValues(file.workflow, path) };
    return { ...filledFrom(values, parameters), ...about };
  }
  if (parameters !== undefined) {
    return { from: 'parameters', ...toCarried(parameters), ...about };
  }
  const ui = found.workflow ?? (file === undefined ? undefined : found.prompt);
  if (ui !== undefined) {
    const guessed = guessGraph(ui, await known());
    const values = guessed === undefined ? {} : graphValues(guessed, path);
    return { from: 'workflow', source: 'ComfyUI', ...values, ...about };
  }
  if (found.problem !== undefined) throw found.problem;
  throw new ComfyGenError('no_metadata', `${path} carries no parameters and no workflow`, {
    hint: damage ?? 'files that were edited or sent through a chat have lost them',
  });
}

/** What the graph computes, or says in a way that is not found, may stand in the text beside it. */
function filledFrom(values: Values, parameters: Parameters | undefined): Values {
  if (parameters === undefined) return values;
  const told: Values = toCarried(parameters);
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value ?? told[key] ?? null]));
}

type Graphs = { readonly prompt: unknown; readonly workflow: unknown; readonly problem: ComfyGenError | undefined };

/** One that cannot be read does not void the other. */
function readGraphs(texts: Metadata['texts'], path: string): Graphs {
  let problem: ComfyGenError | undefined;
  const read = (key: string): unknown => {
    try {
      return readGraph(texts.get(key), path);
    } catch (error) {
      if (!(error instanceof ComfyGenError)) throw error;
      problem ??= error;
      return undefined;
    }
  };
  return { prompt: read('prompt'), workflow: read('workflow'), problem };
}

/** Any JSON may stand under `prompt`. */
function tryParse(graph: unknown, path: string): WorkflowFile | undefined {
  try {
    return parseWorkflow(graph, path);
  } catch (error) {
    if (error instanceof ComfyGenError) return undefined;
    throw error;
  }
}

/** A graph out of its text, with all digits. Other programs write a plain sentence under `prompt`: that is none. */
function readGraph(text: string | undefined, path: string): unknown {
  if (text === undefined || !/^\s*\{/.test(text)) return undefined;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new ComfyGenError('bad_input_file', `${path}: its workflow is not JSON`, { cause });
  }
  if (isNestedDeeper(value, most.depth))
    throw new ComfyGenError('bad_input_file', `${path}: its workflow is nested too deeply`);
  return value;
}

function graphValues(workflow: Workflow, path: string): Values {
  const nodes = Object.values(workflow);
  if (nodes.length > most.nodes)
    throw new ComfyGenError('bad_input_file', `${path}: its workflow is larger than any that people make`);
  const roles = findRoles(workflow);
  const held = roleNames.map((role): [string, unknown] => {
    const all = roles[role].map((place) => shownValue(role, valueAt(workflow, place)));
    return [role, all.length > 1 ? all : (all[0] ?? null)];
  });
  return { ...Object.fromEntries(held), loras: lorasOf(workflow, roles.samplers), nodes: nodes.length };
}

/** Seeds are digit strings, as in results: a number may not hold all digits. */
function shownValue(role: RoleName, value: unknown): unknown {
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  return role === 'seed' && isNumber ? String(value) : value;
}
