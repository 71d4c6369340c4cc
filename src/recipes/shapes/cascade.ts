// Video with sound in two sizes: a draft at half size, its latent enlarged, then a short refining pass.
import type { Link } from '../../workflow/workflow.ts';
import type { Graph } from '../graph.ts';
import type { Plan } from '../recipe-plan.ts';
import type { Encoded } from './encode.ts';
import { addSpec, loadVae, type Parts } from './load.ts';
import { saveVideo } from './save.ts';

const draftSigmas = '1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875, 0.0';
const finalSigmas = '0.85, 0.7250, 0.4219, 0.0';

export function cascade(g: Graph, plan: Plan, parts: Parts, encoded: Encoded): void {
  const audioVae = loadVae(g, plan, 'audio vae');
  const separated = sampleDraft(g, plan, parts, encoded, audioVae);
  const upscaler = g.add('LatentUpscaleModelLoader', { model_name: plan.files['latent upscaler'] ?? '' })();
  const larger = g.add('LTXVLatentUpsampler', { samples: separated(0), upscale_model: upscaler, vae: parts.vae })();
  const joined = g.add('LTXVConcatAVLatent', { video_latent: larger, audio_latent: separated(1) })();
  const final = separate(g, pass(g, plan, parts, encoded, { latent: joined, sigmas: finalSigmas }));
  const images = addSpec(g, plan.family.decode ?? { class: 'VAEDecode' }, { samples: final(0), vae: parts.vae });
  const audio = g.add('LTXVAudioVAEDecode', { samples: final(1), audio_vae: audioVae })();
  saveVideo(g, plan, images, audio);
}

type Slots = ReturnType<Graph['add']>;

const separate = (g: Graph, latent: Link): Slots => g.add('LTXVSeparateAVLatent', { av_latent: latent });

function sampleDraft(g: Graph, plan: Plan, parts: Parts, encoded: Encoded, audioVae: Link): Slots {
  const audio = g.add('LTXVEmptyLatentAudio', {
    frames_number: plan.frames,
    frame_rate: plan.fps,
    batch_size: plan.batchSize,
    audio_vae: audioVae,
  })();
  const latent = g.add('LTXVConcatAVLatent', { video_latent: encoded.latent, audio_latent: audio })();
  return separate(g, pass(g, plan, parts, encoded, { latent, sigmas: draftSigmas }));
}

function pass(
  g: Graph,
  plan: Plan,
  parts: Parts,
  encoded: Encoded,
  from: { readonly latent: Link; readonly sigmas: string },
): Link {
  const { positive, negative } = encoded;
  const { cfg, sampler } = plan.sampling;
  return g.add('SamplerCustomAdvanced', {
    noise: g.add('RandomNoise', { noise_seed: plan.seed })(),
    guider: g.add('LTXVDualCFGGuider', { model: parts.model, positive, negative, video_cfg: cfg, audio_cfg: cfg })(),
    sampler: g.add('KSamplerSelect', { sampler_name: sampler })(),
    sigmas: g.add('ManualSigmas', { sigmas: from.sigmas })(),
    latent_image: from.latent,
  })();
}
