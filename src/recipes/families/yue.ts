// YuE 2: songs from a style and lyrics, and covers of a sound.
import type { Row } from '../family-row.ts';

export const yueRows: readonly Row[] = [
  {
    name: 'yue2',
    detect: /(^|[^a-z])yue[ ._-]?2/,
    kind: 'audio',
    since: '0.36.0',
    checkpoint: 'yue2_3b_int8_convrot.safetensors',
    files: [
      { role: 'audio encoder', folder: 'audio_encoders', names: ['sheetsage2_bf16.safetensors'], optional: true },
    ],
    sampling: { steps: 32, cfg: 1, sampler: 'dpm_2', scheduler: 'sgm_uniform' },
    negative: 'zero',
    negativeFixed: true,
    latent: { class: 'EmptyYuE2LatentAudio', sized: false, seconds: 'seconds' },
    seconds: 360,
    encoder: {
      class: 'YuE2GenerateMusic',
      prompt: 'style',
      lyrics: 'lyrics',
      seed: 'seed',
      seconds: 'max_duration',
      length: 1,
      score: { input: 'abc', inputs: { mode: 'melody' } },
      inputs: { abc: '', mode: 'full', temperature: 1, top_p: 0.95, top_k: 100, repetition_penalty: 1.2 },
    },
    edit: { max: 1, latent: 'own' },
  },
];
