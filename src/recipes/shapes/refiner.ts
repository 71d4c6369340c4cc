// Two checkpoints in a row: the base draws, the refiner finishes.
import type { Graph } from '../graph.ts';
import type { Plan } from '../recipe-plan.ts';
import { saveImage } from './save.ts';
import { stage, type ToSample } from './sample.ts';
import { finishPicture } from '../upscale.ts';

/** The base ends after four fifths of the steps; the refiner has its own text encoder and VAE. */
export function refined(g: Graph, plan: Plan, from: ToSample, refiner: string): void {
  const { parts, encoded } = from;
  const ends = Math.max(1, Math.round(plan.sampling.steps * 0.8));
  const base = stage(g, plan, { ...encoded, model: parts.model, from: 0, to: ends, first: true });
  const second = g.add('CheckpointLoaderSimple', { ckpt_name: refiner });
  const text = (words: string): ReturnType<typeof second> =>
    g.add('CLIPTextEncode', { clip: second(1), text: words })();
  const finished = stage(g, plan, {
    model: second(0),
    positive: text(plan.prompt),
    negative: text(plan.negative),
    latent: base,
    from: ends,
    to: 10_000,
    first: false,
  });
  const vae = plan.vae === undefined ? second(2) : parts.vae;
  const picture = g.add('VAEDecode', { samples: finished, vae })();
  saveImage(g, finishPicture(g, plan, picture));
}
