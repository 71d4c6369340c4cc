// Files beside the models (upscalers, depth, segmentation, second stages), whose names hold those of families: tried first.
import type { Row } from '../family-row.ts';
import { early } from './parts.ts';

export const notModels: readonly Row[] = [
  {
    detect: /^pid_|lotus|depth.?anything|birefnet|^sam3|sdpose|rt[ ._-]?detr|^rife|marigold/,
    without: 'it is no model to generate with',
  },
  {
    name: 'sdxl-refiner',
    detect: /sd[ ._-]?xl[ ._-]?refiner|sdxl.*refiner/,
    architectures: ['stable-diffusion-xl-v1-refiner'],
    kind: 'part',
    shape: 'none',
    since: early,
    checkpoint: 'sd_xl_refiner_1.0.safetensors',
    sampling: { steps: 0, cfg: 1, sampler: '', scheduler: '' },
    negative: 'none',
    note: 'the second stage of sdxl, never a base: it is what the option refiner takes',
  },
  {
    detect: /ideogram[ ._-]?4.*uncond/,
    without: 'it is no model to generate with',
  },
];
