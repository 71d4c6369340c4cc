// Before the first job is sent: each kind of job is planned once, so that what cannot run is found early.
import { setImmediate } from 'node:timers/promises';
import { ComfyGenError, optionName } from '../errors.ts';
import { parseTemplate } from '../files/name.ts';
import type { OutputTarget } from '../jobs/job.ts';
import type { PlannedJob } from '../plan/planned.ts';
import type { Planner } from '../plan/planner.ts';
import type { Servers } from '../plan/servers.ts';
import { jobSettings } from '../plan/settings.ts';
import type { JobSpec, Note } from '../plan/spec.ts';
import { count } from '../text/count.ts';
import { checkName } from './requests.ts';

type On = { readonly planner: Planner; readonly servers: Servers | undefined; readonly signal: AbortSignal };

/** Shapes whose outcome is remembered: most runs have few. */
const maxShapes = 10_000;

/** Plans for the first server that can do it, without asking a language model; what all refuse is refused as the first did. Without servers, for none. */
export async function planAnywhere(spec: JobSpec, { planner, servers, signal }: On): Promise<PlannedJob> {
  if (servers === undefined) return planner.plan(spec, { contact: undefined, signal, enhances: false });
  let refusal: unknown;
  for (const server of servers.all.filter((one) => !servers.lost.has(one))) {
    try {
      return await planner.plan(spec, { contact: await servers.contact(server), signal, enhances: false });
    } catch (error) {
      if (!(error instanceof ComfyGenError) || error.code !== 'validation') throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/**
 * Plans each shape once, sending nothing. Throws `usage` errors with the row's place; throws what no server would run,
 * or with `lenient` notes it: those jobs fail when it is their turn.
 */
export async function preflight(
  specs: AsyncIterable<JobSpec> | Iterable<JobSpec>,
  on: On & { readonly note: Note; readonly lenient: boolean; readonly target?: OutputTarget | undefined },
): Promise<void> {
  const outcomes = new Map<string, string | undefined>();
  let refused = 0;
  let first: string | undefined;
  let seen = 0;
  for await (const spec of specs) {
    if (++seen % 200 === 0) await setImmediate(); // timers and signals get their turn
    on.signal.throwIfAborted();
    await placed(spec, checkTexts(spec, on));
    if (outcomes.size > maxShapes) outcomes.clear();
    const kind = JSON.stringify([spec.shape, spec.prompt === undefined, spec.seed === undefined]); // a graph may have no place for them
    if (!outcomes.has(kind)) outcomes.set(kind, await refusalOf(spec, on));
    const why = outcomes.get(kind);
    if (why === undefined) continue;
    refused++;
    first ??= spec.place === undefined ? why : `${spec.place}: ${why}`;
  }
  if (first !== undefined) on.note(`${count(refused, 'job')} cannot run here; the first: ${first}`, 'warning');
}

async function refusalOf(spec: JobSpec, on: On & { readonly lenient: boolean }): Promise<string | undefined> {
  try {
    await placed(spec, planAnywhere({ ...spec, seed: spec.seed ?? '0', seedIsOurs: spec.seed === undefined }, on));
    return undefined;
  } catch (error) {
    if (on.lenient && error instanceof ComfyGenError && error.code === 'validation')
      return error.inWords(optionName).message;
    throw error;
  }
}

/** What is each job's own, whatever its shape: its prompt and its name template. */
async function checkTexts(
  spec: JobSpec,
  { planner, target }: Pick<On, 'planner'> & { readonly target?: OutputTarget | undefined },
): Promise<void> {
  parseTemplate(jobSettings(spec.layers).name.value);
  checkName(spec, target);
  await planner.checkPrompt(spec);
}

/** A usage error names the row. */
async function placed<T>({ place }: JobSpec, wanted: Promise<T>): Promise<T> {
  try {
    return await wanted;
  } catch (error) {
    if (place === undefined || !(error instanceof ComfyGenError) || error.code !== 'usage') throw error;
    const { message, hint } = error.inWords(optionName); // whoever shows it writes the options
    throw new ComfyGenError(error.reason, `${place}: ${message}`, { hint, cause: error });
  }
}
