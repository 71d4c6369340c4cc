// Prompt, seed and settings -> a job for one server by a recipe: model, graph, images, set inputs, and the check before anything is sent.
import { ComfyGenError } from '../errors.ts';
import { aboutNothing, type About } from '../jobs/job.ts';
import type { Layer } from '../options/resolve.ts';
import { looksAtPictures } from '../recipes/around.ts';
import { planRecipe, type PlannedRecipe } from '../recipes/plan.ts';
import type { RecipeParams } from '../recipes/recipe.ts';
import { optionOf } from '../recipes/usable.ts';
import { stringifyJson } from '../protocol/json.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { heldValues, type Held } from '../workflow/apply-roles.ts';
import { toUiWorkflow } from '../workflow/layout.ts';
import { findRoles, roleNames } from '../workflow/roles.ts';
import { parseAssignment, setPlaces, type Assignment } from '../workflow/set.ts';
import type { Problem, SetBy } from '../workflow/problem.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { noteLoraTags, samplingNames } from './a1111.ts';
import { setAndCheck, setByOptions } from './checked.ts';
import { readImages, readSize, seePictures, type ImageSource } from './images.ts';
import { checkLoras } from './loras/check-loras.ts';
import type { LoraFacts } from './loras/read-loras.ts';
import type { Facts } from './model-facts.ts';
import type { PlannedJob } from './planned.ts';
import { recipeInput, type RecipeInput } from './recipe-params.ts';
import { withFreshDefinitions, type Contact } from './servers.ts';
import type { JobSettings } from './settings.ts';
import type { Note } from './spec.ts';
import { absentFiles } from './workflow-inputs.ts';

/** A prompt as it was asked for, and as it is sent: styles may stand around it. */
export type Words = { readonly given: string; readonly sent: string };

export type RecipeJob = {
  readonly settings: JobSettings;
  readonly layers: readonly Layer[];
  readonly prompt: Words;
  readonly seed: bigint;
};

type On = {
  readonly contact: Contact | undefined;
  readonly facts: Facts;
  readonly loraFacts: (names: readonly string[]) => Promise<ReadonlyMap<string, LoraFacts>>;
  readonly sourceOf: ImageSource;
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly note: Note;
};

/** Plans without sending anything. Throws `usage` and `validation`. */
export async function planRecipeJob(job: RecipeJob, on: On): Promise<PlannedJob> {
  const { settings: s, layers, seed } = job;
  const prompt = job.prompt.sent;
  const { contact, facts, note } = on;
  const input = recipeInput(s, layers);
  const images = await readImages(input.params, on.sourceOf, { note });
  noteLoraTags(prompt, note);
  const names = samplingNames(input.params, note);
  const aspect = input.sizeFrom === undefined ? {} : { aspect: await readSize(input.sizeFrom, on.sourceOf) };
  const seen = looksAtPictures(input.params) ? { seen: await seePictures(input.params, on.sourceOf) } : {};
  const params: RecipeParams = { ...input.params, ...aspect, ...seen, ...names, ...images.params, prompt, seed };
  const set = s.set.value.map(parseAssignment);
  const { built, setBy, workflow } = await withFreshDefinitions(contact, on.signal, async () => {
    const info = contact?.info;
    const recipe = planRecipe({ params, recipe: s.recipe.value, checkpoint: s.checkpoint.value, info, facts });
    const missing = (graph: Workflow): Promise<readonly Problem[]> => absentFiles(graph, images.uploads, on);
    const setBy = (): SetBy[] => setByAll(s, recipe.workflow, set, info);
    const changes = { set, force: on.force, setBy, missing };
    return { built: recipe, setBy, workflow: await setAndCheck(recipe.workflow, changes, info) };
  });
  const takesLoras = !built.unusable.some(({ option }) => option === 'loras');
  const loras = takesLoras ? (params.loras ?? []) : [];
  const told = await on.loraFacts(loras.map(({ file }) => file));
  checkLoras({ loras, facts: told, recipe: built.recipe, prompt, force: s.forceLora.value === true, note });
  for (const text of built.notes) note(text, 'info');
  complain(built, input, note);
  return {
    workflow,
    about: {
      ...aboutOf(built, params),
      ...(set.length === 0 ? {} : changedBySet(built.workflow, workflow, contact?.info)),
      prompt_given: job.prompt.given === prompt ? null : job.prompt.given,
    },
    uploads: images.uploads,
    setBy,
    embed: (sent) => toUiWorkflow(sent, contact?.info),
    besides: built.maps,
    name: s.name.value,
  };
}

/** Which options set which inputs of a recipe's graph. */
function setByAll(s: JobSettings, graph: Workflow, set: readonly Assignment[], info: ObjectInfo | undefined): SetBy[] {
  const roles = findRoles(graph, info);
  const places = roleNames.flatMap((role) => roles[role].map((place) => ({ ...place, role })));
  return [...setByOptions(s, places), ...setPlaces(graph, set)];
}

/** Of what results report, the values that `set` changed: they are what is sent. */
function changedBySet(before: Workflow, after: Workflow, info: ObjectInfo | undefined): Partial<Held> {
  const was = heldValues(before, info);
  const is = Object.entries(heldValues(after, info));
  const isChanged = (key: string, value: unknown): boolean =>
    stringifyJson(value) !== stringifyJson(was[key as keyof Held]); // the same keys
  return Object.fromEntries(is.filter(([key, value]) => isChanged(key, value)));
}

/** What the recipe cannot use: an error where it was asked for, a warning where a file or the environment holds it. */
function complain(built: PlannedRecipe, input: RecipeInput, note: Note): void {
  for (const { option, message } of built.unusable) {
    if (input.isAskedFor(option)) throw new ComfyGenError('unusable_option', message, { option: optionOf(option) });
    note(`${optionOf(option)} ${message}`, 'warning');
  }
  for (const { message } of built.warnings) note(message, 'warning');
}

function aboutOf(built: PlannedRecipe, params: RecipeParams): About {
  const { cfg, sampler, scheduler, denoise } = built.effective;
  return {
    ...aboutNothing,
    ...built.about,
    cfg: cfg ?? null,
    sampler: sampler ?? null,
    scheduler: scheduler ?? null,
    denoise: denoise ?? (sampler === undefined ? null : 1),
    loras: (params.loras ?? []).map(({ file, strength, clip }) => ({
      name: file,
      strength,
      ...(clip === undefined ? {} : { clip }),
    })),
  };
}
