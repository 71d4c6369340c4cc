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

/** What becomes of a finished picture: cropped to the size asked for, then enlarged by an upscale model. */
export function finishPicture(g: Graph, plan: Plan, picture: Link): Link {
  return upscalePicture(g, cropped(g, plan, picture), plan.upscale);
}

/** exact: the middle of it. */
function cropped(g: Graph, { crop, second, width: w, height: h, hires = 1 }: Plan, image: Link): Link {
  if (crop === undefined) return image;
  const made = second ?? { width: w * hires, height: h * hires };
  const [width, height] = [Math.round(crop.width * hires), Math.round(crop.height * hires)];
  const x = Math.max(0, Math.floor((made.width - width) / 2));
  const y = Math.max(0, Math.floor((made.height - height) / 2));
  return g.add('ImageCrop', { image, width, height, x, y })();
}

/** upscale: an upscale model, last of all. */
export function upscalePicture(g: Graph, picture: Link, model: string | undefined): Link {
  if (model === undefined) return picture;
  const upscaler = g.add('UpscaleModelLoader', { model_name: model })();
  return g.add('ImageUpscaleWithModel', { upscale_model: upscaler, image: picture })();
}
