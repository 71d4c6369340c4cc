// ACE-Step: songs, a row each.
import type { Row } from '../family-row.ts';
import type { Encoder } from '../family.ts';
import { shiftAuraFlow, shiftSd3 } from './parts.ts';

const aceEncoder = (topP: number): Encoder => ({
  class: 'TextEncodeAceStepAudio1.5',
  prompt: 'tags',
  seed: 'seed',
  seconds: 'duration',
  lyrics: 'lyrics',
  inputs: {
    bpm: 120,
    timesignature: '4',
    language: 'en',
    keyscale: 'C major',
    generate_audio_codes: true,
    cfg_scale: 2,
    temperature: 0.85,
    top_p: topP,
    top_k: 0,
    min_p: 0,
  },
});

const ace15 = {
  kind: 'audio',
  negative: 'zero',
  latent: { class: 'EmptyAceStep1.5LatentAudio', sized: false, seconds: 'seconds' },
  seconds: 120,
  patches: [shiftAuraFlow(3)],
  negativeFixed: true,
} as const;

const ace15xl = {
  since: '0.19.0',
  text: { loader: 'DualCLIPLoader', type: 'ace', files: ['qwen_0.6b_ace15.safetensors', 'qwen_4b_ace15.safetensors'] },
  vae: 'ace_1.5_vae.safetensors',
} as const;

export const aceStepRows: readonly Row[] = [
  {
    name: 'ace-step-1.5-xl-turbo',
    detect: /ace[ ._-]?step.*1[._]5.*xl.*turbo/,
    ...ace15,
    ...ace15xl,
    model: 'acestep_v1.5_xl_turbo_bf16.safetensors',
    sampling: { steps: 8, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    encoder: aceEncoder(0.9),
  },
  {
    name: 'ace-step-1.5-xl-sft',
    detect: /ace[ ._-]?step.*1[._]5.*xl.*sft/,
    ...ace15,
    ...ace15xl,
    model: 'acestep_v1.5_xl_sft_bf16.safetensors',
    sampling: { steps: 50, cfg: 7, sampler: 'euler', scheduler: 'simple' },
    encoder: aceEncoder(1),
  },
  {
    name: 'ace-step-1.5-xl-base',
    detect: /ace[ ._-]?step.*1[._]5.*xl/,
    ...ace15,
    ...ace15xl,
    model: 'acestep_v1.5_xl_base_bf16.safetensors',
    sampling: { steps: 50, cfg: 6, sampler: 'euler', scheduler: 'simple' },
    encoder: aceEncoder(0.9),
  },
  {
    name: 'ace-step-1.5',
    detect: /ace[ ._-]?step.*1[._]5/,
    architectures: ['ace-step-1_5'],
    ...ace15,
    since: '0.12.0',
    checkpoint: 'ace_step_1.5_turbo_aio.safetensors',
    sampling: { steps: 8, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    encoder: aceEncoder(0.9),
    plainWeights: true,
  },
  {
    name: 'ace-step-1',
    detect: /ace[ ._-]?step/,
    kind: 'audio',
    since: '0.3.35',
    checkpoint: 'ace_step_v1_3.5b.safetensors',
    sampling: { steps: 50, cfg: 5, sampler: 'euler', scheduler: 'simple' },
    negative: 'zero',
    latent: { class: 'EmptyAceStepLatentAudio', sized: false, seconds: 'seconds' },
    seconds: 120,
    encoder: { class: 'TextEncodeAceStepAudio', prompt: 'tags', lyrics: 'lyrics', inputs: { lyrics_strength: 0.99 } },
    negativeFixed: true,
    patches: [
      shiftSd3(5),
      {
        class: 'LatentApplyOperationCFG',
        inputs: { operation: { class: 'LatentOperationTonemapReinhard', inputs: { multiplier: 1 } } },
      },
    ],
  },
];
