// Recipe + parameters + files -> graph. Pure: the same in, the same out, with or without a server's definitions.
import { ComfyGenError } from '../errors.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { closest } from '../text/closest.ts';
import { unshifted } from './control.ts';
import { familyNames, findFamily, splitName } from './families.ts';
import type { Family } from './family.ts';
import { fitTo } from './fit.ts';
import { Graph } from './graph.ts';
import type { Plan } from './recipe-plan.ts';
import { decideValues } from './values.ts';
import type { BuiltRecipe, Effective, ModelFiles, RecipeParams } from './recipe.ts';
import { animated } from './shapes/animate.ts';
import { cascade } from './shapes/cascade.ts';
import { encode } from './shapes/encode.ts';
import { loadParts } from './shapes/load.ts';
import { enlarged } from './shapes/enlarge.ts';
import { savedMaps } from './shapes/control-map.ts';
import { estimated, mesh, restored, upscaled } from './shapes/picture-in.ts';
import { refined } from './shapes/refiner.ts';
import { advanced, custom, simple, stages, type Shape } from './shapes/sample.ts';
import { save } from './shapes/save.ts';
import { loadSource } from './source-image.ts';

type BuildWith = {
  readonly files?: ModelFiles;
  /** The files are all that the server has for it: no usual names are added. */
  readonly complete?: boolean;
  readonly info?: ObjectInfo | undefined;
};

/**
 * Builds the graph of a recipe. Files that are not named are the row's usual ones. Given parameters that the recipe
 * cannot use are left out of the graph and listed in `unusable`: the caller knows where they came from.
 * Throws `unknown_recipe`, and `unusable_option` when a picture is missing without which there is no graph.
 */
export function buildRecipe(recipe: string, params: RecipeParams, using: BuildWith = {}): BuiltRecipe {
  const { files = {}, complete = false, info } = using;
  const family = recipeRow(recipe);
  const whole = complete ? files : usualFiles(family, files, splitName(recipe).checkpoint);
  const { plan, notes, warnings, unusable } = decideValues(family, forPictures(family, whole, params), params);
  const g = new Graph();
  draw(g, plan);
  const workflow = info === undefined ? g.workflow : fitTo(g.workflow, info);
  const effective = effectiveOf(plan);
  return {
    workflow,
    recipe: family.name,
    files: plan.files,
    effective,
    maps: savedMaps(workflow),
    notes,
    warnings,
    unusable,
  };
}

/** The row of a recipe that can be built; throws `unknown_recipe` with the closest names. */
export function recipeRow(recipe: string): Family {
  const family = findFamily(recipe);
  if (family !== undefined && family.kind !== 'part') return family;
  if (family !== undefined) throw new ComfyGenError('unknown_recipe', `${recipe} is no recipe: ${family.note ?? ''}`);
  const near = closest(recipe, familyNames());
  throw new ComfyGenError('unknown_recipe', `there is no recipe ${recipe}`, {
    hint: near.length === 0 ? undefined : `did you mean ${near.join(', ')}?`,
  });
}

/** What was named, and the row's first name for every other role. A checkpoint holds encoder and VAE itself. */
function usualFiles(family: Family, named: ModelFiles, checkpoint: boolean): ModelFiles {
  if (family.loader === 'split' && (checkpoint || named['checkpoint'] !== undefined)) {
    const turbo = family.files.filter((file) => file.folder === 'loras');
    const first = family.files[0]?.names[0] ?? '';
    return { checkpoint: first, ...defaultsOf(turbo), ...named };
  }
  const first = family.files[0]?.role ?? '';
  const settled = named[first] !== undefined;
  return { ...defaultsOf(family.files.filter((file) => !settled || file.instead === undefined)), ...named };
}

/** With pictures, the model that is made for them, where the row has one and no other was named. */
function forPictures(family: Family, files: ModelFiles, params: RecipeParams): ModelFiles {
  const instead = family.files.find((file) => file.instead === 'with pictures');
  const file = instead === undefined ? undefined : files[instead.role];
  if (file === undefined || (params.images ?? []).length === 0) return files;
  return { ...files, [family.files[0]?.role ?? '']: file };
}

const defaultsOf = (rows: Family['files']): ModelFiles =>
  Object.fromEntries(rows.map((file) => [file.role, file.names[0] ?? '']));

const shapes: Readonly<Partial<Record<Family['shape'], Shape>>> = { simple, custom, advanced, stages };
const wholeShapes: Readonly<Partial<Record<Family['shape'], (g: Graph, plan: Plan) => void>>> = {
  mesh,
  animate: animated,
  estimate: estimated,
  upscale: upscaled,
  restore: restored,
};

function draw(g: Graph, plan: Plan): void {
  const alone = wholeShapes[plan.family.shape];
  if (alone !== undefined) {
    alone(g, plan);
    return;
  }
  if (plan.task === 'upscale') {
    enlarged(g, plan);
    return;
  }
  const cascading = plan.family.shape === 'cascade';
  const loaded = loadSource(g, plan);
  const parts = loadParts(g, plan, loaded.extent);
  const source = cascading ? { ...loaded, extent: { width: plan.width / 2, height: plan.height / 2 } } : loaded;
  const encoded = encode(g, plan, parts, source);
  const from = { parts, encoded, extent: source.extent, part: source.part };
  if (cascading) cascade(g, plan, parts, encoded);
  else if (plan.refiner !== undefined) refined(g, plan, from, plan.refiner);
  else save(g, plan, from, (shapes[plan.family.shape] ?? simple)(g, plan, from));
}

function effectiveOf(plan: Plan): Effective {
  const { family, task, sampling } = plan;
  const has = (what: Family['takes'][number]): boolean => family.takes.includes(what);
  const { encoder } = family;
  const madeByEncoder = encoder?.sized === 'given' || encoder?.latent?.when === 'pictures';
  const takesPictures = family.edit?.latent !== 'own' || madeByEncoder;
  const fromPicture = plan.images.length > 0 && family.kind === 'image' && !plan.sizeGiven && takesPictures;
  const sized =
    plan.enlarge !== undefined ||
    (has('size') &&
      plan.around === undefined &&
      !(task === 'img2img' || task === 'inpaint' ? !plan.sizeGiven : fromPicture));
  const starts = task === 'img2img' || task === 'inpaint';
  const final = plan.enlarge?.to ?? plan.crop ?? plan.second ?? plan;
  return {
    task,
    width: sized ? final.width : undefined,
    height: sized ? final.height : undefined,
    steps: sampling.steps,
    cfg: has('cfg') ? sampling.cfg : undefined,
    sampler: sampling.sampler,
    scheduler: family.schedule === undefined || has('scheduler') ? sampling.scheduler : family.schedule.class,
    guidance: plan.guidance,
    shift: plan.shift ?? (unshifted(plan) ? undefined : shiftOf(family)),
    denoise: starts ? plan.denoise : undefined,
    frames: family.frames === undefined ? undefined : plan.frames,
    fps: family.frames === undefined ? undefined : plan.fps,
    seconds: family.frames === undefined && family.seconds === undefined ? undefined : plan.seconds,
  };
}

function shiftOf(family: Family): number | undefined {
  const value = family.patches?.find((patch) => patch.shift === true)?.inputs?.['shift'];
  return typeof value === 'number' ? value : undefined;
}
