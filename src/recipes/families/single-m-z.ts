// Image models of small kin, M to Z, a row each.
import type { Row } from '../family-row.ts';
import type { Encoder } from '../family.ts';
import { basicSigmas, galleryOnly, qwenVl4bBf16, shiftAuraFlow, toMegapixel } from './parts.ts';

const mageEncoder: Encoder = {
  class: 'TextEncodeMageFlowEdit',
  prompt: 'prompt',
  negative: 'negative_prompt',
  vae: 'always',
  sized: true,
  batch: true,
  latent: { slot: 2, when: 'always' },
};

const mage = {
  since: '0.29.0',
  text: { loader: 'CLIPLoader', type: 'mage', files: [qwenVl4bBf16] },
  vae: 'mage_flow_vae_bf16.safetensors',
  multiple: 16,
  encoder: mageEncoder,
  startsFromPicture: false,
} as const;

export const singleMZRows: readonly Row[] = [
  {
    name: 'mage-flow-edit',
    detect: /mage.?flow.*edit/,
    without: 'run its template (`run template:image_mage_flow_edit_int8`)',
  },
  {
    name: 'mage-flow-turbo',
    detect: /mage.?flow.*turbo/,
    preference: 370,
    ...mage,
    model: 'mage_flow_turbo_int8_convrot.safetensors',
    sampling: { steps: 4, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    negative: 'zero',
  },
  {
    name: 'mage-flow',
    detect: /mage.?flow/,
    architectures: ['mage-flow'],
    preference: 360,
    ...mage,
    model: 'mage_flow_int8_convrot.safetensors',
    sampling: { steps: 30, cfg: 5, sampler: 'euler', scheduler: 'simple' },
    negative: 'text',
  },
  {
    name: 'newbie',
    detect: /newbie/,
    preference: 310,
    since: '0.6.0',
    model: 'NewBie-Image-Exp0.1-bf16.safetensors',
    text: {
      loader: 'DualCLIPLoader',
      type: 'newbie',
      files: ['gemma_3_4b_it_bf16.safetensors', 'jina_clip_v2_bf16.safetensors'],
    },
    vae: 'ae.safetensors',
    size: [1024, 1536],
    sampling: { steps: 20, cfg: 5.5, sampler: 'res_multistep', scheduler: 'simple' },
    negative: 'text',
    latent: 'EmptySD3LatentImage',
    patches: [shiftAuraFlow(6)],
    prefix: {
      prompt:
        'You are an assistant designed to generate high-quality anime images with the highest degree of image-text alignment based on xml format textual prompts. <Prompt Start>\n',
      negative:
        'You are an assistant designed to generate low-quality images based on textual prompts. <Prompt Start>\n',
    },
    promptNote: 'it is trained on XML-like prompts; a plain one runs, but off its training',
  },
  {
    name: 'omnigen2',
    detect: /omnigen2/,
    architectures: ['omnigen-2'],
    preference: 270,
    shape: 'advanced',
    since: '0.3.42',
    model: 'omnigen2_fp16.safetensors',
    text: { loader: 'CLIPLoader', type: 'omnigen2', files: ['qwen_2.5_vl_fp16.safetensors'] },
    vae: 'ae.safetensors',
    sampling: { steps: 20, cfg: 5, sampler: 'euler', scheduler: 'simple' },
    negative: 'text',
    latent: 'EmptySD3LatentImage',
    guider: { way: 'dual', second: 2, last: 'negative' },
    schedule: basicSigmas,
    edit: { max: 3, scale: toMegapixel('area'), reference: 'both', latent: 'sized' },
    startsFromPicture: false,
  },
  {
    name: 'ovis-image',
    detect: /ovis.?image/,
    architectures: ['ovis'],
    preference: 280,
    since: '0.4.0',
    model: 'ovis_image_bf16.safetensors',
    text: { loader: 'CLIPLoader', type: 'ovis', files: ['ovis_2.5.safetensors'] },
    vae: 'ae.safetensors',
    sampling: { steps: 20, cfg: 5, sampler: 'euler', scheduler: 'simple' },
    negative: 'text',
    latent: 'EmptySD3LatentImage',
    patches: [shiftAuraFlow(3)],
  },
  {
    name: 'pixeldit',
    detect: /pixeldit/,
    architectures: ['pixeldit'],
    preference: 350,
    since: '0.23.0',
    model: 'pixeldit_1300m_1024px_bf16.safetensors',
    text: {
      loader: 'CLIPLoader',
      type: 'pixeldit',
      files: [['gemma_2_2b_it_elm_bf16.safetensors', 'gemma_2_2b_it_elm_fp8_scaled.safetensors']],
    },
    multiple: 16,
    sampling: { steps: 30, cfg: 4, sampler: 'er_sde', scheduler: 'simple' },
    negative: 'text',
    latent: 'EmptyChromaRadianceLatentImage',
    builtInVae: 'pixel_space',
    startsFromPicture: false,
  },
  {
    name: 'pan2',
    detect: /(^|[^a-z])pan[ ._-]?2([^a-z0-9]|$)/,
    without: galleryOnly('pan', '0.46.0'),
  },
  {
    name: 'sensenova',
    detect: /sense[ ._-]?nova/,
    without: galleryOnly('sensenova'),
  },
  {
    name: 'auraflow',
    detect: /pony.?v7|auraflow/,
    without: 'no settings are known for it',
  },
];
