// Larger pictures: a second pass on the latent, and an upscale model on the finished picture.
import type { Link } from '../workflow/workflow.ts';
import type { Graph } from './graph.ts';
import type { Plan } from './recipe-plan.ts';

/** hires: the latent is enlarged and sampled again. */
export function secondPass(g: Graph, plan: Plan, latent: Link, again: (latent: Link) => Link): Link {
  if (plan.hires === undefined) return latent;
  const larger = g.add('LatentUpscaleBy', { samples: latent, upscale_method: 'nearest-exact', scale_by: plan.hires })();
  return again(larger);
}

/** upscale: an upscale model, last of all. */
export function upscalePicture(g: Graph, picture: Link, model: string | undefined): Link {
  if (model === undefined) return picture;
  const upscaler = g.add('UpscaleModelLoader', { model_name: model })();
  return g.add('ImageUpscaleWithModel', { upscale_model: upscaler, image: picture })();
}
