// A character in a picture moves as somebody does in a video: Wan Animate 2, one window of frames.
import type { Link } from '../../workflow/workflow.ts';
import { loadVideo, videosLast } from '../frames.ts';
import type { Graph } from '../graph.ts';
import { addLoras } from '../lora.ts';
import type { Plan } from '../recipe-plan.ts';
import { loadClip, loadUnet, loadVae, patchModel } from './load.ts';

export function animated(g: Graph, plan: Plan): void {
  const [character = '', motion = ''] = videosLast(plan.images);
  const video = loadVideo(g, motion);
  const pose = toSize(g, plan, video(0));
  const reference = toSize(g, plan, g.add('LoadImage', { image: character })());
  const vae = loadVae(g, plan);
  const sides = condition(g, plan, { vae, pose, reference });
  const loaded = addLoras(g, plan, { model: loadUnet(g, plan.files['model'] ?? ''), clip: undefined });
  const { model, scheduled } = patchModel(g, plan, loaded.model);
  const { steps, cfg, sampler, scheduler } = plan.sampling;
  const sampled = g.add('SamplerCustom', {
    model,
    add_noise: true,
    noise_seed: plan.seed,
    cfg,
    positive: sides(0),
    negative: sides(1),
    sampler: g.add('KSamplerSelect', { sampler_name: sampler })(),
    sigmas: g.add('BasicScheduler', { model: scheduled, scheduler, steps, denoise: 1 })(),
    latent_image: sides(2),
  })();
  const samples = g.add('TrimVideoLatent', { samples: sampled, trim_amount: sides(3) })();
  const images = g.add('VAEDecode', { samples, vae })();
  const made = g.add('CreateVideo', { images, audio: video(1), fps: video(2) })();
  g.add('SaveVideo', { video: made, filename_prefix: 'video/ComfyUI', format: 'auto', codec: 'auto' });
}

const toSize = (g: Graph, { width, height }: Plan, input: Link): Link =>
  g.add('ResizeImageMaskNode', {
    input,
    resize_type: 'scale dimensions',
    'resize_type.width': width,
    'resize_type.height': height,
    'resize_type.crop': 'center',
    scale_method: 'area',
  })();

type Seen = { readonly vae: Link; readonly pose: Link; readonly reference: Link };

function condition(g: Graph, plan: Plan, { vae, pose, reference }: Seen): ReturnType<Graph['add']> {
  const clip = loadClip(g, plan);
  const text = (words: string): Link => g.add('CLIPTextEncode', { clip, text: words })();
  const eyes = g.add('CLIPVisionLoader', { clip_name: plan.files['clip vision'] ?? '' })();
  const see = (image: Link): Link => g.add('CLIPVisionEncode', { clip_vision: eyes, image, crop: 'none' })();
  return g.add('WanAnimate2ToVideo', {
    positive: text(plan.prompt),
    negative: text(plan.negative),
    vae,
    width: plan.width,
    height: plan.height,
    length: plan.frames,
    batch_size: plan.batchSize,
    reference_image: reference,
    pose_video: pose,
    clip_vision_output: see(reference),
    clip_vision_output_pose: see(g.add('ImageFromBatch', { image: pose, batch_index: 0, length: 1 })()),
    video_frame_offset: 0,
    pose_strength: 1,
    pose_start_percent: 0,
    pose_end_percent: 1,
    reference_image_strength: 1,
  });
}
