// Settings -> what a recipe is told, each value with the place it came from.
import type { Layer, Resolved } from '../options/resolve.ts';
import { resolveSize } from '../options/size.ts';
import type { ParamName, RecipeParams } from '../recipes/recipe.ts';
import { isAskedFor, type JobSettings } from './settings.ts';

export type RecipeInput = {
  /** Everything but prompt and seed; images are local paths. */
  readonly params: Omit<RecipeParams, 'prompt' | 'seed'>;
  /** The picture whose ratio the result takes. */
  readonly sizeFrom: string | undefined;
  /** Asked for by a flag, a row or a program: then what the recipe cannot use is an error. */
  readonly isAskedFor: (param: ParamName) => boolean;
};

export function recipeInput(s: JobSettings, layers: readonly Layer[]): RecipeInput {
  const { width, height, aspect, mp, sizeFrom } = resolveSize(s, layers);
  const from: Partial<Record<ParamName, Resolved<unknown>>> = {
    negative: s.negative,
    width,
    height,
    aspect: sizeFrom.value === undefined ? aspect : { value: undefined, layer: sizeFrom.layer }, // read from the picture
    mp,
    exact: s.exact,
    twoPass: s.twoPass,
    steps: s.steps,
    cfg: s.cfg,
    sampler: s.sampler,
    scheduler: s.scheduler,
    vae: s.vae,
    loras: s.lora,
    clipSkip: s.clipSkip,
    guidance: s.guidance,
    shift: s.shift,
    turbo: s.turbo,
    batchSize: s.batchSize,
    images: s.image,
    denoise: s.denoise,
    mask: s.mask,
    maskText: s.maskText,
    maskContext: s.maskContext,
    maskGrow: s.maskGrow,
    maskBlur: s.maskBlur,
    pad: s.pad,
    control: s.control,
    saveControl: s.saveControl,
    nag: s.nag,
    to: s.to,
    refine: s.refine,
    hires: s.hires,
    upscale: s.upscale,
    refiner: s.refiner,
    frames: s.frames,
    fps: s.fps,
    seconds: s.seconds,
    lyrics: s.lyrics,
    styleText: s.styleText,
  };
  const set = Object.entries(from).filter(([, setting]) => setting.layer !== undefined && setting.value !== undefined);
  return {
    sizeFrom: sizeFrom.value,
    params: Object.fromEntries(set.map(([key, setting]) => [key, setting.value])),
    isAskedFor: (param) => from[param] === undefined || isAskedFor(from[param]),
  };
}
