// From what the user asked for and what the server has to a graph ready to send: model, recipe, names, graph.
import { ComfyGenError } from '../errors.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { closest } from '../text/closest.ts';
import { buildRecipe, recipeRow } from './build.ts';
import type { FileFacts } from './detect.ts';
import type { BuiltRecipe, Control, ParamName, RecipeParams } from './recipe.ts';
import { findForPhotos } from './found.ts';
import { resolveRecipe, type Resolved } from './resolve.ts';
import { notRunnable, type Missing } from './runnable.ts';
import { filesIn, spelled, type Server } from './server-files.ts';
import { optionOf } from './usable.ts';

export type PlanQuestion = {
  readonly params: RecipeParams;
  readonly recipe?: string | undefined;
  readonly checkpoint?: string | undefined;
  /** The server's node definitions, whose loaders list its files; absent: no server answered. */
  readonly info?: ObjectInfo | undefined;
  /** Folder -> files, instead of what the definitions list. */
  readonly lists?: Readonly<Record<string, readonly string[]>> | undefined;
  /** What the server answered to `factsWanted`, by `folder/file`. */
  readonly facts?: ReadonlyMap<string, FileFacts> | undefined;
};

export type PlannedRecipe = BuiltRecipe &
  Pick<Resolved, 'checkpoint'> & {
    readonly about: {
      readonly recipe: string;
      readonly checkpoint: string;
      readonly prompt: string;
      readonly negative: string;
      readonly seed: string;
      readonly width: number | null;
      readonly height: number | null;
      readonly steps: number | null;
    };
  };

/**
 * Plans one job. `notes` and `warnings` are to be said aloud, `unusable` is an error or a warning by where the value
 * came from. Where `factsWanted` names a file, ask the server about it first: its name does not tell the family.
 * Throws `missing_model`, `not_runnable`, `unknown_recipe`, `unusable_option`.
 */
export function planRecipe(question: PlanQuestion): PlannedRecipe {
  const { info, lists } = question;
  const server = info === undefined ? undefined : { info, lists };
  const resolved = resolveRecipe({ ...question, server });
  const missing = [...resolved.missing, ...missingTurbo(question.params, resolved, server)];
  const family = recipeRow(resolved.recipe);
  if (missing.length > 0) throw notRunnable(family, missing, resolved.files);
  const found =
    server === undefined ? { ...question, files: {}, notes: [] } : findForPhotos(family, question.params, server);
  const params = server === undefined ? question.params : spellNames(found.params, server);
  const built = buildRecipe(resolved.recipe, params, {
    files: { ...resolved.files, ...found.files },
    complete: server !== undefined,
    info,
  });
  const { width, height, steps } = built.effective;
  return {
    ...built,
    checkpoint: resolved.checkpoint,
    notes: [...resolved.notes, ...found.notes, ...built.notes],
    about: {
      recipe: built.recipe,
      checkpoint: resolved.checkpoint,
      prompt: params.prompt,
      negative: params.negative ?? '',
      seed: String(params.seed),
      width: width ?? null,
      height: height ?? null,
      steps: steps ?? null,
    },
  };
}

function missingTurbo(params: RecipeParams, resolved: Resolved, server: Server | undefined): readonly Missing[] {
  const family = recipeRow(resolved.recipe);
  if (server === undefined || params.turbo !== true || family.turbo === undefined) return [];
  return family.files
    .filter((file) => file.folder === 'loras' && resolved.files[file.role] === undefined)
    .map((file) => ({ what: 'file', role: file.role, folder: file.folder, name: file.names[0] ?? '' }));
}

const controlFolders = ['controlnet', 'model_patches'] as const;

const placed = (control: Control, model: string, server: Server): Control => ({
  ...control,
  model,
  folder: controlFolders.find((folder) => filesIn(server, folder).includes(model)),
});

/** Names of LoRAs, VAE, ControlNets, upscale model and refiner as the server spells them. */
function spellNames(params: RecipeParams, server: Server): RecipeParams {
  const spell = (option: ParamName, name: string, ...folders: readonly string[]): string => {
    const available = folders.flatMap((folder) => filesIn(server, folder));
    const found = spelled(name, available);
    if (found !== undefined) return found;
    const near = closest(name, available, 5);
    const listed = near.length > 0 ? near : available.slice(0, 5);
    throw new ComfyGenError(
      'missing_model',
      `names ${name}, which the server does not have in models/${folders.join(' or ')}`,
      {
        option: optionOf(option),
        hint: listed.length === 0 ? 'there is no file in that folder' : `it has ${listed.join(', ')}`,
      },
    );
  };
  const { loras, vae, control, upscale, refiner } = params;
  return {
    ...params,
    loras: loras?.map((lora) => ({ ...lora, file: spell('loras', lora.file, 'loras') })),
    vae: vae === undefined ? undefined : spell('vae', vae, 'vae'),
    control: control?.map((c) =>
      c.model === undefined ? c : placed(c, spell('control', c.model, ...controlFolders), server),
    ),
    upscale: upscale === undefined ? undefined : spell('upscale', upscale, 'upscale_models'),
    refiner: refiner === undefined ? undefined : spell('refiner', refiner, 'checkpoints'),
  };
}
