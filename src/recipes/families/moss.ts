// MOSS-Image: pictures from text, edits and control, a row each; edit and control are LoRAs on the same model.
import type { Row } from '../family-row.ts';
import type { Patch } from '../family.ts';
import { qwen35For9b, qwen35For9bInt8, shiftAuraFlow, slots, toMegapixel } from './parts.ts';

const moss = {
  vae: 'flux2-vae_small.safetensors',
  multiple: 16,
  negative: 'text',
  latent: 'EmptyFlux2LatentImage',
} as const;

const skipLayers = (layers: string, end: number): Patch => ({
  class: 'SkipLayerGuidanceDiTSimple',
  inputs: { double_layers: '', single_layers: layers, start_percent: 0, end_percent: end },
});

export const mossRows: readonly Row[] = [
  {
    name: 'moss-image',
    detect: /moss.?image/,
    preference: 180,
    ...moss,
    since: '0.41.3',
    model: 'moss_image_sft_int8_convrot.safetensors',
    text: { loader: 'CLIPLoader', type: 'moss_image', files: ['qwen3.5_9b_w4a8_gptq.safetensors'] },
    sampling: { steps: 25, cfg: 2.5, sampler: 'er_sde', scheduler: 'simple' },
    variants: [{ match: /moss.?image.?base/i, patches: [skipLayers('22', 0.5)], note: 'the base file' }],
  },
  {
    name: 'moss-image-edit',
    ...moss,
    since: '0.43.0',
    model: 'moss_image_sft_int8_convrot.safetensors',
    lora: 'moss_image_edit_lora_rank_64_bf16.safetensors',
    text: { loader: 'CLIPLoader', type: 'moss_image', files: [qwen35For9b] },
    sampling: { steps: 30, cfg: 4, sampler: 'euler', scheduler: 'normal' },
    patches: [skipLayers('22', 1)],
    encoder: {
      class: 'TextEncodeMOSSImageEdit',
      prompt: 'prompt',
      vae: 'always',
      inputs: { edit_format: 'Moss-Image-Edit', image_strength: 1 },
      pictures: slots('images.image_', 0, 8),
    },
    edit: { max: 8, needed: true, scale: toMegapixel('lanczos', 16), latent: 'sized' },
    needsPicture: 'a picture to edit',
    note: 'moss-image with its edit LoRA; chosen by its name',
  },
  {
    name: 'moss-image-control',
    ...moss,
    shape: 'custom',
    since: '0.43.0',
    model: 'moss_image_sft_int8_convrot.safetensors',
    lora: 'moss_image_color_depth_control.safetensors',
    text: { loader: 'CLIPLoader', type: 'moss_image', files: [qwen35For9bInt8] },
    sampling: { steps: 25, cfg: 3, sampler: 'SamplerER_SDE', scheduler: 'simple' },
    latent: 'EmptyLatentImage',
    patches: [
      { class: 'TemporalScoreRescaling', inputs: { tsr_k: 0.95, tsr_sigma: 1 } },
      shiftAuraFlow(5),
      skipLayers('24', 1),
    ],
    samplerNode: { class: 'SamplerER_SDE', inputs: { solver_type: 'ER-SDE', max_stage: 3, eta: 1, s_noise: 1.05 } },
    conditioners: [
      {
        class: 'MOSSImageControl',
        when: 'pictures',
        vae: true,
        pictures: ['depth_map', 'color_map'],
        inputs: { strength: 1, start_percent: 0, end_percent: 0.6 },
      },
    ],
    edit: { max: 2, needed: true, scale: toMegapixel('lanczos', 16), latent: 'sized' },
    needsPicture: 'a depth map, and as a second picture a map of flat colours where there is one',
    note: 'moss-image with its control LoRA; chosen by its name',
  },
];
