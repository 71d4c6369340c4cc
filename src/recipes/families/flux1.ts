// FLUX.1 and what was made of it, a row each.
import { flux1Nets } from './control-nets.ts';
import type { Row } from '../family-row.ts';
import { early, t5Large, t5Small } from './parts.ts';

const flux1 = {
  since: early,
  text: { loader: 'DualCLIPLoader', type: 'flux', files: ['clip_l.safetensors', t5Large] },
  vae: 'ae.safetensors',
  negative: 'zero',
  nag: true,
} as const;

const picturesOfLines = {
  sampling: { steps: 20, cfg: 1, sampler: 'euler', scheduler: 'normal' },
  guidance: { value: 30 },
  edit: { max: 1, needed: true, latent: 'own' },
  conditioners: [
    { class: 'InstructPixToPixConditioning', when: 'pictures', pictures: ['pixels'], vae: true, latent: 2 },
  ],
} as const;

export const flux1Rows: readonly Row[] = [
  {
    name: 'flux1-fill-dev',
    detect: /flux.*fill/,
    architectures: ['flux.1-dev/inpaint'],
    ...flux1,
    model: ['flux1-fill-dev.safetensors', 'flux.1-fill-dev-OneReward-transformer_fp8.safetensors'],
    sampling: { steps: 20, cfg: 1, sampler: 'euler', scheduler: 'normal' },
    patches: [{ class: 'DifferentialDiffusion', inputs: { strength: 1 } }],
    guidance: { value: 30 },
    edit: { max: 1, needed: true, latent: 'own', mask: 'needed' },
    conditioners: [
      {
        class: 'InpaintModelConditioning',
        when: 'pictures',
        pictures: ['pixels'],
        mask: 'mask',
        vae: true,
        inputs: { noise_mask: true },
        latent: 2,
      },
    ],
    needsPicture: 'a picture to fill in',
  },
  {
    name: 'flux1-kontext-dev',
    detect: /flux.*kontext/,
    architectures: ['flux.1-dev/kontext'],
    since: '0.3.42',
    model: ['flux1-dev-kontext_fp8_scaled.safetensors', 'flux1-kontext-dev.safetensors'],
    text: { loader: 'DualCLIPLoader', type: 'flux', files: ['clip_l.safetensors', t5Small] },
    vae: 'ae.safetensors',
    sampling: { steps: 20, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    negative: 'zero',
    guidance: { value: 2.5, after: 'reference' },
    edit: {
      max: 4,
      needed: true,
      scale: { class: 'FluxKontextImageScale' },
      stitch: true,
      reference: 'positive',
      latent: 'picture',
    },
    needsPicture: 'a picture to edit',
  },
  {
    name: 'flux1-krea-dev',
    detect: /flux.*krea/,
    preference: 80,
    ...flux1,
    model: ['flux1-krea-dev_fp8_scaled.safetensors', 'flux1-krea-dev.safetensors'],
    sampling: { steps: 20, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    latent: 'EmptySD3LatentImage',
    guidance: {},
  },
  {
    name: 'flux1-canny-dev',
    detect: /flux.*canny/,
    architectures: ['flux.1-dev/canny'],
    ...flux1,
    ...picturesOfLines,
    model: 'flux1-canny-dev.safetensors',
    needsPicture: 'a picture of edges (the model is the ControlNet)',
  },
  {
    name: 'flux1-depth-dev',
    detect: /flux.*depth/,
    architectures: ['flux.1-dev/depth'],
    ...flux1,
    ...picturesOfLines,
    model: 'flux1-depth-dev.safetensors',
    needsPicture: 'a depth map (the model is the ControlNet)',
  },
  {
    detect: /flux.*redux/,
    without: 'it is no model to generate with',
  },
  {
    name: 'flux1-schnell',
    detect: /flux.*schnell/,
    architectures: ['flux.1-schnell'],
    preference: 90,
    ...flux1,
    model: 'flux1-schnell.safetensors',
    sampling: { steps: 4, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    latent: 'EmptySD3LatentImage',
  },
  {
    name: 'flux1-dev',
    detect: /flux[ ._-]?1?[ ._-]?d(ev)?([^a-z]|$)|flux.*dev/,
    architectures: ['flux.1-dev', 'flux-1-dev'],
    preference: 70,
    ...flux1,
    model: ['flux1-dev.safetensors', 'flux1-dev-fp8.safetensors'],
    sampling: { steps: 20, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    latent: 'EmptySD3LatentImage',
    guidance: {},
    control: ['net with vae'],
    nets: flux1Nets,
  },
];
