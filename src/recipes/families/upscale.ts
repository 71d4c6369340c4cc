// Larger pictures without a prompt: SeedVR2, and any upscale model.
import type { Row } from '../family-row.ts';
import { early, galleryOnly } from './parts.ts';

export const upscaleRows: readonly Row[] = [
  {
    name: 'seedvr2-3b',
    detect: /seedvr2/,
    kind: 'upscale',
    shape: 'restore',
    since: '0.25.0',
    model: 'seedvr2_3b_int8_convrot.safetensors',
    vae: 'seedvr2_ema_vae_fp16.safetensors',
    sampling: { steps: 1, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    negative: 'none',
    edit: { max: 1, needed: true, latent: 'own' },
    needsPicture: 'a picture to restore',
  },
  {
    name: 'relayvsr',
    detect: /relay[ ._-]?vsr/,
    without: galleryOnly('relayvsr', '0.45.0'),
  },
  {
    name: 'upscale-model',
    kind: 'upscale',
    shape: 'upscale',
    since: early,
    files: [{ role: 'model', folder: 'upscale_models', names: ['RealESRGAN_x4plus.safetensors'] }],
    sampling: { steps: 0, cfg: 1, sampler: '', scheduler: '' },
    negative: 'none',
    edit: { max: 1, needed: true, latent: 'own' },
    needsPicture: 'a picture to enlarge',
  },
];
