// The requests of the client's calls: by the planner, a graph as it is, or a job that is on the server already.
import type { Connection } from '../connection/connection.ts';
import type { JobState } from '../connection/options.ts';
import { ComfyGenError, writeOptions } from '../errors.ts';
import { attachRequest } from '../journal/collect.ts';
import { toRequest, type PlannedJob } from '../plan/planned.ts';
import { Planner } from '../plan/planner.ts';
import { jobSettings } from '../plan/settings.ts';
import type { CallSpec } from './call-spec.ts';
import type { CallRun } from './call.ts';
import { planGraph } from './plan-graph.ts';
import type { Line, RequestFor } from './start-job.ts';
import { graphFile } from './workflow-source.ts';

export type CallPlan = {
  readonly planned: PlannedJob;
  /** Each once. */
  readonly notes: readonly string[];
};

/** Plans as the command line does; sends nothing. `enhances: false` asks no language model. */
export async function planCall(
  { contact: shared }: Line,
  { spec, notes: before }: CallSpec,
  { force, enhancer }: CallRun,
  signal: AbortSignal,
  { enhances = true } = {},
): Promise<CallPlan> {
  const { contact, notes } = await shared.get(signal);
  const said = new Set([...notes, ...before]);
  const note = (text: string): void => void said.add(text);
  if (!enhances && jobSettings(spec.layers).enhance.value === true)
    note('no language model is asked: the prompt is planned as it is');
  const planner = new Planner({ pathOf: (path) => path, note, force, enhancer });
  const planned = await planner.plan(spec, { contact, signal, enhances });
  return { planned, notes: [...said].map((text) => writeOptions(text)) };
}

/** A job by the planner. */
export function plannedRequest(line: Line, specFor: (signal: AbortSignal) => Promise<CallSpec>): RequestFor {
  return async (how, signal) => {
    const { planned, notes } = await planCall(line, await specFor(signal), how, signal);
    return { ...toRequest(planned, 1, how.output?.target, how.options), notes };
  };
}

/** An API graph as it is. */
export function graphRequest({ contact: shared }: Line, workflow: unknown): RequestFor {
  return async (how, signal) => {
    const file = graphFile(workflow);
    const { contact, notes } = await shared.get(signal);
    const said = new Set(notes);
    const note = (text: string): void => void said.add(text);
    const planned = await planGraph(file, { contact, force: how.force, signal, note });
    return { ...toRequest(planned, 1, how.output?.target, how.options), notes: [...said] };
  };
}

/** A job that somebody sent before. */
export function attachedRequest({ server }: Line, promptId: string): RequestFor {
  return async (how, signal) => {
    await lookUpKnown(server, promptId, signal);
    const request = await attachRequest(server, promptId, undefined, signal);
    return { ...how.options, ...request, row: 1, output: how.output?.target };
  };
}

/** Throws `unknown_job` for one that the server does not know. */
export async function lookUpKnown(server: Connection, promptId: string, signal: AbortSignal): Promise<JobState> {
  if (typeof promptId !== 'string' || promptId === '')
    throw new ComfyGenError('bad_option', 'prompt_id: not the id of a job');
  const found = await server.lookUp(promptId, signal);
  if (found.state !== 'absent') return found;
  throw new ComfyGenError('unknown_job', `${server.server} knows no job ${JSON.stringify(promptId)}`, {
    hint: 'history is kept in memory: a restart of the server forgets it',
  });
}
