// Chroma, a row each.
import type { Row } from '../family-row.ts';
import { basicSigmas, shiftAuraFlow, t5Small } from './parts.ts';

const chroma = {
  shape: 'advanced',
  text: { loader: 'CLIPLoader', type: 'chroma', files: [t5Small] },
  negative: 'text',
  guider: { way: 'cfg' },
  clipPatches: [{ class: 'T5TokenizerOptions', inputs: { min_padding: 0, min_length: 0 } }],
} as const;

export const chromaRows: readonly Row[] = [
  {
    name: 'chroma1-radiance',
    detect: /chroma.*radiance/,
    architectures: ['chroma-radiance'],
    preference: 210,
    ...chroma,
    since: '0.3.60',
    model: 'chroma-radiance-x0.safetensors',
    sampling: { steps: 30, cfg: 3.5, sampler: 'euler', scheduler: 'BetaSamplingScheduler(0.4, 0.4)' },
    latent: 'EmptyChromaRadianceLatentImage',
    schedule: { class: 'BetaSamplingScheduler', inputs: { alpha: 0.4, beta: 0.4 }, takes: ['model', 'steps'] },
    builtInVae: 'pixel_space',
    patches: [
      {
        class: 'ChromaRadianceOptions',
        inputs: {
          preserve_wrapper: true,
          start_sigma: 1,
          end_sigma: 0,
          nerf_tile_size: -1,
          force_sequential_txt_ids: false,
        },
      },
      shiftAuraFlow(1),
    ],
    startsFromPicture: false,
  },
  {
    name: 'chroma1-hd',
    detect: /(^|[^a-z])chroma/,
    architectures: ['chroma'],
    preference: 200,
    ...chroma,
    since: '0.3.31',
    model: ['Chroma1-HD-fp8mixed.safetensors', 'Chroma1-HD.safetensors'],
    vae: 'ae.safetensors',
    sampling: { steps: 26, cfg: 3.5, sampler: 'euler', scheduler: 'beta' },
    latent: 'EmptySD3LatentImage',
    schedule: basicSigmas,
    patches: [shiftAuraFlow(1)],
  },
];
