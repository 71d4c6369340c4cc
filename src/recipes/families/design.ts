// FIBO 2 and Ming Image: models for designs, which draw and edit, a row each.
import type { Row } from '../family-row.ts';
import { basicSigmas, flux2Vae, kitchenAttention, qwenVl4bBf16, slots } from './parts.ts';

const fibo2 = {
  since: '0.43.0',
  text: { loader: 'CLIPLoader', type: 'fibo2', files: [qwenVl4bBf16] },
  vae: flux2Vae,
  multiple: 16,
  encoder: {
    class: 'TextEncodeFibo2',
    prompt: 'prompt',
    negative: 'negative_prompt',
    vae: 'pictures',
    pictures: slots('images.image_', 1, 16),
    sized: 'given',
    batch: true,
    latent: { slot: 2, when: 'always' },
  },
  edit: { max: 16, latent: 'own' },
  startsFromPicture: false,
} as const;

export const designRows: readonly Row[] = [
  {
    name: 'fibo2-turbo',
    detect: /fibo[ ._-]?2.*turbo/,
    ...fibo2,
    model: 'fibo2_edit_turbo_int8_convrot.safetensors',
    sampling: { steps: 4, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    negative: 'empty',
  },
  {
    name: 'fibo2',
    detect: /fibo[ ._-]?2/,
    ...fibo2,
    model: 'fibo2_dev_int8_convrot.safetensors',
    sampling: { steps: 50, cfg: 5, sampler: 'euler', scheduler: 'simple' },
    negative: 'text',
  },
  {
    name: 'ming-image',
    detect: /(^|[^a-z])ming[ ._-]?image/,
    shape: 'advanced',
    since: '0.37.3, to edit 0.38.0',
    model: 'ming_image_0.1_design_int8_convrot.safetensors',
    text: {
      loader: 'CLIPLoader',
      type: 'qwen_image',
      files: ['ming_image_0.1_ling_mini_2.0_int8_convrot.safetensors'],
    },
    vae: 'ming_image_vae_bf16.safetensors',
    sampling: { steps: 12, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    negative: 'none',
    guider: { way: 'basic' },
    schedule: basicSigmas,
    patches: [
      kitchenAttention,
      { class: 'ModelSamplingFlux', inputs: { max_shift: 1.15, base_shift: 0.5 }, sized: true },
    ],
    edit: { max: 8, latent: 'sized' },
    withPictures: {
      encoder: {
        class: 'TextEncodeMingImageEdit',
        prompt: 'prompt',
        vae: 'always',
        pictures: slots('images.image_', 1, 8),
      },
      samplerNode: { class: 'SamplerLCM', inputs: { s_noise: 1.02, s_noise_end: 1, noise_clip_std: 0 } },
    },
    startsFromPicture: false,
  },
];
