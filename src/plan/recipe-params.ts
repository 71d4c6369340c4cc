// Settings -> what a recipe is told, each value with the place it came from.
import type { Resolved } from '../options/resolve.ts';
import { resolveSize } from '../options/resolve.ts';
import type { ParamName, RecipeParams } from '../recipes/recipe.ts';
import type { Session } from '../cli/context.ts';

export type Given = {
  /** Everything but prompt and seed; pictures are local paths. */
  readonly params: Omit<RecipeParams, 'prompt' | 'seed'>;
  /** Given by a flag (or a batch row): then what the recipe cannot use is an error. */
  readonly strict: (param: ParamName) => boolean;
};

export function givenParams(session: Session): Given {
  const { settings: s, layers } = session;
  const { width, height } = resolveSize(s, layers);
  const from: Partial<Record<ParamName, Resolved<unknown>>> = {
    negative: s.negative,
    width,
    height,
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
    control: s.control,
    hires: s.hires,
    upscale: s.upscale,
    refiner: s.refiner,
    frames: s.frames,
    fps: s.fps,
    seconds: s.seconds,
  };
  const given = Object.entries(from).filter(
    ([, setting]) => setting.layer !== undefined && setting.value !== undefined,
  );
  return {
    params: Object.fromEntries(given.map(([key, setting]) => [key, setting.value])),
    strict: (param) => ['flag', 'row'].includes(from[param]?.layer?.source ?? 'flag'),
  };
}
