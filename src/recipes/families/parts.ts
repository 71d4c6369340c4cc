// Pieces that several rows of the family table share: file names, nodes written as data.
import type { Edit, Patch, Schedule } from '../family.ts';

/** Older than the recipes: in every ComfyUI that is around. */
export const early = '0.3.10 or earlier';

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
export const qwenVl8bInt8 = ['qwen3vl_8b_int8_convrot.safetensors', 'qwen3vl_8b_fp8_scaled.safetensors'] as const;
export const qwenVl4bFp8 = [
  'qwen3vl_4b_fp8_scaled.safetensors',
  'qwen3vl_4b_bf16.safetensors',
  'qwen3vl_4b_int8_convrot.safetensors',
] as const;
export const qwenVl4bInt8 = [
  'qwen3vl_4b_int8_convrot.safetensors',
  'qwen3vl_4b_fp8_scaled.safetensors',
  'qwen3vl_4b_bf16.safetensors',
] as const;
export const qwenVl4bBf16 = [
  'qwen3vl_4b_bf16.safetensors',
  'qwen3vl_4b_fp8_scaled.safetensors',
  'qwen3vl_4b_int8_convrot.safetensors',
] as const;
export const qwen35For9b = ['qwen3.5_9b_w4a8_gptq.safetensors', 'qwen3.5_9b_int8_convrot.safetensors'] as const;
export const qwen35For9bInt8 = ['qwen3.5_9b_int8_convrot.safetensors', 'qwen3.5_9b_w4a8_gptq.safetensors'] as const;
export const qwen3For4b = ['qwen_3_4b.safetensors', 'qwen_3_4b_fp8_mixed.safetensors'] as const;
export const flux2Vae = ['flux2-vae.safetensors', 'full_encoder_small_decoder.safetensors'] as const;
export const flux2SmallVae = ['full_encoder_small_decoder.safetensors', 'flux2-vae.safetensors'] as const;
export const umt5 = ['umt5_xxl_fp8_e4m3fn_scaled.safetensors', 'umt5_xxl_fp16.safetensors'] as const;
export const wanVae = ['wan_2.1_vae.safetensors', 'Wan2_1_VAE_bf16.safetensors'] as const;

/** Why there is no recipe, and how to run the model all the same. */
export const galleryOnly = (word: string, since?: string): string =>
  `it runs as its gallery template${since === undefined ? '' : ` (ComfyUI ${since})`}: \`comfy-gen list templates ${word}\` names it, \`comfy-gen run template:<name>\` runs it`;

/** Names of numbered slots. */
export const slots = (stem: string, from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${stem}${from + i}`);

export const toMegapixel = (method: string, multiple = 1): NonNullable<Edit['scale']> => ({
  class: 'ImageScaleToTotalPixels',
  inputs: { upscale_method: method, megapixels: 1, resolution_steps: multiple },
});

/** The node that shifts the noise schedule; the option shift sets its value. */
export const shiftAuraFlow = (shift: number): Patch => ({
  class: 'ModelSamplingAuraFlow',
  inputs: { shift },
  shift: true,
});
export const shiftSd3 = (shift: number): Patch => ({ class: 'ModelSamplingSD3', inputs: { shift }, shift: true });

/** What nodes share that make a video's latent, their third output, from its first frame. */
export const fromFirstFrame = {
  when: 'pictures',
  pictures: ['start_image'],
  vae: true,
  sized: true,
  batch: true,
  frames: 'length',
  latent: 2,
} as const;

/** Quantized attention on graphics cards that have it; a server that does not list it gets its plain one. */
export const kitchenAttention: Patch = {
  class: 'ModelAttentionBackend',
  inputs: { attention: 'comfy kitchen attention' },
};

export const basicSigmas: Schedule = { class: 'BasicScheduler', takes: ['model', 'scheduler', 'steps', 'denoise'] };
