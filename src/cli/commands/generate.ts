// `comfy-gen <prompt>`: builds a recipe, submits, watches, downloads.
import { coordinates, parseSweeps, points, type Point } from '../../batch/sweep.ts';
import { totalOf } from '../../batch/specs.ts';
import { givenParams } from '../../plan/recipe-params.ts';
import { definitionsOf, meet, planAnywhere } from '../../plan/servers.ts';
import { modelFacts, planJob, type Known, type Planned } from '../../plan/recipe-job.ts';
import { readPrompts } from '../read-prompts.ts';
import { layerOf, withLayer } from '../../options/overlay.ts';
import { breathe, type Session } from '../context.ts';
import { checkWait, countedSeeds, sayTo, startJobs, type Say } from '../start-jobs.ts';
import { outputTarget } from '../output-target.ts';
import { dynamicPrompts } from '../../plan/prompts.ts';
import type { OutputTarget } from '../../jobs/job.ts';

/** All of them are planned before the first is sent; more is `batch`'s work. */
const maxPlanned = 100_000;

export async function run(session: Session): Promise<number> {
  const { settings: s } = session;
  const prompts = await readPrompts(session);
  const seeds = countedSeeds(session, seedOf(session));
  checkWait(session);
  await dynamicPrompts(session);
  const needsServer = s.sweep.value.some((text) => /[*?]/.test(text));
  if (!needsServer) parseSweeps(s.sweep.value, []); // a bad sweep is found before any server is asked
  const target = await outputTarget(session, s.dryRun.value || !s.wait.value);
  const say = sayTo(session);
  const known = await meet(session, say);
  const axes = parseSweeps(s.sweep.value, await definitionsOf(known));
  totalOf(prompts.length * seeds.length, axes, maxPlanned);
  const planned: Planned[] = [];
  for (const point of points(axes)) {
    const swept = withLayer(session, layerOf(point));
    const own = seedOf(swept);
    for (const prompt of point['prompt'] === undefined ? prompts : [point['prompt']]) {
      for (const seed of own === seedOf(session) ? seeds : countedSeeds(swept, own)) {
        planned.push(await plan(swept, known, { point, prompt, seed, row: planned.length + 1, target }, say));
        if (planned.length % 50 === 0) await breathe(session);
      }
    }
  }
  return startJobs(session, known, planned);
}

function seedOf({ settings }: Session): bigint | undefined {
  return typeof settings.seed.value === 'bigint' ? settings.seed.value : undefined;
}

type Job = {
  readonly point: Point;
  readonly prompt: string;
  readonly seed: bigint;
  readonly row: number;
  readonly target: OutputTarget | undefined;
};

async function plan(session: Session, known: Known, job: Job, say: Say): Promise<Planned> {
  const prompt = (await dynamicPrompts(session)).resolve(job.prompt, job.seed);
  const given = givenParams(session);
  const sweep = coordinates(job.point);
  return planAnywhere(known, async (one) => {
    const facts = await modelFacts(session, one);
    const planned = await planJob(session, one, facts, given, { ...job, prompt }, say);
    return { ...planned, request: { ...planned.request, about: { ...planned.request.about, sweep } } };
  });
}
