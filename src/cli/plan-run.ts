// A loaded workflow file and what is to be set in it -> a job request for one server.
import { ComfyGenError } from '../errors.ts';
import { aboutNothing, type OutputTarget } from '../jobs/job.ts';
import { stringifyJson } from '../protocol/json.ts';
import { applyRoles, heldValues, type RoleValues } from '../workflow/apply-roles.ts';
import { convertWorkflow } from '../convert/convert.ts';
import { adaptToServer } from '../workflow/adapt.ts';
import { differenceFromUi, packsOf } from '../workflow/ui-origin.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { filesBeside } from './beside-uploads.ts';
import { setAndCheck, toRequest, withFreshDefinitions, type Known, type Planned } from './request.ts';
import { roleOptions } from './role-options.ts';
import type { Session } from './session.ts';
import type { Say } from './start-jobs.ts';
import { sendPictures } from './uploads.ts';
import type { Loaded } from './workflow-file.ts';

export type RunJob = {
  readonly loaded: Loaded;
  /** Undefined leaves what the file holds. */
  readonly prompt: string | undefined;
  readonly seed: bigint | undefined;
  readonly target: OutputTarget | undefined;
  readonly row: number;
};

/** The file as a graph for this server. Throws `bad_workflow` and the converter's errors. */
export async function graphOf(session: Session, { file, name }: Loaded, known: Known, say: Say): Promise<Workflow> {
  if (file.format === 'api') {
    const difference = file.ui === undefined ? undefined : differenceFromUi(file.workflow, file.ui, known?.info);
    if (difference !== undefined) say(`${name}: ${difference}`, 'info');
    return file.workflow;
  }
  if (known === undefined) {
    const hint = 'start the server, or save the workflow in API format';
    throw new ComfyGenError(
      'connection_failed',
      `${name} must be converted, which needs the node definitions of a server`,
      { hint },
    );
  }
  const { workflow, warnings } = await withFreshDefinitions(session, known, () => convertWorkflow(file.ui, known.info));
  for (const warning of warnings) say(warning, 'warning');
  return workflow;
}

/** Converts, sets what the options say, checks. Pictures and files beside it are uploaded unless it is a dry run. */
export async function planRun(session: Session, known: Known, job: RunJob, say: Say): Promise<Planned> {
  const { loaded, prompt, seed, target, row } = job;
  const options = await roleOptions(session);
  const graph = await graphOf(session, loaded, known, say);
  const adapted = known === undefined ? { workflow: graph, notes: [] } : adaptToServer(graph, known.info);
  const beside = await filesBeside(adapted.workflow, loaded.folder, known?.info);
  const values: RoleValues = {
    ...options.values,
    ...(prompt === undefined ? {} : { prompt }),
    ...(seed === undefined ? {} : { seed }),
  };
  const applied = applyRoles(beside.workflow, values, known?.info);
  for (const note of [...adapted.notes, ...applied.notes]) say(note, 'info');
  for (const { role, node, input, value } of applied.changes)
    session.log.write('debug', `${role}: ${node}.${input} = ${stringifyJson(value)}`);
  const packs = loaded.file.ui === undefined ? undefined : packsOf(loaded.file.ui);
  const checked = await withFreshDefinitions(session, known, () =>
    setAndCheck(session, known, applied.workflow, packs),
  );
  const sends = known !== undefined && !session.settings.dryRun.value;
  const files = [...options.files, ...beside.files];
  const workflow = sends ? await sendPictures(known.server, checked, files, session.signal) : checked;
  const about = { ...aboutNothing, ...heldValues(workflow, known?.info) };
  return { workflow, request: toRequest(session, { workflow, row, target, about, embed: loaded.file.ui }) };
}
