// Row + parameters -> the values in force: what was given, what the row supplies, what had to be rounded or refused.
import { ComfyGenError } from '../errors.ts';
import type { Family, Patch, Sampling, Variant } from './family.ts';
import { aroundOf, drawsPart } from './around.ts';
import { forInpainting, usualNet } from './control.ts';
import { enlargeOf, sizeOf, timeOf, twoPasses } from './measure.ts';
import { warnNegative, warnPrompt, wordsOf } from './words.ts';
import type { Control as AskedControl, ModelFiles, RecipeParams, RecipeWarning, Task, Unusable } from './recipe.ts';
import type { Control, Plan } from './recipe-plan.ts';
import { unusableOptions } from './usable.ts';

type Decided = {
  readonly plan: Plan;
  readonly notes: readonly string[];
  readonly warnings: readonly RecipeWarning[];
  readonly unusable: readonly Unusable[];
};

/** Decides every value. Throws `unusable_option` when a picture or mask is missing without which there is no graph. */
export function decideValues(row: Family, files: ModelFiles, params: RecipeParams): Decided {
  const unusable = unusableOptions(row, params, mainFile(row, files));
  const p = without(params, unusable);
  const warnings: RecipeWarning[] = [];
  const notes: string[] = [];
  const images = imagesOf(row, p, params);
  const edited = images.length > 0 && taskOf(row, { ...p, images }) === 'edit';
  const family = edited ? { ...row, ...row.withPictures } : row;
  const variants = variantsOf(family, files);
  needPictures(family, variants, images, p);
  const repaint = repaintedBy(family, files, { ...p, images });
  const byTask = repaint === undefined ? undefined : family.inpaint;
  const sampling = samplingOf(
    { ...family.sampling, ...byTask },
    { family, variants },
    p,
    mainFile(family, files) ?? '',
  );
  const size = sizeOf(family, p, warnings);
  const time = timeOf(family, p, warnings);
  warnNegative(family, p, sampling.cfg, warnings);
  warnPrompt(family, p.prompt, warnings);
  const own = { family, files, images, sampling, split: splitOf(family, p, sampling.steps) };
  const around = aroundOf(family, { ...p, images });
  if (p.maskText !== undefined && p.maskContext !== undefined && around.around !== undefined)
    notes.push('where the words are is found on the server: the context of the mask is the whole image');
  const soft = around.around === undefined ? [] : softEdges(family);
  const guided = p.nag === undefined ? [] : [negativeGuidance(p.nag)];
  const patches = [...guided, ...variants.flatMap((v) => v.patches ?? []), ...soft, ...(family.patches ?? [])];
  const inpaintModel = variants.some((v) => v.inpaintModel === true);
  const plan = {
    ...asGiven(p),
    control: controlsOf(family, p.control ?? [], repaint),
    ...wordsOf(family, p, warnings),
    ...startOf(family, p, images),
    ...size,
    ...(largeAtOnce(family, p, images) ? { second: undefined } : twoPasses(family, size, notes)),
    around: undefined,
    enlarge: enlargeOf({ ...p, images }),
    ...around,
    ...time,
    ...own,
    patches,
    inpaintModel,
  };
  return { notes, warnings, unusable, plan: { ...plan, guidance: p.guidance ?? family.guidance?.value } };
}

/** One pass whatever the size: asked for, or none of a kind that can be enlarged and drawn over. */
function largeAtOnce(family: Family, p: RecipeParams, images: readonly string[]): boolean {
  const isOneOfOthers = images.length > 0 || p.hires !== undefined || p.refiner !== undefined;
  return p.twoPass === false || isOneOfOthers || !family.takes.includes('hires');
}

/** What a mask shows in part only changes in part; a family may have that already. */
function softEdges(family: Family): readonly Patch[] {
  const has = family.patches?.some((patch) => patch.class === 'DifferentialDiffusion') === true;
  return has ? [] : [{ class: 'DifferentialDiffusion', inputs: { strength: 1 } }];
}

/** Negative guidance in the attention, where the sampler never looks at the negative prompt. */
const negativeGuidance = (scale: number): Patch => ({
  class: 'NAGuidance',
  inputs: { nag_scale: scale, nag_alpha: 0.5, nag_tau: 1.5 },
});

/** Every control with its file: those that were found by their kind, or the usual ones where no server was asked. */
function controlsOf(
  family: Family,
  asked: readonly AskedControl[],
  repaint: AskedControl | undefined,
): readonly Control[] {
  return [...(repaint === undefined ? [] : [repaint]), ...asked].map((control) => {
    const { model, kind } = control;
    return { ...control, model: model ?? (kind === undefined ? '' : usualNet(family, kind)) };
  });
}

/** Too many pictures where some are needed: the first ones stay. */
function imagesOf(family: Family, p: RecipeParams, given: RecipeParams): readonly string[] {
  if (p.images !== undefined) return p.images;
  return family.edit?.needed === true ? (given.images ?? []).slice(0, family.edit.max) : [];
}

/** The parameters less those that cannot be used. */
function without(params: RecipeParams, unusable: readonly Unusable[]): RecipeParams {
  const dropped = new Set<string>(unusable.map((u) => u.option));
  const kept = Object.entries(params).filter(([key]) => !dropped.has(key));
  return { ...Object.fromEntries(kept), prompt: params.prompt, seed: params.seed };
}

/** What goes into the plan as it was given, or as nothing. */
function asGiven(p: RecipeParams) {
  const { seed, mask, maskText, nag, clipSkip, vae, hires, upscale, refiner, shift } = p;
  return {
    ...{ seed, mask, maskText, nag, clipSkip, vae, hires, upscale, refiner, shift },
    negative: p.negative ?? '',
    batchSize: p.batchSize ?? 1,
    loras: p.loras ?? [],
    turbo: p.turbo === true,
    saveControl: p.saveControl === true,
  };
}

function startOf(
  family: Family,
  p: RecipeParams,
  images: readonly string[],
): Pick<Plan, 'task' | 'denoise' | 'secondDenoise'> {
  const task = taskOf(family, { ...p, images });
  return { task, denoise: startDenoise(p, task), secondDenoise: (images.length === 0 ? p.denoise : undefined) ?? 0.5 };
}

/** The file that gives the family its name: checkpoint, model, or the first of a pair. */
function mainFile(family: Family, files: ModelFiles): string | undefined {
  const role = family.files[0]?.role ?? 'checkpoint';
  return files['checkpoint'] ?? files[role] ?? files['model'];
}

function variantsOf(family: Family, files: ModelFiles): readonly Variant[] {
  const name = mainFile(family, files)?.split(/[\\/]/).at(-1) ?? '';
  return (family.variants ?? []).filter((variant) => variant.match.test(name));
}

function taskOf(family: Family, p: RecipeParams): Task {
  const pictures = (p.images ?? []).length > 0;
  if (family.kind === 'video') return pictures ? 'img2vid' : 'txt2vid';
  if (family.kind === 'audio') return pictures ? 'cover' : 'txt2audio';
  if (family.kind === 'mesh') return 'img2mesh';
  if (family.kind === 'map') return 'estimate';
  if (family.kind === 'upscale') return 'upscale';
  if (!pictures) return 'txt2img';
  if (p.to !== undefined) return 'upscale';
  const starts = family.takes.includes('denoise') && (p.denoise !== undefined || isMasked(p));
  if (family.edit !== undefined && !starts) return 'edit';
  return isMasked(p) ? 'inpaint' : 'img2img';
}

const isMasked = (p: RecipeParams): boolean => p.mask !== undefined || p.maskText !== undefined || p.pad !== undefined;

function startDenoise(p: RecipeParams, task: Task): number {
  if (task === 'img2img') return p.denoise ?? 0.6;
  if (task === 'inpaint') return p.denoise ?? 1;
  return 1;
}

function needPictures(family: Family, variants: readonly Variant[], images: readonly string[], p: RecipeParams): void {
  const needed = family.edit?.needed === true || variants.some((v) => v.only === 'pictures');
  if (needed && images.length < (family.edit?.min ?? 1)) {
    throw new ComfyGenError(
      'unusable_option',
      `is missing: ${family.name} needs ${family.needsPicture ?? 'a picture to start from'}`,
      { option: 'image' },
    );
  }
  if (family.edit?.mask === 'needed' && !isMasked(p)) {
    throw new ComfyGenError('unusable_option', `is missing: ${family.name} needs a mask, white is repainted`, {
      option: 'mask',
    });
  }
}

/** A mask on a family whose inpainting control file is there: it takes picture and mask. */
function repaintedBy(family: Family, files: ModelFiles, p: RecipeParams): AskedControl | undefined {
  const model = files['inpaint control'];
  const image = p.images?.[0];
  if (drawsPart(p)) return; // a part is drawn: such a file would have to see the same part
  if (family.inpaint === undefined || model === undefined || image === undefined) return;
  if (p.mask === undefined && p.maskText === undefined) return;
  const row = family.files.find((file) => file.role === 'inpaint control');
  const folder = row?.folder === 'model_patches' ? 'model_patches' : 'controlnet';
  // Such a patch starts from nothing but noise: with a denoise the picture itself is what is kept.
  const keeps = folder === 'model_patches' && p.denoise !== undefined && p.denoise < 1;
  if (keeps || p.control?.some(forInpainting) === true) return;
  return { model, image, strength: 1, folder };
}

type Of = { readonly family: Family; readonly variants: readonly Variant[] };

function samplingOf(usual: Sampling, { family, variants }: Of, p: RecipeParams, name: string): Sampling {
  const turbo = p.turbo === true ? family.turbo : undefined;
  const own = variants.reduce<Sampling>((s, v) => ({ ...s, ...v.sampling, ...stepsIn(v, name) }), usual);
  const base = { ...own, ...turbo };
  return {
    steps: p.steps ?? base.steps,
    cfg: p.cfg ?? base.cfg,
    sampler: p.sampler ?? base.sampler,
    scheduler: p.scheduler ?? base.scheduler,
  };
}

function stepsIn(variant: Variant, name: string): Partial<Sampling> {
  const steps = variant.stepsFromName === true ? variant.match.exec(name)?.[1] : undefined;
  return steps === undefined ? {} : { steps: Number(steps) };
}

function splitOf(family: Family, p: RecipeParams, steps: number): number {
  const turbo = p.turbo === true ? family.turbo : undefined;
  return turbo?.split !== undefined && p.steps === undefined ? turbo.split : Math.max(1, Math.round(steps / 2));
}
