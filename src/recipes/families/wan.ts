// Wan: video from text and from a picture, a row each.
import type { Row } from '../family-row.ts';
import { fromFirstFrame, shiftSd3, umt5, wanVae } from './parts.ts';

const wan = {
  kind: 'video',
  text: { loader: 'CLIPLoader', type: 'wan', files: [umt5] },
  negative: 'text',
} as const;

const wan21 = {
  since: '0.3.31',
  vae: wanVae,
  multiple: 16,
  patches: [shiftSd3(8)],
  frames: { count: 33, step: 4, plus: 1, fps: 16 },
} as const;

const wan22 = {
  shape: 'stages',
  since: '0.3.46',
  vae: wanVae,
  size: [640, 640],
  multiple: 16,
  sampling: { steps: 20, cfg: 3.5, sampler: 'euler', scheduler: 'simple' },
  patches: [shiftSd3(5)],
  frames: { count: 81, step: 4, plus: 1, fps: 16 },
} as const;

// The video's own frames a second go into the result.
const animate = {
  kind: 'video',
  shape: 'animate',
  since: '0.36.0',
  text: { loader: 'CLIPLoader', type: 'wan', files: [umt5] },
  vae: ['Wan2_1_VAE_bf16.safetensors', 'wan_2.1_vae.safetensors'],
  files: [{ role: 'clip vision', folder: 'clip_vision', names: ['clip_vision_h.safetensors'] }],
  size: [480, 832],
  multiple: 16,
  negative: 'empty',
  patches: [{ class: 'WanAnimate2Cache', inputs: { device: 'gpu', dtype: 'int8' } }, shiftSd3(5)],
  scheduledPatches: 1,
  frames: { count: 81, step: 4, plus: 1, fps: 30 },
  edit: { max: 2, min: 2, needed: true, latent: 'own' },
  needsPicture: 'two: a picture of the character, and a video to move it by',
  cannot: ['fps'],
} as const;

export const wanRows: readonly Row[] = [
  {
    name: 'wan-animate-2-distilled',
    detect: /wan[ ._-]?animate[ ._-]?2.*distill/,
    ...animate,
    model: 'wan_animate_2_distill_int8_convrot.safetensors',
    sampling: { steps: 10, cfg: 1, sampler: 'lcm', scheduler: 'simple' },
  },
  {
    name: 'wan-animate-2',
    detect: /wan[ ._-]?animate[ ._-]?2/,
    ...animate,
    model: 'wan_animate_2_int8_convrot.safetensors',
    lora: 'lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors',
    sampling: { steps: 6, cfg: 1, sampler: 'lcm', scheduler: 'simple' },
  },
  {
    name: 'wan-special',
    detect: /wan.*(vace|fun|camera|animate|s2v|humo|infinitetalk|scail|dancer|wanmove|ati|alpha|flf2v|bernini|causal)/,
    without: 'its control, speech or motion inputs need their own graphs: run its template',
  },
  {
    name: 'wan2.2-5b',
    detect: /wan[ ._-]?2[._]2.*ti2v.*5b/,
    architectures: ['wan-2_2-ti2v-5b'],
    ...wan,
    since: '0.3.46',
    model: 'wan2.2_ti2v_5B_fp16.safetensors',
    vae: 'wan2.2_vae.safetensors',
    size: [1280, 704],
    multiple: 32,
    sampling: { steps: 20, cfg: 5, sampler: 'uni_pc', scheduler: 'simple' },
    latent: { class: 'Wan22ImageToVideoLatent', vae: true, pictures: ['start_image'], frames: 'length' },
    patches: [shiftSd3(8)],
    frames: { count: 121, step: 4, plus: 1, fps: 24 },
    edit: { max: 1, latent: 'own' },
  },
  {
    name: 'wan2.2-14b-i2v',
    detect: /wan[ ._-]?2[._]2.*i2v/,
    architectures: ['wan-2_2-image2video-14b'],
    ...wan,
    ...wan22,
    files: [
      {
        role: 'model, high noise',
        folder: 'diffusion_models',
        names: ['wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors'],
      },
      {
        role: 'model, low noise',
        folder: 'diffusion_models',
        names: ['wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors'],
      },
    ],
    turbo: {
      lora: 'wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise.safetensors',
      lowLora: 'wan2.2_i2v_lightx2v_4steps_lora_v1_low_noise.safetensors',
      steps: 4,
      cfg: 1,
      split: 2,
    },
    conditioners: [
      {
        class: 'WanImageToVideo',
        ...fromFirstFrame,
      },
    ],
    edit: { max: 1, needed: true, latent: 'own' },
    needsPicture: 'a first frame',
  },
  {
    name: 'wan2.2-14b-t2v',
    detect: /wan[ ._-]?2[._]2.*t2v/,
    ...wan,
    ...wan22,
    files: [
      {
        role: 'model, high noise',
        folder: 'diffusion_models',
        names: ['wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors'],
      },
      {
        role: 'model, low noise',
        folder: 'diffusion_models',
        names: ['wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors'],
      },
    ],
    turbo: {
      lora: 'wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise.safetensors',
      lowLora: 'wan2.2_t2v_lightx2v_4steps_lora_v1.1_low_noise.safetensors',
      steps: 4,
      cfg: 1,
      split: 2,
    },
    latent: { class: 'EmptyHunyuanLatentVideo', frames: 'length' },
  },
  {
    name: 'wan2.1-i2v',
    detect: /wan[ ._-]?2[._]1.*i2v/,
    architectures: ['wan-2_1-image2video'],
    ...wan,
    ...wan21,
    model: ['wan2.1_i2v_480p_14B_fp16.safetensors', 'Wan2_1-I2V-14B-480p_fp8_e4m3fn_scaled_KJ.safetensors'],
    files: [{ role: 'clip vision', folder: 'clip_vision', names: ['clip_vision_h.safetensors'] }],
    size: [512, 512],
    sampling: { steps: 20, cfg: 6, sampler: 'uni_pc', scheduler: 'simple' },
    conditioners: [
      {
        class: 'WanImageToVideo',
        ...fromFirstFrame,
        vision: { input: 'clip_vision_output', crop: 'none' },
      },
    ],
    edit: { max: 1, needed: true, latent: 'own' },
    needsPicture: 'a first frame',
  },
  {
    name: 'wan2.1-1.3b',
    detect: /wan[ ._-]?2[._]1.*t2v/,
    architectures: ['wan-2_1-text2video'],
    ...wan,
    ...wan21,
    model: 'wan2.1_t2v_1.3B_fp16.safetensors',
    size: [832, 480],
    sampling: { steps: 30, cfg: 6, sampler: 'uni_pc', scheduler: 'simple' },
    latent: { class: 'EmptyHunyuanLatentVideo', frames: 'length' },
  },
];
