// One job that is to be done somewhere in a pool.
import type { Connection } from '../connection/connection.ts';
import type { ComfyGenError } from '../errors.ts';
import { aboutNothing, type About } from '../jobs/job.ts';
import { jobSettings } from '../plan/settings.ts';
import type { JobSpec } from '../plan/spec.ts';

export type PoolJob = {
  readonly spec: JobSpec;
  /** Servers that cannot do it, and why. */
  readonly refusedBy: Map<Connection, ComfyGenError>;
  /** It was sent there before: looked for before it is sent again. */
  sent: { readonly server: string; readonly promptId: string } | undefined;
  /** Keys of outputs of the job in `sent` that are on disk already. */
  saved: Set<string>;
  /** Ids that it had and that are given up: whatever comes of them is not to be collected. */
  readonly abandoned: string[];
  /** An attempt of it was told of: it is to have an end. */
  hasBegun: boolean;
};

export function newPoolJob(spec: JobSpec): PoolJob {
  const { sent } = spec;
  return {
    spec,
    refusedBy: new Map(),
    sent: sent && { server: sent.server, promptId: sent.promptId },
    saved: new Set(sent?.saved),
    abandoned: [],
    hasBegun: false,
  };
}

/** It is made anew, wherever that is. */
export function forget(job: PoolJob): void {
  if (job.sent !== undefined) job.abandoned.push(job.sent.promptId);
  job.sent = undefined;
  job.saved.clear();
}

/** The model that the job is known to want, for the choice of a server. */
export const modelOf = ({ spec }: PoolJob): string | undefined =>
  spec.workflow === undefined ? jobSettings(spec.layers).checkpoint.value : undefined;

/** What is known of a job before it is planned: sizes and the like as they were asked for. */
export function aboutSpec(spec: JobSpec): About {
  const s = jobSettings(spec.layers);
  const isRecipe = spec.workflow === undefined;
  const size = s.size.value;
  return {
    ...aboutNothing,
    recipe: s.recipe.value ?? null,
    checkpoint: s.checkpoint.value ?? null,
    prompt: spec.prompt ?? null,
    negative: isRecipe || s.negative.layer !== undefined ? s.negative.value : null,
    seed: spec.seed ?? null,
    width: s.width.value ?? size?.width ?? null,
    height: s.height.value ?? size?.height ?? null,
    steps: s.steps.value ?? null,
    cfg: s.cfg.value ?? null,
    sampler: s.sampler.value ?? null,
    scheduler: s.scheduler.value ?? null,
    denoise: s.denoise.value ?? null,
    sweep: spec.sweep,
  };
}
