// Marigold v2: depth, normals and albedo of a photo, told by Qwen-Image-Edit with a LoRA and a VAE of its own.
import type { Row } from '../family-row.ts';

const marigold = {
  kind: 'map',
  shape: 'estimate',
  since: '0.36.0',
  model: ['qwen_image_edit_2509_int8_convrot.safetensors', 'qwen_image_edit_2509_fp8_e4m3fn.safetensors'],
  sampling: { steps: 1, cfg: 1, sampler: 'euler', scheduler: 'ManualSigmas' },
  negative: 'none',
  patches: [{ class: 'ModelSamplingAuraFlow', inputs: { shift: 1.73, sampling: 'img_to_img_velocity' } }],
  edit: { max: 1, needed: true, latent: 'own' },
  note: 'a map of what a photo shows; chosen by its name',
} as const;

const conditioning = (name: string): { role: string; folder: string; names: readonly string[] } => ({
  role: 'conditioning',
  folder: 'embeddings',
  names: [name],
});

export const marigoldRows: readonly Row[] = [
  {
    name: 'marigold-depth',
    ...marigold,
    lora: 'marigold_v2_depth_log_stage2.safetensors',
    vae: 'marigold_v2_depth_log_stage2_vae.safetensors',
    files: [conditioning('marigold_v2_depth_conditioning.safetensors')],
    estimates: 'depth',
    needsPicture: 'a photo to tell the depth of',
  },
  {
    name: 'marigold-normals',
    ...marigold,
    lora: ['marigold_v2_normals.safetensors', 'marigold_v2_normals_stage2.safetensors'],
    vae: ['marigold_v2_normals_vae.safetensors', 'marigold_v2_normals_stage2_vae.safetensors'],
    files: [conditioning('marigold_v2_normals_conditioning.safetensors')],
    estimates: 'normals',
    needsPicture: 'a photo to tell the surfaces of',
  },
  {
    name: 'marigold-albedo',
    ...marigold,
    lora: ['marigold_v2_albedo.safetensors', 'marigold_v2_albedo_stage2.safetensors'],
    vae: ['marigold_v2_albedo_vae.safetensors', 'marigold_v2_albedo_stage2_vae.safetensors'],
    files: [conditioning('marigold_v2_albedo_conditioning.safetensors')],
    estimates: 'albedo',
    needsPicture: 'a photo to tell the colours of',
  },
];
