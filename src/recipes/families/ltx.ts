// LTX Video, a row each.
import type { Row } from '../family-row.ts';
import { t5Large } from './parts.ts';

export const ltxRows: readonly Row[] = [
  {
    name: 'ltx-2.5',
    detect: /ltx[ ._-]?2[._]5/,
    architectures: ['lightricks-ltx-video-2-5'],
    kind: 'video',
    shape: 'cascade',
    since: '0.32.0',
    model: 'ltx-2.5-22b-distilled-transformer-comfy-int8-convrot.safetensors',
    text: {
      loader: 'CLIPLoader',
      type: 'ltxv',
      files: ['gemma4-12b-with-proj-ltx-2.5-comfy-int8-convrot.safetensors'],
    },
    vae: 'ltx-2.5-video-vae-bf16.safetensors',
    files: [
      { role: 'audio vae', folder: 'vae', names: ['ltx-2.5-audio-vae-bf16.safetensors'] },
      {
        role: 'latent upscaler',
        folder: 'latent_upscale_models',
        names: ['ltx-2.5-latent-spatial-upscaler-x2-bf16-1.0.safetensors'],
      },
    ],
    size: [1280, 704],
    multiple: 64,
    sampling: { steps: 8, cfg: 1, sampler: 'euler_ancestral', scheduler: 'ManualSigmas, twice' },
    negative: 'empty',
    latent: { class: 'EmptyLTXVLatentVideo', frames: 'length' },
    frames: { count: 121, step: 8, plus: 1, fps: 24 },
    conditioners: [{ class: 'LTXVConditioning', when: 'always', inputs: { frame_rate: 24 }, fps: 'frame_rate' }],
    sound: 'audio vae',
    decode: {
      class: 'VAEDecodeTiled',
      inputs: { tile_size: 512, overlap: 64, temporal_size: 64, temporal_overlap: 16 },
    },
  },
  {
    name: 'ltx-2.3',
    detect: /ltx[ ._-]?2/,
    architectures: ['lightricks-ltx-video-2'],
    without: 'run its template (`run template:video_ltx2_3_t2v`)',
  },
  {
    name: 'ltxv',
    detect: /ltxv|ltx[ ._-]?video/,
    architectures: ['lightricks-ltx-video'],
    kind: 'video',
    shape: 'custom',
    since: '0.3.31',
    checkpoint: 'ltx-video-2b-v0.9.5.safetensors',
    text: { loader: 'CLIPLoader', type: 'ltxv', files: [t5Large] },
    size: [768, 512],
    multiple: 32,
    sampling: { steps: 30, cfg: 3, sampler: 'euler', scheduler: 'LTXVScheduler(2.05, 0.95, true, 0.1)' },
    negative: 'text',
    latent: { class: 'EmptyLTXVLatentVideo', frames: 'length' },
    schedule: {
      class: 'LTXVScheduler',
      inputs: { max_shift: 2.05, base_shift: 0.95, stretch: true, terminal: 0.1 },
      takes: ['steps', 'latent'],
    },
    frames: { count: 97, step: 8, plus: 1, fps: 24 },
    edit: { max: 1, latent: 'own' },
    conditioners: [
      {
        class: 'LTXVImgToVideo',
        when: 'pictures',
        pictures: ['image'],
        vae: true,
        sized: true,
        batch: true,
        frames: 'length',
        inputs: { strength: 0.15 },
        latent: 2,
      },
      { class: 'LTXVConditioning', when: 'always', inputs: { frame_rate: 25 }, fps: 'frame_rate' },
    ],
  },
];
