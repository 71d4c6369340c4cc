// Kandinsky 5, a row each.
import type { Row } from '../family-row.ts';
import { qwenVl7b, shiftSd3 } from './parts.ts';

export const kandinskyRows: readonly Row[] = [
  {
    name: 'kandinsky5-video',
    detect: /kandinsky5.*(t2v|i2v)/,
    kind: 'video',
    since: '0.4.0',
    model: 'kandinsky5lite_t2v_sft_5s.safetensors',
    text: { loader: 'DualCLIPLoader', type: 'kandinsky5', files: [qwenVl7b, 'clip_l.safetensors'] },
    vae: 'hunyuan_video_vae_bf16.safetensors',
    size: [768, 512],
    multiple: 16,
    sampling: { steps: 50, cfg: 5, sampler: 'euler_ancestral', scheduler: 'beta' },
    negative: 'text',
    patches: [shiftSd3(5)],
    frames: { count: 121, step: 4, plus: 1, fps: 24 },
    conditioners: [
      {
        class: 'Kandinsky5ImageToVideo',
        when: 'always',
        vae: true,
        sized: true,
        batch: true,
        frames: 'length',
        latent: 2,
      },
    ],
  },
  {
    name: 'kandinsky5-lite',
    detect: /kandinsky.?5.*t2i/,
    architectures: ['kandinsky5-image-lite'],
    preference: 300,
    since: '0.4.0',
    model: 'kandinsky5lite_t2i.safetensors',
    text: { loader: 'DualCLIPLoader', type: 'kandinsky5_image', files: [qwenVl7b, 'clip_l.safetensors'] },
    vae: 'ae.safetensors',
    sampling: { steps: 50, cfg: 3.5, sampler: 'euler', scheduler: 'simple' },
    negative: 'text',
    patches: [shiftSd3(3)],
  },
];
