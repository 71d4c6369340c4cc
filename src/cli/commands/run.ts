// `comfy-gen run <file>`: any workflow, as it is but for what the options say.
import { randomSeed } from '../../client.ts';
import { ComfyGenError } from '../../errors.ts';
import { heldValues } from '../../workflow/apply-roles.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import { meet, planAnywhere } from '../../plan/servers.ts';
import { graphOf, planRun } from '../../plan/workflow-job.ts';
import type { Planned } from '../../plan/request.ts';
import { roleOptions } from '../../plan/workflow-values.ts';
import { runParameters } from '../run-parameters.ts';
import type { Session } from '../context.ts';
import { checkWait, countedSeeds, sayTo, startJobs } from '../start-jobs.ts';
import { outputTarget } from '../output-target.ts';
import { sayUnused } from '../../options/standing.ts';
import { dynamicPrompts } from '../../plan/prompts.ts';
import { describeFile, loadAny, loadWorkflow } from '../../plan/load-workflow.ts';

export async function run(session: Session): Promise<number> {
  const { settings: s } = session;
  checkWait(session);
  const isTemplate = session.words[0]?.startsWith('template:') === true;
  const local = isTemplate ? undefined : await loadAny(session, noServer); // a bad file is found before any server is asked
  if (local !== undefined && 'parameters' in local) return runParameters(session, local);
  await roleOptions(session);
  const prompts = await dynamicPrompts(session);
  const target = await outputTarget(session, s.dryRun.value || !s.wait.value);
  const say = sayTo(session);
  const known = await meet(session, say);
  const loaded = local ?? (await loadWorkflow(session, () => known?.server ?? noServer()));
  say(describeFile(loaded), 'info');
  sayUnused(session, loaded.name, [], say);
  const graph = await graphOf(session, loaded, known, say);
  const planned: Planned[] = [];
  for (const { text, seed } of jobsOf(session, graph)) {
    const held = seed ?? BigInt(heldValues(graph).seed ?? 0);
    const prompt = text === undefined ? undefined : prompts.resolve(text, held);
    const job = { loaded, prompt, seed, target, row: planned.length + 1 };
    planned.push(await planAnywhere(known, (one) => planRun(session, one, job, say)));
  }
  return startJobs(session, known, planned);
}

function noServer(): never {
  throw new ComfyGenError('connection_failed', 'a template comes from the server, and there is none');
}

type Chosen = { readonly text: string | undefined; readonly seed: bigint | undefined };

/** One a prompt and a seed. A seed that the file holds stays, unless `--seed` or `--count` asks for others. */
function jobsOf(session: Session, graph: Workflow): Chosen[] {
  const { prompt, seed, count } = session.settings;
  const given = seed.layer?.source === 'flag' || seed.layer?.source === 'row';
  const prompts: readonly (string | undefined)[] = prompt.value;
  const texts = prompts.length === 0 ? [undefined] : prompts;
  return texts.flatMap((text): Chosen[] => {
    if (!given && count.value === 1) return [{ text, seed: undefined }];
    return countedSeeds(session, firstSeed(given ? seed.value : undefined, graph)).map((n) => ({ text, seed: n }));
  });
}

function firstSeed(given: bigint | string | undefined, graph: Workflow): bigint {
  if (typeof given === 'bigint') return given;
  const held = given === undefined ? heldValues(graph).seed : null;
  return held === null ? randomSeed() : BigInt(held);
}
