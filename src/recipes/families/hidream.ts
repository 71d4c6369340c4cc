// HiDream, a row each.
import type { Row } from '../family-row.ts';
import { basicSigmas, shiftSd3, slots, t5Small, toMegapixel } from './parts.ts';

const o1 = {
  shape: 'custom',
  since: '0.21.1',
  size: [2048, 2048],
  multiple: 32,
  latent: 'EmptyHiDreamO1LatentImage',
  schedule: basicSigmas,
  plainWeights: true,
  startsFromPicture: false,
  cannot: ['vae'],
} as const;

const i1 = {
  since: '0.3.30',
  text: {
    loader: 'QuadrupleCLIPLoader',
    files: [
      'clip_l_hidream.safetensors',
      'clip_g_hidream.safetensors',
      t5Small,
      'llama_3.1_8b_instruct_fp8_scaled.safetensors',
    ],
  },
  vae: 'ae.safetensors',
  latent: 'EmptySD3LatentImage',
} as const;

export const hidreamRows: readonly Row[] = [
  {
    name: 'hidream-o1-dev',
    detect: /hidream.?o1.*dev/,
    ...o1,
    checkpoint: 'hidream_o1_image_dev_fp8_scaled.safetensors',
    sampling: { steps: 28, cfg: 1, sampler: 'SamplerLCM', scheduler: 'normal' },
    negative: 'empty',
    patches: [{ class: 'ModelNoiseScale', inputs: { noise_scale: 7.6 } }],
    samplerNode: { class: 'SamplerLCM', inputs: { s_noise: 1, s_noise_end: 1, noise_clip_std: 2.5 } },
    edit: { max: 10, latent: 'own' },
    conditioners: [{ class: 'HiDreamO1ReferenceImages', when: 'pictures', pictures: slots('images.image_', 1, 10) }],
  },
  {
    name: 'hidream-o1',
    detect: /hidream.?o1/,
    architectures: ['hidream-o1'],
    ...o1,
    checkpoint: 'hidream_o1_image_bf16.safetensors',
    sampling: { steps: 40, cfg: 5, sampler: 'dpmpp_2m_sde_gpu', scheduler: 'normal' },
    negative: 'text',
    patches: [
      { class: 'ModelNoiseScale', inputs: { noise_scale: 8 } },
      {
        class: 'HiDreamO1PatchSeamSmoothing',
        inputs: {
          start_percent: 0.8,
          end_percent: 1,
          pattern: 'single_shift',
          passes: 'ramp_2_4',
          blend: 'median',
          strength: 1,
        },
      },
    ],
    scheduledPatches: 1,
  },
  {
    name: 'hidream-e1.1',
    detect: /hidream.?e1/,
    architectures: ['hidream-i1-edit'],
    shape: 'advanced',
    since: '0.3.45',
    model: 'hidream_e1_1_bf16.safetensors',
    text: {
      loader: 'QuadrupleCLIPLoader',
      files: [
        'clip_g_hidream.safetensors',
        'clip_l_hidream.safetensors',
        t5Small,
        'llama_3.1_8b_instruct_fp8_scaled.safetensors',
      ],
    },
    vae: 'ae.safetensors',
    sampling: { steps: 20, cfg: 3, sampler: 'euler', scheduler: 'simple' },
    negative: 'text',
    guider: { way: 'dual', second: 1.5, last: 'positive' },
    schedule: basicSigmas,
    patches: [{ class: 'CFGNorm', inputs: { strength: 1 } }],
    conditioners: [
      { class: 'InstructPixToPixConditioning', when: 'pictures', pictures: ['pixels'], vae: true, latent: 2 },
    ],
    edit: { max: 1, needed: true, scale: toMegapixel('area'), latent: 'own' },
    needsPicture: 'a picture to edit',
  },
  {
    name: 'hidream-i1-fast',
    detect: /hidream.?i1.*fast/,
    preference: 240,
    ...i1,
    model: 'hidream_i1_fast_fp8.safetensors',
    sampling: { steps: 16, cfg: 1, sampler: 'lcm', scheduler: 'normal' },
    negative: 'empty',
    patches: [shiftSd3(3)],
  },
  {
    name: 'hidream-i1-dev',
    detect: /hidream.?i1.*dev/,
    preference: 230,
    ...i1,
    model: ['hidream_i1_dev_fp8.safetensors', 'hidream_i1_dev_bf16.safetensors'],
    sampling: { steps: 28, cfg: 1, sampler: 'lcm', scheduler: 'normal' },
    negative: 'empty',
    patches: [shiftSd3(6)],
  },
  {
    name: 'hidream-i1-full',
    detect: /hidream/,
    architectures: ['hidream-i1'],
    preference: 220,
    ...i1,
    model: 'hidream_i1_full_fp8.safetensors',
    sampling: { steps: 50, cfg: 5, sampler: 'uni_pc', scheduler: 'simple' },
    negative: 'text',
    patches: [shiftSd3(3)],
  },
];
