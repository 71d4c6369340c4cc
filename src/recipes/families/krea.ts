// Krea 2.
import type { Row } from '../family-row.ts';
import { qwenVl4bFp8 } from './parts.ts';

export const kreaRows: readonly Row[] = [
  {
    name: 'krea2-turbo',
    detect: /krea[ ._-]?2.*turbo/,
    architectures: ['krea-2'],
    preference: 20,
    since: '0.26.0',
    model: ['krea2_turbo_fp8_scaled.safetensors', 'krea2_turbo_int8_convrot.safetensors'],
    text: { loader: 'CLIPLoader', type: 'krea2', files: [qwenVl4bFp8] },
    vae: 'qwen_image_vae.safetensors',
    sampling: { steps: 8, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    negative: 'zero',
    nag: true,
  },
];
