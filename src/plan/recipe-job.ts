// Prompt, seed and settings -> a job request for one server: recipe, graph, uploads, `--set`, and the check before anything is sent.
import { isRecord } from '../protocol/json.ts';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { aboutNothing, type OutputTarget } from '../jobs/job.ts';
import type { FileFacts } from '../recipes/detect.ts';
import { planRecipe, type PlannedRecipe } from '../recipes/plan.ts';
import type { BuiltRecipe, RecipeParams } from '../recipes/recipe.ts';
import { factsWanted } from '../recipes/resolve.ts';
import { optionOf } from '../recipes/usable.ts';
import { toUiWorkflow } from '../workflow/layout.ts';
import type { Workflow } from '../workflow/workflow.ts';
import type { Given } from './recipe-params.ts';
import { setAndCheck, toRequest, withFreshDefinitions, type Known, type Planned } from './request.ts';
import type { Session } from '../cli/context.ts';
import type { Say } from '../cli/start-jobs.ts';
import { readPictures, sendPictures } from './images.ts';

export type { Known, Planned } from './request.ts';
export type { Say } from '../cli/start-jobs.ts';

export type Facts = ReadonlyMap<string, FileFacts>;

/** What the server must be asked before a model's family is known; empty mostly. */
export async function modelFacts(session: Session, known: Known): Promise<Facts> {
  const { checkpoint, recipe } = session.settings;
  const facts = new Map<string, FileFacts>();
  if (known === undefined) return facts;
  const wanted = factsWanted({ recipe: recipe.value, checkpoint: checkpoint.value, server: { info: known.info } });
  if (wanted !== undefined)
    facts.set(
      `${wanted.folder}/${wanted.file}`,
      await askFacts(known.server, wanted.folder, wanted.file, session.signal),
    );
  return facts;
}

/** What the server tells of a file whose name says nothing; a failure is "not known" (500 for what is no safetensors). */
async function askFacts(server: Connection, folder: string, file: string, signal: AbortSignal): Promise<FileFacts> {
  const metadata = await server.peek(`/view_metadata/${folder}?filename=${encodeURIComponent(file)}`, signal);
  if (isRecord(metadata) && 'modelspec.architecture' in metadata) return { metadata, size: null };
  const listed = await server.peek(`/experiment/models/${folder}`, signal);
  const entry = Array.isArray(listed)
    ? (listed as unknown[]).find((f) => isRecord(f) && f['name'] === file)
    : undefined;
  const size = isRecord(entry) && typeof entry['size'] === 'number' ? entry['size'] : null;
  return { metadata: isRecord(metadata) ? metadata : null, size };
}

/** Builds, sets and checks one job. Pictures are uploaded unless it is a dry run. */
export async function planJob(
  session: Session,
  known: Known,
  facts: Facts,
  given: Given,
  job: {
    readonly prompt: string;
    readonly seed: bigint;
    readonly row: number;
    readonly target: OutputTarget | undefined;
  },
  say: Say,
): Promise<Planned> {
  const { settings: s } = session;
  const pictures = await readPictures(session, given.params);
  const params = { ...given.params, ...pictures.params, prompt: job.prompt, seed: job.seed };
  const { built, checked } = await withFreshDefinitions(session, known, () => build(session, known, facts, params));
  for (const note of built.notes) say(note, 'info');
  complain(built, given, say);
  const sends = known !== undefined && !s.dryRun.value;
  const workflow = sends ? await sendPictures(known.server, checked, pictures.files, session.signal) : checked;
  const request = toRequest(session, {
    workflow,
    embed: toUiWorkflow(workflow, known?.info),
    target: job.target,
    row: job.row,
    about: { ...aboutNothing, ...built.about },
  });
  return { workflow, request };
}

function build(
  session: Session,
  known: Known,
  facts: Facts,
  params: RecipeParams,
): { built: PlannedRecipe; checked: Workflow } {
  const { recipe, checkpoint } = session.settings;
  const built = planRecipe({ params, recipe: recipe.value, checkpoint: checkpoint.value, info: known?.info, facts });
  return { built, checked: setAndCheck(session, known, built.workflow) };
}

/** What the recipe ignores: an error where a flag or a row asked for it, a warning where a file or the environment did. */
function complain(built: BuiltRecipe, given: Given, say: Say): void {
  for (const { option, message } of built.unusable) {
    if (given.strict(option)) throw new ComfyGenError('unusable_option', message, { option: optionOf(option) });
    say(`${optionOf(option)} ${message}`, 'warning');
  }
  for (const { message } of built.warnings) say(message, 'warning');
}
