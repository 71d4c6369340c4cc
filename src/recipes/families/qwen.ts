// Qwen-Image: pictures from text, and edits, a row each.
import { qwenImageNets } from './control-nets.ts';
import type { Row } from '../family-row.ts';
import type { Encoder } from '../family.ts';
import { qwenVl7b, qwenVl8bInt8, shiftAuraFlow, slots } from './parts.ts';

const qwen21Encoder: Encoder = {
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

const qwenEditPlus: Encoder = {
  class: 'TextEncodeQwenImageEditPlus',
  prompt: 'prompt',
  vae: 'always',
  pictures: ['image1', 'image2', 'image3'],
};

const qwen21 = {
  since: '0.37.2',
  text: { loader: 'CLIPLoader', type: 'qwen_image', files: [qwenVl8bInt8] },
  vae: 'qwen_image_2.1_vae_bf16.safetensors',
  negative: 'empty',
  encoder: qwen21Encoder,
  patches: [{ class: 'QwenImage21Cache', inputs: { device: 'auto', dtype: 'default' } }],
  edit: { max: 16, latent: 'own' },
  startsFromPicture: false,
} as const;

const first = {
  text: { loader: 'CLIPLoader', type: 'qwen_image', files: [qwenVl7b] },
  vae: 'qwen_image_vae.safetensors',
  negative: 'text',
} as const;

const qwenImage = {
  since: '0.3.49',
  text: { loader: 'CLIPLoader', type: 'qwen_image', files: [qwenVl7b] },
  vae: 'qwen_image_vae.safetensors',
  size: [1328, 1328],
  negative: 'text',
  latent: 'EmptySD3LatentImage',
  control: ['net with vae', 'diffsynth'],
  nets: qwenImageNets,
  unshifted: 'diffsynth',
  patches: [shiftAuraFlow(3.1)],
} as const;

export const qwenRows: readonly Row[] = [
  {
    name: 'qwen-image-2.1-turbo',
    detect: /qwen[ ._-]?image[ ._-]?2[._]1.*turbo/,
    preference: 30,
    ...qwen21,
    since: '0.39.0',
    shape: 'advanced',
    model: 'qwen_image_2.1_turbo_int8_convrot.safetensors',
    sampling: { steps: 8, cfg: 1, sampler: 'euler', scheduler: 'ManualSigmas' },
    guider: { way: 'cfg' },
    schedule: {
      class: 'ManualSigmas',
      inputs: { sigmas: '1.0, 0.978453, 0.95418, 0.926626, 0.89508, 0.845148, 0.704534, 0.414568, 0' },
      takes: [],
    },
  },
  {
    name: 'qwen-image-2.1',
    detect: /qwen[ ._-]?image[ ._-]?2[._]1/,
    preference: 40,
    ...qwen21,
    model: 'qwen_image_2.1_int8_convrot.safetensors',
    sampling: { steps: 25, cfg: 1, sampler: 'euler', scheduler: 'simple' },
  },
  {
    name: 'qwen-image-2.1-remove-background',
    ...qwen21,
    model: 'qwen_image_2.1_int8_convrot.safetensors',
    sampling: { steps: 25, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    edit: { max: 1, needed: true, latent: 'own' },
    needsPicture: 'a picture to cut out',
    usualPrompt: 'Remove the background, and output a PNG image',
    note: 'the picture without its background; chosen by its name',
  },
  {
    name: 'qwen-image-layered',
    detect: /qwen[ ._-]?image[ ._-]?layered/,
    without: 'it needs a graph with layers: run its template (`run template:image_qwen_image_layered`)',
  },
  {
    name: 'qwen-image-edit-2511',
    detect: /qwen[ ._-]?image[ ._-]?edit.*2511|firered.*edit/,
    ...first,
    since: '0.5.0',
    model: [
      'qwen_image_edit_2511_fp8mixed.safetensors',
      'qwen_image_edit_2511_bf16.safetensors',
      'qwen_image_edit_2511_int8_convrot.safetensors',
    ],
    turbo: { lora: 'Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16.safetensors', steps: 4, cfg: 1 },
    sampling: { steps: 40, cfg: 4, sampler: 'euler', scheduler: 'simple' },
    patches: [shiftAuraFlow(3.1), { class: 'CFGNorm', inputs: { strength: 1 } }],
    needsPicture: 'a picture to edit',
    encoder: qwenEditPlus,
    edit: { max: 3, needed: true, scale: { class: 'FluxKontextImageScale', only: 'first' }, latent: 'picture' },
    wrap: {
      class: 'FluxKontextMultiReferenceLatentMethod',
      inputs: { reference_latents_method: 'index_timestep_zero' },
    },
  },
  {
    name: 'qwen-image-edit-2509',
    detect: /qwen[ ._-]?image[ ._-]?edit.*2509/,
    architectures: ['qwen-image-edit-plus'],
    ...first,
    since: '0.3.60',
    model: ['qwen_image_edit_2509_fp8_e4m3fn.safetensors', 'qwen_image_edit_2509_int8_convrot.safetensors'],
    turbo: { lora: 'Qwen-Image-Edit-2509-Lightning-4steps-V1.0-bf16.safetensors', steps: 4, cfg: 1 },
    sampling: { steps: 20, cfg: 4, sampler: 'euler', scheduler: 'simple' },
    patches: [shiftAuraFlow(3), { class: 'CFGNorm', inputs: { strength: 1 } }],
    needsPicture: 'a picture to edit',
    encoder: qwenEditPlus,
    edit: { max: 3, needed: true, scale: { class: 'FluxKontextImageScale', only: 'first' }, latent: 'picture' },
  },
  {
    name: 'qwen-image-edit',
    detect: /qwen[ ._-]?image[ ._-]?edit/,
    architectures: ['qwen-image-edit'],
    ...first,
    since: '0.3.51',
    model: 'qwen_image_edit_fp8_e4m3fn.safetensors',
    turbo: { lora: 'Qwen-Image-Edit-Lightning-4steps-V1.0-bf16.safetensors', steps: 4, cfg: 1 },
    sampling: { steps: 20, cfg: 2.5, sampler: 'euler', scheduler: 'simple' },
    patches: [shiftAuraFlow(3), { class: 'CFGNorm', inputs: { strength: 1 } }],
    needsPicture: 'a picture to edit',
    encoder: { class: 'TextEncodeQwenImageEdit', prompt: 'prompt', vae: 'always', pictures: ['image'] },
    edit: { max: 1, needed: true, latent: 'picture' },
  },
  {
    name: 'qwen-image-2512',
    detect: /qwen[ ._-]?image.*2512/,
    preference: 120,
    ...qwenImage,
    model: ['qwen_image_2512_fp8_e4m3fn.safetensors', 'qwen_image_2512_bf16.safetensors'],
    turbo: { lora: 'Qwen-Image-2512-Lightning-4steps-V1.0-fp32.safetensors', steps: 4, cfg: 1 },
    sampling: { steps: 50, cfg: 4, sampler: 'euler', scheduler: 'simple' },
  },
  {
    name: 'qwen-image',
    detect: /qwen[ ._-]?image/,
    architectures: ['qwen-image'],
    preference: 130,
    ...qwenImage,
    model: ['qwen_image_fp8_e4m3fn.safetensors', 'qwen_image_bf16.safetensors'],
    turbo: { lora: 'Qwen-Image-Lightning-8steps-V1.0.safetensors', steps: 8, cfg: 1 },
    inpaint: { file: 'Qwen-Image-InstantX-ControlNet-Inpainting.safetensors', folder: 'controlnet', cfg: 2.5 },
    sampling: { steps: 20, cfg: 4, sampler: 'euler', scheduler: 'simple' },
  },
];
