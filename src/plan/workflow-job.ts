// A loaded workflow file and what is to be set in it -> a job request for one server.
import { ComfyGenError } from '../errors.ts';
import { aboutNothing, type OutputTarget } from '../jobs/job.ts';
import { stringifyJson } from '../protocol/json.ts';
import { applyRoles, heldValues, type RoleValues } from '../workflow/apply-roles.ts';
import { convertWorkflow } from '../convert/convert.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { filesBeside } from './workflow-inputs.ts';
import { setAndCheck, toRequest, withFreshDefinitions, type Known, type Planned } from './request.ts';
import { roleOptions } from './workflow-values.ts';
import type { Session } from '../cli/context.ts';
import type { Say } from '../cli/start-jobs.ts';
import { sendPictures } from './images.ts';
import type { Loaded } from './load-workflow.ts';

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
  if (file.format === 'api') return file.workflow;
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
  const beside = await filesBeside(await graphOf(session, loaded, known, say), loaded.folder, known?.info);
  const values: RoleValues = {
    ...options.values,
    ...(prompt === undefined ? {} : { prompt }),
    ...(seed === undefined ? {} : { seed }),
  };
  const applied = applyRoles(beside.workflow, values);
  for (const { role, node, input, value } of applied.changes)
    session.log.write('debug', `${role}: ${node}.${input} = ${stringifyJson(value)}`);
  const checked = await withFreshDefinitions(session, known, () => setAndCheck(session, known, applied.workflow));
  const sends = known !== undefined && !session.settings.dryRun.value;
  const files = [...options.files, ...beside.files];
  const workflow = sends ? await sendPictures(known.server, checked, files, session.signal) : checked;
  const about = { ...aboutNothing, ...heldValues(workflow) };
  return { workflow, request: toRequest(session, { workflow, row, target, about, embed: loaded.file.ui }) };
}
