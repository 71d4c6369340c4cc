// Shapes without a prompt: a picture becomes a mesh, a larger picture, a restored one, or a map of what it shows.
import type { Graph } from '../graph.ts';
import type { Plan } from '../recipe-plan.ts';
import { addLoras } from '../lora.ts';
import { upscalePicture } from '../upscale.ts';
import { scaleTo } from './enlarge.ts';
import { loadUnet, loadVae, patchModel } from './load.ts';
import { saveImage } from './save.ts';

const firstPicture = (g: Graph, plan: Plan): ReturnType<ReturnType<Graph['add']>> =>
  g.add('LoadImage', { image: plan.images[0] ?? '' })();

export function mesh(g: Graph, plan: Plan): void {
  const checkpoint = g.add('ImageOnlyCheckpointLoader', { ckpt_name: plan.files['checkpoint'] ?? '' });
  const { model } = patchModel(g, plan, checkpoint(0));
  const seen = g.add('CLIPVisionEncode', {
    clip_vision: checkpoint(1),
    image: firstPicture(g, plan),
    crop: 'center',
  })();
  const sides = g.add('Hunyuan3Dv2Conditioning', { clip_vision_output: seen });
  const latent = g.add('EmptyLatentHunyuan3Dv2', { resolution: 4096, batch_size: plan.batchSize })();
  const { steps, cfg, sampler, scheduler } = plan.sampling;
  const samples = g.add('KSampler', {
    model,
    positive: sides(0),
    negative: sides(1),
    latent_image: latent,
    seed: plan.seed,
    steps,
    cfg,
    sampler_name: sampler,
    scheduler,
    denoise: 1,
  })();
  const voxel = g.add('VAEDecodeHunyuan3D', {
    samples,
    vae: checkpoint(2),
    num_chunks: 8000,
    octree_resolution: 256,
  })();
  const made = g.add('VoxelToMesh', { voxel, algorithm: 'surface net', threshold: 0.6 })();
  g.add('SaveGLB', { mesh: made, filename_prefix: '3d/ComfyUI' });
}

export function upscaled(g: Graph, plan: Plan): void {
  const picture = upscalePicture(g, firstPicture(g, plan), plan.upscale ?? plan.files['model'] ?? '');
  saveImage(g, plan.enlarge === undefined ? picture : scaleTo(g, picture, plan.enlarge.to));
}

/** One step of a restoring model on a picture four times the size; the VAE works in tiles. */
export function restored(g: Graph, plan: Plan): void {
  const larger = g.add('ResizeImageMaskNode', {
    input: firstPicture(g, plan),
    resize_type: 'scale by multiplier',
    'resize_type.multiplier': 4,
    scale_method: 'lanczos',
  })();
  const model = loadUnet(g, plan.files['model'] ?? '');
  const vae = loadVae(g, plan);
  const tiles = { tile_size: 512, overlap: 128, temporal_size: 64, temporal_overlap: 8 };
  const pixels = g.add('SeedVR2Preprocess', { resized_images: larger })();
  const latent = g.add('VAEEncodeTiled', { pixels, vae, ...tiles })();
  const sides = g.add('SeedVR2Conditioning', { model, vae_conditioning: latent });
  const { steps, cfg, sampler, scheduler } = plan.sampling;
  const samples = g.add('KSampler', {
    model,
    positive: sides(0),
    negative: sides(1),
    latent_image: latent,
    seed: plan.seed,
    steps,
    cfg,
    sampler_name: sampler,
    scheduler,
    denoise: 1,
  })();
  const images = g.add('VAEDecodeTiled', { samples, vae, ...tiles })();
  saveImage(
    g,
    g.add('SeedVR2PostProcessing', { images, original_resized_images: larger, color_correction_method: 'lab' })(),
  );
}

/** One step of an image model that was taught to tell depth, normals or albedo of a photo; no noise, no prompt. */
export function estimated(g: Graph, plan: Plan): void {
  const { model } = addLoras(g, plan, { model: loadUnet(g, plan.files['model'] ?? ''), clip: undefined });
  const vae = loadVae(g, plan);
  const conditioning = g.add('ConditioningLoader', { conditioning_name: plan.files['conditioning'] ?? '' })();
  const samples = g.add('SamplerCustomAdvanced', {
    noise: g.add('DisableNoise', {})(),
    guider: g.add('BasicGuider', { model: patchModel(g, plan, model).model, conditioning })(),
    sampler: g.add('KSamplerSelect', { sampler_name: plan.sampling.sampler })(),
    sigmas: g.add('ManualSigmas', { sigmas: '0.5, 0' })(),
    latent_image: g.add('VAEEncode', { pixels: firstPicture(g, plan), vae })(),
  })();
  const image = g.add('VAEDecode', { samples, vae })();
  saveImage(g, g.add('MarigoldV2PostProcess', { image, prediction: plan.family.estimates ?? 'depth' })());
}
