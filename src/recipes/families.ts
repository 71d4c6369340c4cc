// The family table: every row, and how a name finds its row. Adding a family is adding a row.
import type { Family } from './family.ts';
import { editFamilies } from './families/edit.ts';
import { imageFamilies } from './families/image.ts';
import { mediaFamilies } from './families/media.ts';

const noSampling = { steps: 0, cfg: 1, sampler: '', scheduler: '' };

const auxiliary: readonly Family[] = [
  {
    name: 'upscale-model',
    kind: 'upscale',
    loader: 'split',
    shape: 'upscale',
    since: '0.3.10 or earlier',
    sampling: noSampling,
    negative: 'none',
    files: [{ role: 'model', folder: 'upscale_models', names: ['RealESRGAN_x4plus.safetensors'] }],
    edit: { max: 1, needed: true, latent: 'own' },
    needsPicture: 'a picture to enlarge',
    takes: ['images', 'upscale'],
  },
  {
    name: 'seedvr2-3b',
    kind: 'upscale',
    loader: 'split',
    shape: 'restore',
    since: '0.25.0',
    sampling: { steps: 1, cfg: 1, sampler: 'euler', scheduler: 'simple' },
    negative: 'none',
    files: [
      { role: 'model', folder: 'diffusion_models', names: ['seedvr2_3b_int8_convrot.safetensors'] },
      { role: 'vae', folder: 'vae', names: ['seedvr2_ema_vae_fp16.safetensors'] },
    ],
    edit: { max: 1, needed: true, latent: 'own' },
    needsPicture: 'a picture to restore',
    takes: ['images', 'vae'],
  },
  {
    name: 'sdxl-refiner',
    kind: 'part',
    loader: 'checkpoint',
    shape: 'none',
    since: '0.3.10 or earlier',
    sampling: noSampling,
    negative: 'none',
    files: [{ role: 'checkpoint', folder: 'checkpoints', names: ['sd_xl_refiner_1.0.safetensors'] }],
    takes: [],
    note: 'the second stage of sdxl, never a base: give it with --refiner',
  },
];

/** All rows, in the order in which `list recipes` shows them. */
export const families: readonly Family[] = [...imageFamilies, ...editFamilies, ...mediaFamilies, ...auxiliary];

const byName = new Map(families.map((family) => [family.name, family]));

/** `<name>-ckpt` is a split family that lies whole in one checkpoint file. */
export function splitName(name: string): { readonly name: string; readonly checkpoint: boolean } {
  const lower = name.toLowerCase();
  return lower.endsWith('-ckpt') ? { name: lower.slice(0, -5), checkpoint: true } : { name: lower, checkpoint: false };
}

/** The row of a family; undefined when there is none of that name. */
export function findFamily(name: string): Family | undefined {
  return byName.get(splitName(name).name);
}

/** Text to image families in the order in which one is chosen when nothing is named: quick and common ones first. */
export const preferred: readonly string[] = [
  'z-image-turbo',
  'krea2-turbo',
  'qwen-image-2.1-turbo',
  'qwen-image-2.1',
  'flux2-klein-4b',
  'flux2-klein-9b',
  'flux1-dev',
  'flux1-krea-dev',
  'flux1-schnell',
  'flux2-dev',
  'flux3-klein',
  'qwen-image-2512',
  'qwen-image',
  'z-image',
  ...families.filter((family) => family.kind === 'image' && family.edit?.needed !== true).map((family) => family.name),
];
