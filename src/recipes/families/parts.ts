// Pieces that several rows of the family table share: file names, sets of options, nodes written as data.
import type { Edit, Encoder, Schedule, Takes } from '../family.ts';

export const t5Large = [
  't5xxl_fp16.safetensors',
  't5xxl_fp8_e4m3fn_scaled.safetensors',
  't5xxl_fp8_e4m3fn.safetensors',
] as const;
export const t5Small = [
  't5xxl_fp8_e4m3fn_scaled.safetensors',
  't5xxl_fp16.safetensors',
  't5xxl_fp8_e4m3fn.safetensors',
] as const;
export const qwenVl7b = ['qwen_2.5_vl_7b_fp8_scaled.safetensors', 'qwen_2.5_vl_7b.safetensors'] as const;
export const qwenVl8b = ['qwen3vl_8b_fp8_scaled.safetensors', 'qwen3vl_8b_int8_convrot.safetensors'] as const;
export const qwen3For4b = ['qwen_3_4b.safetensors', 'qwen_3_4b_fp8_mixed.safetensors'] as const;
export const flux2Vae = ['flux2-vae.safetensors', 'full_encoder_small_decoder.safetensors'] as const;
export const flux2SmallVae = ['full_encoder_small_decoder.safetensors', 'flux2-vae.safetensors'] as const;
export const umt5 = ['umt5_xxl_fp8_e4m3fn_scaled.safetensors', 'umt5_xxl_fp16.safetensors'] as const;
export const wanVae = ['wan_2.1_vae.safetensors', 'Wan2_1_VAE_bf16.safetensors'] as const;

/** What every sampler with a named scheduler takes. */
export const knobs: readonly Takes[] = ['cfg', 'sampler', 'scheduler', 'size', 'steps'];
/** What a model with ordinary loaders takes. */
export const finish: readonly Takes[] = ['loras', 'upscale', 'vae'];
/** What starting from a picture needs. */
export const start: readonly Takes[] = ['denoise', 'images', 'mask'];

/** Names of numbered slots. */
export const slots = (stem: string, from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${stem}${from + i}`);

export const toMegapixel = (method: string, multiple = 1): NonNullable<Edit['scale']> => ({
  class: 'ImageScaleToTotalPixels',
  inputs: { upscale_method: method, megapixels: 1, resolution_steps: multiple },
});

export const basicSigmas: Schedule = { class: 'BasicScheduler', takes: ['model', 'scheduler', 'steps', 'denoise'] };
export const turboSigmas: Schedule = { class: 'SDTurboScheduler', takes: ['model', 'steps', 'denoise'] };
export const flux2Sigmas: Schedule = { class: 'Flux2Scheduler', takes: ['steps', 'size'] };

export const qwen21Encoder: Encoder = {
  class: 'TextEncodeQwenImage21',
  prompt: 'prompt',
  negative: 'negative_prompt',
  inputs: { resolution: 1024 },
  // 0: each picture at its own size, so that the result lies over it.
  pictureInputs: { resolution: 0 },
  pictures: slots('images.image_', 1, 16),
  vae: 'pictures',
  latent: { slot: 2, when: 'pictures' },
};

export const mageEncoder: Encoder = {
  class: 'TextEncodeMageFlowEdit',
  prompt: 'prompt',
  negative: 'negative_prompt',
  vae: 'always',
  sized: true,
  batch: true,
  latent: { slot: 2, when: 'always' },
};

export const qwenEditPlus: Encoder = {
  class: 'TextEncodeQwenImageEditPlus',
  prompt: 'prompt',
  vae: 'always',
  pictures: ['image1', 'image2', 'image3'],
};

export const aceEncoder = (topP: number): Encoder => ({
  class: 'TextEncodeAceStepAudio1.5',
  prompt: 'tags',
  seed: 'seed',
  seconds: 'duration',
  inputs: {
    lyrics: '',
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
