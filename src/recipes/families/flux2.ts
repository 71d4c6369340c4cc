// FLUX 3 and FLUX 2, a row each.
import type { Row } from '../family-row.ts';
import type { Schedule } from '../family.ts';
import { flux2SmallVae, flux2Vae, qwen3For4b, qwenVl4bInt8, slots, toMegapixel } from './parts.ts';

const flux2Sigmas: Schedule = { class: 'Flux2Scheduler', takes: ['steps', 'size'] };

const flux3 = {
  since: '0.41.0',
  text: { loader: 'CLIPLoader', type: 'flux3', files: [qwenVl4bInt8] },
  vae: flux2Vae,
  multiple: 16,
  latent: 'EmptyFlux2LatentImage',
  promptNote: 'short prompts give plain pictures: describe light, place and style',
} as const;

const klein = {
  shape: 'advanced',
  since: '0.9.2',
  multiple: 16,
  latent: 'EmptyFlux2LatentImage',
  guider: { way: 'cfg' },
  schedule: flux2Sigmas,
  edit: { max: 10, scale: toMegapixel('nearest-exact'), reference: 'both', latent: 'sized' },
} as const;

const klein4b = {
  text: { loader: 'CLIPLoader', type: 'flux2', files: [qwen3For4b] },
  vae: flux2Vae,
} as const;

const klein9b = {
  text: { loader: 'CLIPLoader', type: 'flux2', files: ['qwen_3_8b_fp8mixed.safetensors'] },
  vae: flux2SmallVae,
} as const;

export const flux2Rows: readonly Row[] = [
  {
    name: 'flux3-klein-base',
    detect: /flux[ ._-]?3.*klein.*base/,
    preference: 170,
    ...flux3,
    model: 'flux3-image-klein-base-int8-convrot.safetensors',
    sampling: { steps: 50, cfg: 3.5, sampler: 'euler', scheduler: 'simple' },
    negative: 'text',
  },
  {
    name: 'flux3-klein',
    detect: /flux[ ._-]?3.*klein/,
    preference: 110,
    ...flux3,
    model: 'flux3-image-klein-int8-convrot.safetensors',
    sampling: { steps: 16, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    negative: 'empty',
    edit: { max: 100, latent: 'own' },
    conditioners: [
      {
        class: 'ReferenceMultiLatent',
        when: 'pictures',
        pictures: slots('images.image', 0, 100),
        vae: true,
        inputs: { resolution: 'resize', 'resolution.megapixels': 1 },
        latent: 2,
      },
    ],
  },
  {
    name: 'flux2-klein-base-9b',
    detect: /flux[ ._-]?2.*klein.*base.*9b|flux[ ._-]?2.*klein.*9b.*base/,
    preference: 160,
    ...klein,
    ...klein9b,
    model: 'flux-2-klein-base-9b-fp8.safetensors',
    sampling: { steps: 20, cfg: 5, sampler: 'euler', scheduler: 'Flux2Scheduler' },
    negative: 'text',
  },
  {
    name: 'flux2-klein-base-4b',
    detect: /flux[ ._-]?2.*klein.*base/,
    preference: 150,
    ...klein,
    ...klein4b,
    model: ['flux-2-klein-base-4b.safetensors', 'flux-2-klein-base-4b-fp8.safetensors'],
    sampling: { steps: 20, cfg: 5, sampler: 'euler', scheduler: 'Flux2Scheduler' },
    negative: 'text',
  },
  {
    name: 'flux2-klein-9b',
    detect: /flux[ ._-]?2.*klein.*9b/,
    architectures: ['flux.2-klein-9b'],
    preference: 60,
    ...klein,
    ...klein9b,
    model: 'flux-2-klein-9b-fp8.safetensors',
    sampling: { steps: 4, cfg: 1, sampler: 'euler', scheduler: 'Flux2Scheduler' },
    negative: 'zero',
    variants: [
      { match: /(^|[^a-z])kv([^a-z]|$)/i, patches: [{ class: 'FluxKVCache' }], note: 'with its key-value cache' },
    ],
  },
  {
    name: 'flux2-klein-4b',
    detect: /flux[ ._-]?2.*klein/,
    architectures: ['flux.2-klein-4b'],
    preference: 50,
    ...klein,
    ...klein4b,
    model: ['flux-2-klein-4b.safetensors', 'flux-2-klein-4b-fp8.safetensors'],
    sampling: { steps: 4, cfg: 1, sampler: 'euler', scheduler: 'Flux2Scheduler' },
    negative: 'zero',
  },
  {
    name: 'flux2-dev',
    detect: /flux[ ._-]?2/,
    architectures: ['flux.2-dev'],
    preference: 100,
    shape: 'advanced',
    since: '0.3.72',
    model: 'flux2_dev_fp8mixed.safetensors',
    text: {
      loader: 'CLIPLoader',
      type: 'flux2',
      files: [['mistral_3_small_flux2_bf16.safetensors', 'mistral_3_small_flux2_fp8.safetensors']],
    },
    vae: flux2SmallVae,
    turbo: { lora: 'Flux_2-Turbo-LoRA_comfyui.safetensors', steps: 8, cfg: 1 },
    multiple: 16,
    sampling: { steps: 20, cfg: 1, sampler: 'euler', scheduler: 'Flux2Scheduler' },
    negative: 'none',
    latent: 'EmptyFlux2LatentImage',
    guidance: { value: 4 },
    guider: { way: 'basic' },
    schedule: flux2Sigmas,
    edit: { max: 10, scale: toMegapixel('lanczos'), reference: 'positive', latent: 'sized' },
  },
];
