// One call -> the spec of its one job.
import { ComfyGenError } from '../errors.ts';
import { narrowed } from '../options/overlay.ts';
import type { Layer } from '../options/resolve.ts';
import { rowOptions } from '../options/settings.ts';
import { fromParameters } from '../plan/from-parameters.ts';
import { describeWorkflow, type LoadedParameters } from '../plan/load-workflow.ts';
import { randomSeed } from '../plan/seeds.ts';
import { jobSettings } from '../plan/settings.ts';
import type { JobSpec, LoadedWorkflow } from '../plan/spec.ts';

export type CallSpec = {
  readonly spec: JobSpec;
  /** What was said of the workflow before it was planned. */
  readonly notes: readonly string[];
};

/** The job that a recipe makes. Throws `no_prompt`. */
export function recipeSpec(layer: Layer): CallSpec {
  const prompt = promptOf([layer]);
  if (prompt === undefined)
    throw new ComfyGenError('no_prompt', 'prompt: there is none', { hint: "prompt: '' is an empty one" });
  return { spec: specOf(narrowed([layer], rowOptions), prompt), notes: [] };
}

/** The job that a workflow is, or one that a recipe makes of the parameters that an image carries. */
export function workflowSpec(loaded: LoadedWorkflow | LoadedParameters, layer: Layer): CallSpec {
  const layers = narrowed([layer], rowOptions);
  if ('file' in loaded) return { spec: specOf(layers, promptOf(layers), loaded), notes: [describeWorkflow(loaded)] };
  const made = fromParameters(loaded, layers);
  const spec = specOf(narrowed(made.layers, rowOptions), promptOf(layers) ?? made.prompt);
  return { spec, notes: made.notes.map(({ text }) => text) };
}

/** A seed that a workflow holds stays, unless one was asked for. */
function specOf(layers: JobSpec['layers'], prompt: string | undefined, workflow?: LoadedWorkflow): JobSpec {
  const { value, layer } = jobSettings(layers).seed;
  const keepsOwn = workflow !== undefined && layer === undefined;
  const seed = keepsOwn ? undefined : String(typeof value === 'bigint' ? value : randomSeed());
  return { row: 1, layers, workflow, prompt, seed, sweep: null, shape: '' };
}

function promptOf(layers: readonly Layer[]): string | undefined {
  const [prompt, second] = jobSettings(layers).prompt.value;
  if (second === undefined) return prompt;
  throw new ComfyGenError('bad_option', 'prompt: a list is several jobs', { hint: 'ComfyUIPool.batch makes many' });
}
