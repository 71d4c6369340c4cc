// A job of a batch -> a request for one server; and the check of all of them before the first is sent.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { coordinates } from './sweep.ts';
import { parseTemplate } from '../files/name.ts';
import { aboutNothing, type About, type JobRequest, type OutputTarget } from '../jobs/job.ts';
import { heldValues } from '../workflow/apply-roles.ts';
import type { RowJob } from './specs.ts';
import { givenParams } from '../plan/recipe-params.ts';
import { planAnywhere } from '../plan/servers.ts';
import { modelFacts, planJob, type Facts, type Known, type Planned, type Say } from '../plan/recipe-job.ts';
import { graphOf, planRun, type RunJob } from '../plan/workflow-job.ts';
import type { Session } from '../cli/context.ts';
import { outputTarget } from '../cli/output-target.ts';
import { dynamicPrompts } from '../plan/prompts.ts';
import { loadWorkflow, type Loaded } from '../plan/load-workflow.ts';

export type Planner = {
  readonly known: Known;
  /** The job as it is sent to this server; its pictures are uploaded there. */
  readonly request: (job: RowJob, seed: bigint, server: Connection) => Promise<JobRequest>;
  /** The job as some server of the pool would take it; nothing is sent. */
  readonly check: (job: RowJob, seed: bigint) => Promise<Planned>;
};

/** `target` is where files go when a row does not name them itself. */
export function planner(session: Session, known: Known, target: OutputTarget | undefined, say: Say): Planner {
  const facts = new Map<string, Promise<Facts>>();
  const factsFor = (own: Session, one: Known): Promise<Facts> => {
    const { checkpoint, recipe } = own.settings;
    const key = JSON.stringify([one?.server.server, checkpoint.value, recipe.value]);
    const asked = facts.get(key) ?? modelFacts(own, one);
    facts.set(key, asked);
    asked.catch(() => facts.delete(key));
    return asked;
  };
  const load = loader();
  const plan = async (own: Session, job: RowJob, seed: bigint, one: Known): Promise<Planned> => {
    const prompt = job.prompt === undefined ? undefined : (await dynamicPrompts(own)).resolve(job.prompt, seed);
    const named = own.settings.name.value === session.settings.name.value;
    const order = { row: job.row.row, target: named ? target : await outputTarget(own, true) };
    const { workflow } = job.row;
    const planned =
      workflow === undefined
        ? await planJob(
            own,
            one,
            await factsFor(own, one),
            givenParams(own),
            { ...order, prompt: prompt ?? '', seed },
            say,
          )
        : await planWorkflow(
            own,
            one,
            { ...order, loaded: await load(own, workflow, one), prompt },
            job.seed,
            seed,
            say,
          );
    const about = { ...planned.request.about, sweep: coordinates(job.point) };
    return { ...planned, request: { ...planned.request, about } };
  };
  return {
    known,
    request: async (job, seed, server) => {
      const one = known?.pool === undefined ? known : await known.pool.meet(server);
      return (await plan(job.session, job, seed, one)).request;
    },
    check: (job, seed) => {
      const { settings } = job.session;
      const dry = { ...job.session, settings: { ...settings, dryRun: { ...settings.dryRun, value: true } } };
      return planAnywhere(known, (one) => plan(dry, job, seed, one));
    },
  };
}

/** The files of rows that were read last, by path; a server's templates by its name too. */
function loader(): (session: Session, path: string, one: Known) => Promise<Loaded> {
  const loaded = new Map<string, Promise<Loaded>>();
  return (session, path, one) => {
    const key = JSON.stringify([path, path.startsWith('template:') ? one?.server.server : null]);
    const known = loaded.get(key) ?? loadRow(session, path, one);
    if (loaded.size > maxLoaded) loaded.clear();
    loaded.set(key, known);
    known.catch(() => loaded.delete(key));
    return known;
  };
}

async function loadRow(session: Session, path: string, one: Known): Promise<Loaded> {
  if (path === '-') throw new ComfyGenError('bad_input_file', 'workflow: a row names a file, not standard input');
  return loadWorkflow({ ...session, words: [path] }, () => {
    if (one !== undefined) return one.server;
    throw new ComfyGenError('connection_failed', 'a template comes from the server, and there is none');
  });
}

/** A seed of its own goes where the graph has one place for it; a graph without chance has none. */
async function planWorkflow(
  session: Session,
  one: Known,
  job: Omit<RunJob, 'seed'>,
  chosen: bigint | undefined,
  seed: bigint,
  say: Say,
): Promise<Planned> {
  const held = chosen ?? heldValues(await graphOf(session, job.loaded, one, say)).seed;
  const { settings } = session;
  const swept = { ...settings, sweep: { ...settings.sweep, layer: undefined } }; // the point's values are in the settings already
  return planRun({ ...session, settings: swept }, one, { ...job, seed: held === null ? undefined : seed }, say);
}

/** What is known of a job before it is planned, for failures. */
export function aboutJob({ session, prompt, point }: RowJob, seed: bigint): About {
  const { negative, checkpoint } = session.settings;
  const held = { prompt: prompt ?? null, negative: negative.value, checkpoint: checkpoint.value ?? null };
  return { ...aboutNothing, ...held, seed: String(seed), sweep: coordinates(point) };
}

const maxLoaded = 100;

/** Shapes whose outcome is remembered: most files have few. */
const maxShapes = 10_000;

/**
 * Plans each kind of job once, without sending anything. Throws `usage` errors with the row's place;
 * rows that no server would run are told, and fail when it is their turn.
 */
export async function checkPlans(jobs: AsyncIterable<RowJob>, planner: Planner, say: Say): Promise<void> {
  const outcomes = new Map<string, string | undefined>();
  let refused = 0;
  let first: string | undefined;
  for await (const job of jobs) {
    job.session.signal.throwIfAborted();
    await placed(job, checkTexts(job));
    if (outcomes.size > maxShapes) outcomes.clear();
    const kind = JSON.stringify([job.shape, job.prompt === undefined, job.seed === undefined]); // a graph may have no place for them
    if (!outcomes.has(kind)) outcomes.set(kind, await refusal(job, planner));
    const why = outcomes.get(kind);
    if (why === undefined) continue;
    refused++;
    first ??= `${job.row.place}: ${why}`;
  }
  if (first === undefined) return;
  say(`${refused} ${refused === 1 ? 'job' : 'jobs'} cannot run here; the first: ${first}`, 'warning');
}

async function refusal(job: RowJob, planner: Planner): Promise<string | undefined> {
  try {
    await placed(job, planner.check(job, job.seed ?? 0n));
    return undefined;
  } catch (error) {
    if (error instanceof ComfyGenError && error.code === 'validation') return error.message;
    throw error;
  }
}

/** What is each row's own, whatever its shape: its prompt and its name template. */
async function checkTexts({ session, prompt = '', seed = 0n }: RowJob): Promise<void> {
  parseTemplate(session.settings.name.value);
  const prompts = await dynamicPrompts(session);
  prompts.check(prompt);
  prompts.resolve(prompt, seed);
}

/** A usage error names the row. */
async function placed<T>({ row }: RowJob, wanted: Promise<T>): Promise<T> {
  try {
    return await wanted;
  } catch (error) {
    if (!(error instanceof ComfyGenError) || error.code !== 'usage') throw error;
    throw new ComfyGenError(error.reason, `${row.place}: ${error.message}`, { hint: error.hint, cause: error });
  }
}
