// File name and metadata -> family: every row finds its own files, and special names are not taken by general patterns.
import { describe, expect, test } from 'vitest';
import { familyOf } from '../../src/recipes/detect.ts';
import { families, findFamily, preferred, rows } from '../../src/recipes/families.ts';
import { isOther } from '../../src/recipes/family-row.ts';

const told = families().filter((family) => family.detect !== undefined);

test.each(told.map((family) => [family.name, family] as const))('%s: its own files are found', (name, family) => {
  const main = family.files[0];
  for (const file of main?.names ?? []) expect([file, familyOf(file, main?.folder).family]).toEqual([file, name]);
});

test('the order of the rows decides: each name fits several patterns, and the special row stands first', () => {
  const winners: Readonly<Record<string, readonly [first: string, later: string]>> = {
    'qwen_image_2.1_turbo.safetensors': ['qwen-image-2.1-turbo', 'qwen-image-2.1'],
    'qwen_image_edit_2511_bf16.safetensors': ['qwen-image-edit-2511', 'qwen-image-edit'],
    'qwen_image_2512.safetensors': ['qwen-image-2512', 'qwen-image'],
    'z_image_turbo_bf16.safetensors': ['z-image-turbo', 'z-image'],
    'flux-2-klein-base-9b.safetensors': ['flux2-klein-base-9b', 'flux2-klein-4b'],
    'flux1-krea-dev.safetensors': ['flux1-krea-dev', 'flux1-dev'],
    'flux1-fill-dev.safetensors': ['flux1-fill-dev', 'flux1-dev'],
    'Wan2_2-Animate-14B.safetensors': ['wan-special', ''],
    'ltx-2.5-22b.safetensors': ['ltx-2.5', 'ltx-2.3'],
    'ernie-image-turbo.safetensors': ['ernie-image-turbo', 'ernie-image'],
    'sd_xl_refiner_1.0.safetensors': ['sdxl-refiner', 'sdxl'],
    'juggernautXL_lightning.safetensors': ['sdxl-lightning', 'sdxl'],
  };
  for (const [file, [first, later]] of Object.entries(winners)) {
    const fitting = rows.filter((row) => row.detect?.test(file.toLowerCase())).map((row) => row.name);
    expect([file, fitting[0], familyOf(file).family]).toEqual([file, first, first]);
    if (later !== '') expect(fitting).toContain(later);
  }
});

test.each([
  ['animagine-xl-4.0.safetensors', 'sdxl'],
  ['pony-v7-base.safetensors', 'auraflow'],
  ['pid_flux1_4x.safetensors', null],
  ['hunyuanvideo1.5_1080p_sr_distilled.safetensors', null],
  ['ideogram4_unconditional_fp8_scaled.safetensors', null],
  ['512-inpainting-ema.ckpt', 'sd21'],
  ['flux1-redux-dev.safetensors', null],
])('%s is %s', (file, family) => {
  expect(familyOf(file)).toMatchObject({ family, by: 'name' });
});

describe('metadata', () => {
  const byMetadata = (value: string): string | null =>
    familyOf('mix.safetensors', 'checkpoints', { metadata: { 'modelspec.architecture': value } }).family;
  test('the longest beginning that fits decides', () => {
    expect(byMetadata('flux.1-dev')).toBe('flux1-dev');
    expect(byMetadata('Flux.1-dev/kontext')).toBe('flux1-kontext-dev');
    expect(byMetadata('lightricks-ltx-video-2-5')).toBe('ltx-2.5');
    expect(byMetadata('lightricks-ltx-video-2')).toBe('ltx-2.3');
  });
  test('a LoRA, a VAE: no model', () => {
    expect(byMetadata('stable-diffusion-xl-v1-base/lora')).toBeNull();
  });
});

test('names and architectures are nobody else’s', () => {
  const names = rows.flatMap((row) => row.name ?? []);
  expect(new Set(names).size).toBe(names.length);
  const starts = rows.flatMap((row) => row.architectures ?? []);
  expect(new Set(starts).size).toBe(starts.length);
  for (const row of rows.filter(isOther)) expect(findFamily(row.name ?? 'none')).toBeUndefined();
});

test('what is chosen when nothing is named: the lowest number first, none that needs a picture', () => {
  expect(
    preferred()
      .slice(0, 3)
      .map((family) => family.name),
  ).toEqual(['z-image-turbo', 'krea2-turbo', 'qwen-image-2.1-turbo']);
  const numbers = preferred().flatMap((family) => family.preference ?? []);
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(preferred().filter((family) => family.edit?.needed === true || family.kind !== 'image')).toEqual([]);
});
