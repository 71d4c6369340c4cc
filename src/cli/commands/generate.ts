// `comfy-gen <prompt>`: builds a recipe, submits, watches, downloads.
import { givenParams } from '../generate-values.ts';
import { modelFacts, planJob, type Planned } from '../plan-job.ts';
import { readPrompts } from '../prompts.ts';
import type { Session } from '../session.ts';
import { checkWait, countedSeeds, meet, refuseUnbuilt, sayTo, startJobs } from '../start-jobs.ts';
import { outputTarget } from '../targets.ts';

export async function run(session: Session): Promise<number> {
  const { settings: s } = session;
  const prompts = await readPrompts(session);
  const chosen = typeof s.seed.value === 'bigint' ? s.seed.value : undefined;
  const rows = prompts.flatMap((prompt) => countedSeeds(session, chosen).map((seed) => ({ prompt, seed })));
  checkWait(session);
  refuseUnbuilt(session);
  const target = await outputTarget(session, s.dryRun.value || !s.wait.value);
  const say = sayTo(session);
  const known = await meet(session, say);
  const facts = await modelFacts(session, known);
  const given = givenParams(session);
  const planned: Planned[] = [];
  for (const [i, { prompt, seed }] of rows.entries()) {
    planned.push(await planJob(session, known, facts, given, { prompt, seed, row: i + 1, target }, say));
  }
  return startJobs(session, known, planned);
}
