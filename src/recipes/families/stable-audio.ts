// Stable Audio, a row each.
import type { Row } from '../family-row.ts';

const stableAudio = {
  kind: 'audio',
  latent: { class: 'EmptyLatentAudio', sized: false, seconds: 'seconds' },
} as const;

const stableAudio3 = {
  since: '0.22.0',
  text: { loader: 'CLIPLoader', type: 'stable_audio', files: ['t5gemma_b_b_ul2.safetensors'] },
  seconds: 150,
} as const;

export const stableAudioRows: readonly Row[] = [
  {
    name: 'stable-audio-3-base',
    detect: /stable[ ._-]?audio[ ._-]?3.*base/,
    ...stableAudio,
    ...stableAudio3,
    checkpoint: 'stable_audio_3_medium_base.safetensors',
    sampling: { steps: 50, cfg: 7, sampler: 'lcm', scheduler: 'simple' },
    negative: 'text',
  },
  {
    name: 'stable-audio-3',
    detect: /stable[ ._-]?audio[ ._-]?3/,
    ...stableAudio,
    ...stableAudio3,
    checkpoint: 'stable_audio_3_medium.safetensors',
    sampling: { steps: 8, cfg: 1, sampler: 'lcm', scheduler: 'simple' },
    negative: 'empty',
  },
  {
    name: 'stable-audio-open',
    detect: /stable[ ._-]?audio/,
    ...stableAudio,
    since: '0.3.35',
    checkpoint: 'stable-audio-open-1.0.safetensors',
    text: { loader: 'CLIPLoader', type: 'stable_audio', files: ['t5-base.safetensors'] },
    sampling: { steps: 50, cfg: 4.98, sampler: 'dpmpp_3m_sde_gpu', scheduler: 'exponential' },
    negative: 'text',
    seconds: 47.6,
  },
];
