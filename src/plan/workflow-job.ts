// A loaded workflow and what is to be set in it -> a job for one server.
import { ComfyGenError } from '../errors.ts';
import { convertWorkflow } from '../convert/convert.ts';
import { fillPrefixes } from '../convert/fill-prefixes.ts';
import { aboutNothing } from '../jobs/job.ts';
import { keysOf, withoutKeys } from '../jobs/keys.ts';
import type { Layer } from '../options/resolve.ts';
import { stringifyJson } from '../protocol/json.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { adaptToServer } from '../workflow/adapt.ts';
import { applyRoles, heldValues, type Change, type RoleValues } from '../workflow/apply-roles.ts';
import { toUiWorkflow } from '../workflow/layout.ts';
import type { Problem, SetBy } from '../workflow/problem.ts';
import { parseAssignment, setPlaces } from '../workflow/set.ts';
import { differenceFromUi, packsOf, withTitles } from '../convert/ui-origin.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { noteLoraTags } from './a1111.ts';
import { setAndCheck, setByOptions } from './checked.ts';
import type { ImageSource } from './images.ts';
import type { PlannedJob } from './planned.ts';
import type { Style } from './styles/style.ts';
import { styledValues } from './styles/styled-workflow.ts';
import { definitionsOf, withFreshDefinitions, type Contact } from './servers.ts';
import type { JobSettings } from './settings.ts';
import type { LoadedWorkflow, Note } from './spec.ts';
import { absentFiles, filesBeside } from './workflow-inputs.ts';
import { workflowValues } from './workflow-values.ts';

export type WorkflowJob = {
  readonly settings: JobSettings;
  readonly layers: readonly Layer[];
  readonly loaded: LoadedWorkflow;
  readonly styles: readonly Style[];
  /** What becomes of the prompt before it is styled; undefined leaves it as it is. */
  readonly rewrite: ((given: string) => string) | undefined;
  /** What becomes of the prompt under the seed in force; undefined leaves what the file holds. */
  readonly prompt: ((seed: bigint) => string) | undefined;
  readonly seed: bigint | undefined;
  /** Nobody chose the seed: a graph without a place for one goes without. */
  readonly seedIsOurs: boolean;
};

type On = {
  readonly contact: Contact | undefined;
  readonly sourceOf: ImageSource;
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly note: Note;
  readonly debug: (text: string) => void;
};

/** Converts, sets what the options say, checks; sends nothing. Throws `usage`, `validation` and the converter's errors. */
export async function planWorkflowJob(job: WorkflowJob, on: On): Promise<PlannedJob> {
  const { settings: s, loaded } = job;
  const { contact } = on;
  const options = await workflowValues(s, job.layers, on);
  const info = contact?.info;
  const graph = await graphOf(loaded, contact, on);
  const adapted = info === undefined ? { workflow: graph, notes: [] } : adaptToServer(graph, info);
  const beside = await filesBeside(adapted.workflow, loaded.folder, info, on.sourceOf);
  const said: RoleValues = { ...options.values, ...promptAndSeed(job, graph, info) };
  const values = styledValues(said, job, { workflow: beside.workflow, info, note: on.note });
  const applied = applyRoles(beside.workflow, values, info);
  const isEncoded = ({ role, node }: Change): boolean =>
    role === 'prompt' && (applied.workflow[node]?.class_type ?? '').startsWith('CLIPTextEncode');
  if (applied.changes.some(isEncoded)) noteLoraTags(String(values.prompt ?? ''), on.note);
  for (const text of [...adapted.notes, ...applied.notes]) on.note(text, 'info');
  for (const { role, node, input, value } of applied.changes)
    on.debug(`${role}: ${node}.${input} = ${stringifyJson(value)}`);
  const set = s.set.value.map(parseAssignment);
  const { ui } = loaded.file;
  const packs = ui === undefined ? undefined : packsOf(ui);
  const uploads = [...options.uploads, ...beside.uploads];
  const missing = (sent: Workflow): Promise<readonly Problem[]> => absentFiles(sent, uploads, on);
  const setBy = (): SetBy[] => [...setByOptions(s, applied.changes), ...setPlaces(applied.workflow, set)];
  const checked = await withFreshDefinitions(contact, on.signal, () =>
    setAndCheck(applied.workflow, { set, force: on.force, packs, setBy, missing }, contact?.info),
  );
  const workflow = fillPrefixes(checked);
  return {
    workflow,
    about: { ...aboutNothing, ...heldValues(workflow, info), prompt_given: givenPrompt(said, values, graph, info) },
    uploads,
    setBy,
    // the file's own drawing shows the values that ran only if nothing was changed
    embed: (sent) => (isUnchanged(sent, graph) ? ui : ui && toUiWorkflow(sent, info)),
    ...bodyOf(loaded, contact, on.note),
    name: s.name.value,
  };
}

/** What a request's body holds beside the graph. Its keys, too, do not go to a server that only a project's file names. */
function bodyOf(
  { file, name }: LoadedWorkflow,
  contact: Contact | undefined,
  note: Note,
): Pick<PlannedJob, 'extraData' | 'queueing'> {
  if (file.format !== 'api') return {};
  const { extraData, queueing } = file;
  const namedBy = contact?.server.namedBy;
  if (extraData === undefined || namedBy === undefined || keysOf(extraData).length === 0)
    return { extraData, queueing };
  note(`the key in ${name} is not sent: only ${namedBy} names this server (set COMFY_GEN_HOST)`, 'warning');
  return { extraData: withoutKeys(extraData), queueing };
}

/** The file as a graph for this server. */
export async function graphOf(
  { file, name }: LoadedWorkflow,
  contact: Contact | undefined,
  { signal, note }: Pick<On, 'signal' | 'note'>,
): Promise<Workflow> {
  if (file.format === 'api') {
    const difference = file.ui === undefined ? undefined : differenceFromUi(file.workflow, file.ui, contact?.info);
    if (difference !== undefined) note(`${name}: ${difference}`, 'info');
    if (contact?.infoError !== undefined && contact.infoError.reason !== 'not_offered')
      note(`${contact.infoError.message}: ${name} is sent unchecked`, 'warning');
    return file.ui === undefined ? file.workflow : withTitles(file.workflow, file.ui);
  }
  if (contact === undefined) {
    throw new ComfyGenError(
      'connection_failed',
      `${name} must be converted, which needs the node definitions of a server`,
      { hint: 'start the server, or save the workflow in API format' },
    );
  }
  const converted = await withFreshDefinitions(contact, signal, () => convertWorkflow(file.ui, definitionsOf(contact)));
  for (const warning of converted.warnings) note(warning, 'warning');
  return converted.workflow;
}

/** What the styles stand around; null where nothing does. */
function givenPrompt(
  said: RoleValues,
  values: RoleValues,
  graph: Workflow,
  info: ObjectInfo | undefined,
): string | null {
  if (values.prompt === said.prompt) return null;
  return said.prompt === undefined ? heldValues(graph, info).prompt : String(said.prompt);
}

function promptAndSeed(
  { prompt, seed, seedIsOurs }: WorkflowJob,
  graph: Workflow,
  info: ObjectInfo | undefined,
): RoleValues {
  const held = heldValues(graph, info).seed;
  const own = seedIsOurs && held === null ? undefined : seed;
  return {
    ...(prompt === undefined ? {} : { prompt: prompt(own ?? BigInt(held ?? 0)) }),
    ...(own === undefined ? {} : { seed: own }),
  };
}

const isUnchanged = (a: Workflow, b: Workflow): boolean => a === b || stringifyJson(a) === stringifyJson(b);
