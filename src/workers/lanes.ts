// Where a job waits: jobs that need the same models and nodes share a queue, a lane, so that a worker takes only what its
// server can do. BullMQ has no filters: a worker that took what it cannot run would have to hand it back, again and again.
import { digest } from '../batch/specs.ts';
import { jobSettings } from '../plan/settings.ts';
import type { LoadedWorkflow } from '../plan/spec.ts';
import { withStyles } from '../plan/styles/style.ts';
import type { PackedSpec } from './queued-job.ts';

/** Jobs that name no model: any server has one. */
const anywhere = 'any';
const modelFile = /\.(?:safetensors|sft|ckpt|pth?|gguf|bin|onnx)$/i;

/** The lane of a job, by what it names. */
export function laneOf({ layers, styles = [], workflow }: PackedSpec, loaded: LoadedWorkflow | undefined): string {
  const s = jobSettings(withStyles(layers, styles));
  const named = [
    s.recipe.value,
    s.checkpoint.value,
    s.vae.value,
    s.upscale.value,
    s.refiner.value,
    ...s.lora.value.map(({ file }) => file),
    ...s.control.value.map(({ model }) => model),
  ];
  const template = typeof workflow === 'string' ? [workflow] : [];
  const needs = new Set([...named.filter((name) => name !== undefined), ...template, ...neededBy(loaded?.file)]);
  return needs.size === 0 ? anywhere : `m-${digest([...needs].sort())}`;
}

/** Node classes and model files of a workflow, in either format. */
function* neededBy(value: unknown, key = ''): Generator<string> {
  if (typeof value === 'string') {
    if (key === 'class_type' || key === 'type' || modelFile.test(value)) yield value;
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) yield* neededBy(one, Array.isArray(value) ? key : name);
  }
}
