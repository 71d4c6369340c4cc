// The sampling shapes: KSampler, SamplerCustom, SamplerCustomAdvanced, and two KSamplers in a row.
import type { Link } from '../../workflow/workflow.ts';
import type { Graph } from '../graph.ts';
import type { Plan } from '../recipe-plan.ts';
import type { Extent } from '../graph.ts';
import { secondPass } from '../upscale.ts';
import type { Part } from './around.ts';
import type { Encoded } from './encode.ts';
import type { Parts } from './load.ts';
import { addSpec, loadUnet, patchModel } from './load.ts';
import { addLoras } from '../lora.ts';

export type ToSample = {
  readonly parts: Parts;
  readonly encoded: Encoded;
  readonly extent: Extent;
  readonly part?: Part | undefined;
};
/** A shape: from loaded parts and conditionings to the sampled latent. */
export type Shape = (g: Graph, plan: Plan, from: ToSample) => Link;

/** Shapes A, C and E: one KSampler, and a second at a larger size with hires. */
export const simple: Shape = (g, plan, { parts, encoded }) => {
  const { positive, negative } = encoded;
  const once = (latent: Link, denoise: number): Link =>
    g.add('KSampler', {
      model: parts.model,
      positive,
      negative,
      latent_image: latent,
      seed: plan.seed,
      ...knobs(plan),
      denoise,
    })();
  return secondPass(g, plan, once(encoded.latent, plan.denoise), (latent) => once(latent, plan.secondDenoise));
};

/** The settings that every KSampler takes. */
export const knobs = (plan: Plan): { steps: number; cfg: number; sampler_name: string; scheduler: string } => ({
  steps: plan.sampling.steps,
  cfg: plan.sampling.cfg,
  sampler_name: plan.sampling.sampler,
  scheduler: plan.sampling.scheduler,
});

/** Shape B: SamplerCustom with sampler and sigmas apart. */
export const custom: Shape = (g, plan, from) => {
  const { parts, encoded } = from;
  const sampler = samplerNode(g, plan);
  const sigmas = sigmasNode(g, plan, from);
  return g.add('SamplerCustom', {
    model: parts.model,
    add_noise: true,
    noise_seed: plan.seed,
    cfg: plan.sampling.cfg,
    positive: encoded.positive,
    negative: encoded.negative,
    sampler,
    sigmas,
    latent_image: encoded.latent,
  })();
};

/** Shape D: noise, guider, sampler and sigmas apart. */
export const advanced: Shape = (g, plan, from) =>
  g.add('SamplerCustomAdvanced', {
    noise: g.add('RandomNoise', { noise_seed: plan.seed })(),
    guider: guiderNode(g, plan, from),
    sampler: samplerNode(g, plan),
    sigmas: sigmasNode(g, plan, from),
    latent_image: from.encoded.latent,
  })();

function samplerNode(g: Graph, plan: Plan): Link {
  const own = plan.family.samplerNode;
  return own === undefined ? g.add('KSamplerSelect', { sampler_name: plan.sampling.sampler })() : addSpec(g, own);
}

function sigmasNode(g: Graph, plan: Plan, { parts, encoded, extent }: ToSample): Link {
  const spec = plan.family.schedule ?? {
    class: 'BasicScheduler',
    takes: ['model', 'scheduler', 'steps', 'denoise'] as const,
  };
  const wants = (what: (typeof spec.takes)[number]): boolean => spec.takes.includes(what);
  const sigmas = addSpec(g, spec, {
    model: wants('model') ? parts.scheduled : undefined,
    scheduler: wants('scheduler') ? plan.sampling.scheduler : undefined,
    steps: wants('steps') ? plan.sampling.steps : undefined,
    denoise: wants('denoise') ? plan.denoise : undefined,
    ...(wants('size') ? extent : {}),
    latent: wants('latent') ? encoded.latent : undefined,
  });
  // Schedulers without a denoise of their own: the last part of their sigmas.
  if (wants('denoise') || plan.denoise === 1) return sigmas;
  return g.add('SplitSigmasDenoise', { sigmas, denoise: plan.denoise })(1);
}

function guiderNode(g: Graph, plan: Plan, { parts, encoded }: ToSample): Link {
  const { positive, negative, plain } = encoded;
  const { cfg } = plan.sampling;
  const guider = plan.family.guider ?? { way: 'cfg' as const };
  switch (guider.way) {
    case 'basic':
      return g.add('BasicGuider', { model: parts.model, conditioning: positive })();
    case 'cfg':
      return g.add('CFGGuider', { model: parts.model, positive, negative, cfg })();
    case 'dual':
      return g.add('DualCFGGuider', {
        model: parts.model,
        cond1: positive,
        cond2: negative,
        negative: guider.last === 'positive' ? plain.positive : plain.negative,
        cfg_conds: cfg,
        cfg_cond2_negative: guider.second,
        style: 'regular',
      })();
    case 'two models':
      return g.add('DualModelGuider', {
        model: parts.model,
        positive,
        cfg,
        model_negative: loadUnet(g, plan.files['second model'] ?? ''),
        negative,
      })();
  }
}

/** Two models in a row, the first for the high noise: the second goes on where the first stops. */
export const stages: Shape = (g, plan, { parts, encoded }) => {
  const low = addLoras(g, plan, { model: loadUnet(g, plan.files['model, low noise'] ?? ''), clip: undefined }, 'low');
  const second = patchModel(g, plan, low.model).model;
  const { steps } = plan.sampling;
  const first = stage(g, plan, { ...encoded, model: parts.model, from: 0, to: plan.split, first: true });
  return stage(g, plan, { ...encoded, latent: first, model: second, from: plan.split, to: steps, first: false });
};

type Stage = {
  readonly model: Link;
  readonly positive: Link;
  readonly negative: Link;
  readonly latent: Link;
  readonly from: number;
  readonly to: number;
  readonly first: boolean;
};

/** One of two stages: the first adds the noise and leaves some, the second takes what is left. */
export function stage(g: Graph, plan: Plan, s: Stage): Link {
  return g.add('KSamplerAdvanced', {
    model: s.model,
    positive: s.positive,
    negative: s.negative,
    latent_image: s.latent,
    add_noise: s.first ? 'enable' : 'disable',
    noise_seed: plan.seed,
    ...knobs(plan),
    start_at_step: s.from,
    end_at_step: s.to,
    return_with_leftover_noise: s.first ? 'enable' : 'disable',
  })();
}
