// Prompt, seed and settings -> a job request for one server: recipe, graph, uploads, `--set`, and the check before anything is sent.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { aboutNothing, type JobRequest, type OutputTarget } from '../jobs/job.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import type { FileFacts } from '../recipes/detect.ts';
import { planRecipe, type PlannedRecipe } from '../recipes/plan.ts';
import type { BuiltRecipe, RecipeParams } from '../recipes/recipe.ts';
import { factsWanted } from '../recipes/resolve.ts';
import { checkWorkflow, problemsToError } from '../workflow/check.ts';
import { parseAssignment, setInputs } from '../workflow/set.ts';
import { toUiWorkflow } from '../workflow/layout.ts';
import { isLink, type Workflow } from '../workflow/workflow.ts';
import type { Given } from './generate-values.ts';
import type { Session } from './session.ts';
import { readPictures, sendPictures } from './uploads.ts';

export type Say = (text: string, kind: 'info' | 'warning') => void;

/** What is known of the server; absent in a dry run without one. */
export type Known = { readonly server: Connection; info: ObjectInfo } | undefined;

export type Planned = { readonly workflow: Workflow; readonly request: JobRequest };

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
  const request: JobRequest = {
    workflow,
    embed: toUiWorkflow(workflow, known?.info),
    output: job.target,
    row: job.row,
    previews: s.previews.value,
    allowEmpty: s.allowEmpty.value,
    stallMs: s.stallTimeout.value,
    maxDownload: s.maxDownload.value,
    saveWorkflow: s.saveWorkflow.value,
    about: { ...aboutNothing, ...built.about },
  };
  return { workflow, request };
}

function build(
  session: Session,
  known: Known,
  facts: Facts,
  params: RecipeParams,
): { built: PlannedRecipe; checked: Workflow } {
  const { recipe, checkpoint, set, force } = session.settings;
  const built = planRecipe({ params, recipe: recipe.value, checkpoint: checkpoint.value, info: known?.info, facts });
  const assignments = set.value.map(parseAssignment);
  const changed = assignments.length === 0 ? built.workflow : setInputs(built.workflow, assignments, known?.info);
  const checked = force.value ? anew(changed) : changed;
  const problems = known === undefined ? [] : checkWorkflow(checked, known.info);
  if (problems.length > 0) throw problemsToError(problems);
  return { built, checked };
}

/** Definitions from the cache may be old: what they refuse is tried once more with the server's own. */
export async function withFreshDefinitions<T>(session: Session, known: Known, attempt: () => T): Promise<T> {
  try {
    return attempt();
  } catch (error) {
    const isOld = known !== undefined && known.server.definitionsAreCached;
    if (!isOld || !(error instanceof ComfyGenError) || error.code !== 'validation') throw error;
    known.info = await known.server.objectInfo(session.signal, { fresh: true });
    return attempt();
  }
}

/** What the recipe ignores: an error where a flag or a row asked for it, a warning where a file or the environment did. */
function complain(built: BuiltRecipe, given: Given, say: Say): void {
  for (const { option, message } of built.unusable) {
    if (given.strict(option)) throw new ComfyGenError('unusable_option', message);
    say(message, 'warning');
  }
  for (const { message } of built.warnings) say(message, 'warning');
}

/** An input that no node has changes the cache key and nothing else (2.1): output nodes run again and write new files. */
function anew(workflow: Workflow): Workflow {
  const used = new Set(
    Object.values(workflow).flatMap((node) => Object.values(node.inputs).flatMap((v) => (isLink(v) ? [v[0]] : []))),
  );
  const nodes = Object.entries(workflow).map(([id, node]) => [
    id,
    used.has(id) ? node : { ...node, inputs: { ...node.inputs, comfy_gen_run: crypto.randomUUID() } },
  ]);
  return Object.fromEntries(nodes) as Workflow; // the same nodes under the same ids
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
