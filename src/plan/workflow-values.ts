// The options that change a workflow file, and those that only a recipe can use.
import { ComfyGenError } from '../errors.ts';
import type { Upload } from '../jobs/job.ts';
import type { Layer, Resolved } from '../options/resolve.ts';
import { resolveSize } from '../options/size.ts';
import type { RoleValues } from '../workflow/apply-roles.ts';
import { readImages, type ImageSource } from './images.ts';
import { isAskedFor, type JobSettings } from './settings.ts';
import type { Note } from './spec.ts';

const recipeOnly = [
  'recipe', 'vae', 'clipSkip', 'shift', 'turbo', 'control', 'hires', 'upscale', 'refiner', 'frames', 'fps', 'seconds',
  'lyrics', 'styleText', 'aspect', 'mp', 'sizeFrom', 'exact',
  'forceLora', 'nag', 'to', 'refine', 'maskContext', 'maskGrow', 'maskBlur', 'maskText', 'pad', 'saveControl',
] as const; // prettier-ignore

/** A file keeps what it holds unless this command says otherwise: config and environment hold defaults. */
const asked = <T>(setting: Resolved<T>): T | undefined => (isAskedFor(setting) ? setting.value : undefined);

export type WorkflowValues = { readonly values: RoleValues; readonly uploads: readonly Upload[] };

/** Throws `unusable_option` for what needs a recipe; reads no file. */
export function checkWorkflowOptions(s: JobSettings): void {
  for (const option of recipeOnly) {
    const value: unknown = asked<unknown>(s[option]);
    if (value === undefined || value === false) continue;
    throw new ComfyGenError('unusable_option', 'needs a recipe: a workflow file has none', {
      option,
      hint: 'set the input itself with <option set> node.input=value',
    });
  }
}

/** Prompt and seed are the caller's: they differ by job. Throws `unusable_option` and `bad_input_file`. */
export async function workflowValues(
  s: JobSettings,
  layers: readonly Layer[],
  { sourceOf, note }: { readonly sourceOf: ImageSource; readonly note: Note },
): Promise<WorkflowValues> {
  checkWorkflowOptions(s);
  const { width, height } = resolveSize(s, layers);
  const files = { images: asked(s.image), mask: asked(s.mask) };
  const images = await readImages(files, sourceOf, { note, isAnyGraph: true });
  const given = {
    model: asked(s.checkpoint),
    negative: asked(s.negative),
    steps: asked(s.steps),
    cfg: asked(s.cfg),
    guidance: asked(s.guidance),
    sampler: asked(s.sampler),
    scheduler: asked(s.scheduler),
    denoise: asked(s.denoise),
    width: asked(width),
    height: asked(height),
    batch: asked(s.batchSize),
    lora: asked(s.lora),
    image: images.params.images,
    mask: images.params.mask,
  };
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as RoleValues; // the same keys
  return { values, uploads: images.uploads };
}
