// Z-Image, a row each.
import { zImageTurboNets } from './control-nets.ts';
import type { Row } from '../family-row.ts';
import { qwen3For4b, shiftAuraFlow } from './parts.ts';

const zImage = {
  since: '0.3.74',
  text: { loader: 'CLIPLoader', type: 'lumina2', files: [qwen3For4b] },
  vae: 'ae.safetensors',
  latent: 'EmptySD3LatentImage',
  patches: [shiftAuraFlow(3)],
} as const;

export const zImageRows: readonly Row[] = [
  {
    name: 'z-image-turbo',
    detect: /z[ ._-]?image.*turbo/,
    preference: 10,
    ...zImage,
    model: ['z_image_turbo_bf16.safetensors', 'z_image_turbo_int8_convrot.safetensors'],
    sampling: { steps: 8, cfg: 1, sampler: 'res_multistep', scheduler: 'simple' },
    negative: 'zero',
    control: ['diffsynth'],
    nets: zImageTurboNets,
  },
  {
    name: 'z-image',
    detect: /(^|[^a-z])z[ ._-]?image/,
    architectures: ['z-image'],
    preference: 140,
    ...zImage,
    model: ['z_image_bf16.safetensors', 'z_image_int8_convrot.safetensors'],
    sampling: { steps: 25, cfg: 4, sampler: 'res_multistep', scheduler: 'simple' },
    negative: 'text',
  },
];
