// `comfy-gen run <file>`: any workflow, as it is but for what the options say.
import { randomSeed } from '../../comfyui-client.ts';
import { ComfyGenError } from '../../errors.ts';
import { aboutNothing, type OutputTarget } from '../../jobs/job.ts';
import { stringifyJson } from '../../protocol/json.ts';
import { applyRoles, heldValues, type RoleValues } from '../../workflow/apply-roles.ts';
import { convertWorkflow } from '../../workflow/convert.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import { filesBeside } from '../beside-uploads.ts';
import { meet } from '../meet.ts';
import { runParameters } from '../run-parameters.ts';
import { setAndCheck, toRequest, withFreshDefinitions, type Known, type Planned } from '../request.ts';
import { roleOptions } from '../role-options.ts';
import type { Session } from '../session.ts';
import { checkWait, countedSeeds, sayTo, startJobs, type Say } from '../start-jobs.ts';
import { outputTarget } from '../targets.ts';
import { sayUnused } from '../unused-defaults.ts';
import { sendPictures, type Picture } from '../uploads.ts';
import { describeFile, loadAny, loadWorkflow, type Loaded } from '../workflow-file.ts';

export async function run(session: Session): Promise<number> {
  const { settings: s } = session;
  checkWait(session);
  const isTemplate = session.words[0]?.startsWith('template:') === true;
  const local = isTemplate ? undefined : await loadAny(session, noServer); // a bad file is found before any server is asked
  if (local !== undefined && 'parameters' in local) return runParameters(session, local);
  const options = await roleOptions(session);
  const target = await outputTarget(session, s.dryRun.value || !s.wait.value);
  const say = sayTo(session);
  const known = await meet(session, say);
  const loaded = local ?? (await loadWorkflow(session, () => known?.server ?? noServer()));
  say(describeFile(loaded), 'info');
  sayUnused(session, loaded.name, [], say);
  const graph = await graphOf(session, loaded, known, say);
  const beside = await filesBeside(graph, loaded.folder, known?.info);
  const files = [...options.files, ...beside.files];
  const planned: Planned[] = [];
  for (const values of jobsOf(session, beside.workflow, options.values)) {
    planned.push(
      await plan(session, known, { graph: beside.workflow, values, files, loaded, target, row: planned.length + 1 }),
    );
  }
  return startJobs(session, known, planned);
}

function noServer(): never {
  throw new ComfyGenError('connection_failed', 'a template comes from the server, and there is none');
}

async function graphOf(session: Session, { file, name }: Loaded, known: Known, say: Say): Promise<Workflow> {
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

/** One a prompt and a seed. A seed that the file holds stays, unless `--seed` or `--count` asks for others. */
function jobsOf(session: Session, graph: Workflow, values: RoleValues): RoleValues[] {
  const { prompt, seed, count } = session.settings;
  const given = seed.layer?.source === 'flag' || seed.layer?.source === 'row';
  const prompts: readonly (string | undefined)[] = prompt.value;
  const texts = prompts.length === 0 ? [undefined] : prompts;
  return texts.flatMap((text) => {
    const withText = text === undefined ? values : { ...values, prompt: text };
    if (!given && count.value === 1) return [withText];
    return countedSeeds(session, firstSeed(given ? seed.value : undefined, graph)).map((n) => ({
      ...withText,
      seed: n,
    }));
  });
}

function firstSeed(given: bigint | string | undefined, graph: Workflow): bigint {
  if (typeof given === 'bigint') return given;
  const held = given === undefined ? heldValues(graph).seed : null;
  return held === null ? randomSeed() : BigInt(held);
}

type Job = {
  readonly graph: Workflow;
  readonly values: RoleValues;
  readonly files: readonly Picture[];
  readonly loaded: Loaded;
  readonly target: OutputTarget | undefined;
  readonly row: number;
};

async function plan(
  session: Session,
  known: Known,
  { graph, values, files, loaded, target, row }: Job,
): Promise<Planned> {
  const applied = applyRoles(graph, values);
  for (const { role, node, input, value } of applied.changes)
    session.log.write('debug', `${role}: ${node}.${input} = ${stringifyJson(value)}`);
  const checked = await withFreshDefinitions(session, known, () => setAndCheck(session, known, applied.workflow));
  const sends = known !== undefined && !session.settings.dryRun.value;
  const workflow = sends ? await sendPictures(known.server, checked, files, session.signal) : checked;
  const about = { ...aboutNothing, ...heldValues(workflow) };
  return { workflow, request: toRequest(session, { workflow, row, target, about, embed: loaded.file.ui }) };
}
