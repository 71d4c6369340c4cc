// Stable Diffusion 1.5, 2, XL and 3.5, a row each; XL and 1.5 last, for their patterns are the widest.
import type { Row } from '../family-row.ts';
import type { Schedule } from '../family.ts';
import { early } from './parts.ts';

const turboSigmas: Schedule = { class: 'SDTurboScheduler', takes: ['model', 'steps', 'denoise'] };

export const sdRows: readonly Row[] = [
  {
    name: 'sd35',
    detect: /sd[ ._-]?3([._]5)?/,
    architectures: ['stable-diffusion-v3'],
    since: early,
    checkpoint: [
      'sd3.5_large_fp8_scaled.safetensors',
      'sd3.5_large.safetensors',
      'sd3.5_medium_incl_clips_t5xxlfp8scaled.safetensors',
    ],
    sampling: { steps: 20, cfg: 4.01, sampler: 'euler', scheduler: 'sgm_uniform' },
    negative: 'text',
    latent: 'EmptySD3LatentImage',
    control: ['net with vae'],
    variants: [{ match: /turbo/i, sampling: { steps: 4, cfg: 1 }, note: 'turbo: 4 steps, cfg 1' }],
  },
  {
    name: 'sdxl-turbo',
    detect: /sd[ ._-]?xl[ ._-]?turbo|xl.*turbo/,
    architectures: ['stable-diffusion-xl-turbo-v1'],
    shape: 'custom',
    since: early,
    checkpoint: ['sd_xl_turbo_1.0_fp16.safetensors', 'sd_xl_turbo_1.0.safetensors'],
    size: [512, 512],
    sampling: { steps: 1, cfg: 1, sampler: 'euler_ancestral', scheduler: 'SDTurboScheduler' },
    negative: 'empty',
    schedule: turboSigmas,
    also: ['clipSkip'],
  },
  {
    name: 'sdxl-lightning',
    detect:
      /(xl|pony|illustrious|noob).*(lightning|hyper|lcm|dmd2)|(lightning|hyper|lcm|dmd2).*(xl|pony|illustrious|noob)/,
    since: early,
    checkpoint: ['sdxl_lightning_4step.safetensors', 'sdxl_lightning_8step.safetensors'],
    sampling: { steps: 4, cfg: 1, sampler: 'euler', scheduler: 'sgm_uniform' },
    negative: 'empty',
    variants: [{ match: /(\d+)[ _-]?step/i, stepsFromName: true }],
    also: ['clipSkip'],
  },
  {
    name: 'sdxl',
    detect: /sd[ ._-]?xl|(^|[^a-z])xl([^a-z]|$)|[a-z]xl([^a-z]|$)|xl[_-]?v?[0-9]|pony|illustrious|noob(ai)?|animagine/,
    architectures: ['stable-diffusion-xl-v1-base'],
    since: early,
    checkpoint: ['sd_xl_base_1.0.safetensors', 'sd_xl_base_1.0_0.9vae.safetensors'],
    turbo: {
      lora: 'sdxl_lightning_4step_lora.safetensors',
      steps: 4,
      cfg: 1,
      sampler: 'euler',
      scheduler: 'sgm_uniform',
    },
    sampling: { steps: 25, cfg: 7, sampler: 'dpmpp_2m', scheduler: 'karras' },
    negative: 'text',
    control: ['net'],
    variants: [
      { match: /inpaint/i, inpaintModel: true, note: 'an inpainting checkpoint' },
      { match: /v[ _-]?pred/i, note: 'v-prediction: works when the file says so itself' },
    ],
    also: ['clipSkip', 'refiner'],
  },
  {
    name: 'sd21',
    detect: /v2[ ._-]?1|512[ ._-]?inpainting|768[ ._-]?v[ ._-]?ema|sd[ ._-]?2[._]|sd[ ._-]?v2/,
    architectures: ['stable-diffusion-v2'],
    since: early,
    checkpoint: 'v2-1_768-ema-pruned.safetensors',
    size: [768, 768],
    sampling: { steps: 20, cfg: 7, sampler: 'euler', scheduler: 'normal' },
    negative: 'text',
    variants: [{ match: /inpaint/i, inpaintModel: true, note: 'an inpainting checkpoint' }],
    also: ['clipSkip'],
  },
  {
    name: 'sd15',
    detect: /v1[ ._-]?[45]|sd[ ._-]?1[._]?[45]|sd[ ._-]?v?1|sd15/,
    architectures: ['stable-diffusion-v1-inpainting', 'stable-diffusion-v1'],
    since: early,
    checkpoint: ['v1-5-pruned-emaonly-fp16.safetensors', 'v1-5-pruned-emaonly.safetensors', 'v1-5-pruned-emaonly.ckpt'],
    turbo: { lora: 'lcm-lora-sdv1-5.safetensors', steps: 6, cfg: 1.5, sampler: 'lcm', scheduler: 'sgm_uniform' },
    size: [768, 512],
    sampling: { steps: 25, cfg: 7, sampler: 'euler', scheduler: 'normal' },
    negative: 'text',
    control: ['net'],
    variants: [{ match: /inpaint/i, inpaintModel: true, note: 'an inpainting checkpoint' }],
    also: ['clipSkip'],
  },
];
