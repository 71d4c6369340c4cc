// The options of `run` that change a foreign workflow, and those that only a recipe can use.
import { ComfyGenError } from '../errors.ts';
import { flagName } from '../options/describe.ts';
import { resolveSize, type Resolved } from '../options/resolve.ts';
import { allOptions } from '../options/settings.ts';
import type { RoleValues } from '../workflow/apply-roles.ts';
import { readPictures, type Picture } from './images.ts';
import type { Session } from '../cli/context.ts';

const recipeOnly = [
  'recipe', 'vae', 'lora', 'clipSkip', 'shift', 'turbo', 'control', 'hires', 'upscale', 'refiner', 'frames', 'fps', 'seconds',
  'sweep',
] as const; // prettier-ignore

/** A file keeps what it holds unless the command line says otherwise: config and environment hold defaults. */
const said = <T>({ value, layer }: Resolved<T>): T | undefined =>
  layer?.source === 'flag' || layer?.source === 'row' ? value : undefined;

export type RoleOptions = { readonly values: RoleValues; readonly files: readonly Picture[] };

/** Prompt and seed are the caller's: they differ by job. Throws `unusable_option`. */
export async function roleOptions(session: Session): Promise<RoleOptions> {
  const { settings: s, layers } = session;
  for (const key of recipeOnly) {
    const option = allOptions[key];
    const value: unknown = said<unknown>(s[key]);
    if (option === undefined || value === undefined || value === false) continue;
    throw new ComfyGenError('unusable_option', `${flagName(key, option)} needs a recipe: a workflow file has none`, {
      hint: 'set the input itself with --set node.input=value',
    });
  }
  const { width, height } = resolveSize(s, layers);
  const images = said(s.image);
  const mask = said(s.mask);
  const pictures = await readPictures(session, {
    ...(images === undefined ? {} : { images }),
    ...(mask === undefined ? {} : { mask }),
  });
  const given = {
    model: said(s.checkpoint),
    negative: said(s.negative),
    steps: said(s.steps),
    cfg: said(s.cfg),
    guidance: said(s.guidance),
    sampler: said(s.sampler),
    scheduler: said(s.scheduler),
    denoise: said(s.denoise),
    width: said(width),
    height: said(height),
    batch: said(s.batchSize),
    image: pictures.params.images,
    mask: pictures.params.mask,
  };
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as RoleValues; // the same keys
  return { values, files: pictures.files };
}
