// Families of ComfyUI 0.34 to 0.46: what they add to the ways in which a family is built.
import { describe, expect, test } from 'vitest';
import { buildRecipe } from '../../src/recipes/build.ts';
import { familyOf } from '../../src/recipes/detect.ts';
import type { RecipeParams } from '../../src/recipes/recipe.ts';
import { resolveRecipe } from '../../src/recipes/resolve.ts';
import { checkFamily, notRunnable } from '../../src/recipes/runnable.ts';
import { findFamily } from '../../src/recipes/families.ts';
import { withLaterNodes } from './later-nodes.ts';

function built(recipe: string, more: Partial<RecipeParams> = {}) {
  const made = buildRecipe(recipe, { prompt: 'a lighthouse', seed: 1n, ...more });
  const inputs = (type: string): Readonly<Record<string, unknown>> | undefined =>
    Object.values(made.workflow).find((node) => node.class_type === type)?.inputs;
  return { ...made, inputs };
}

describe('pictures change the graph', () => {
  test("fibo2: the size is the picture's, unless it was asked for", () => {
    expect(built('fibo2', { images: ['a.png'] }).inputs('TextEncodeFibo2')).toMatchObject({ width: 0, height: 0 });
    const sized = built('fibo2', { images: ['a.png'], width: 768, height: 512 });
    expect(sized.inputs('TextEncodeFibo2')).toMatchObject({ width: 768, height: 512 });
  });
  test('qwen-image-2.1: an edit of a size that was asked for starts from an empty latent', () => {
    expect(built('qwen-image-2.1', { images: ['a.png'] }).inputs('EmptyLatentImage')).toBeUndefined();
    const sized = built('qwen-image-2.1', { images: ['a.png'], width: 768, height: 512 });
    expect(sized.inputs('EmptyLatentImage')).toMatchObject({ width: 768, height: 512 });
  });
  test('ming-image: another encoder and sampler, which cannot be another one then', () => {
    expect(built('ming-image', { sampler: 'heun' }).inputs('KSamplerSelect')).toMatchObject({ sampler_name: 'heun' });
    const edited = built('ming-image', { images: ['a.png'], sampler: 'heun' });
    expect(edited.inputs('TextEncodeMingImageEdit')).toBeDefined();
    expect(edited.unusable.map((u) => u.option)).toEqual(['sampler']);
  });
  test('the background is removed without a prompt, or as the prompt says', () => {
    const prompt = (text: string): unknown =>
      built('qwen-image-2.1-remove-background', { images: ['a.png'], prompt: text }).inputs('TextEncodeQwenImage21')?.[
        'prompt'
      ];
    expect(prompt('')).toMatch(/^Remove the background/);
    expect(prompt('keep the table')).toBe('keep the table');
  });
});

describe('songs', () => {
  test('the prompt is the style; with a style it is the lyrics; with both it is told to be unused', () => {
    const words = (more: Partial<RecipeParams>): unknown => {
      const { style, lyrics } = built('yue2', more).inputs('YuE2GenerateMusic') ?? {};
      return [style, lyrics];
    };
    expect(words({})).toEqual(['a lighthouse', '']);
    expect(words({ lyrics: 'la la' })).toEqual(['a lighthouse', 'la la']);
    expect(words({ styleText: 'folk' })).toEqual(['folk', 'a lighthouse']);
    const both = built('yue2', { styleText: 'folk', lyrics: 'la la' });
    expect(both.warnings.map((w) => w.reason)).toEqual(['prompt_unused']);
    expect(built('ace-step-1', { lyrics: 'la la' }).inputs('TextEncodeAceStepAudio')).toMatchObject({
      lyrics: 'la la',
    });
  });
  test('the length of the latent is what the model decided; a sound makes a cover', () => {
    expect(built('yue2').inputs('EmptyYuE2LatentAudio')?.['seconds']).toEqual([expect.any(String), 1]);
    const cover = built('yue2', { images: ['song.flac'] });
    expect(cover.inputs('SheetSage2AudioToABC')).toMatchObject({ mode: 'melody' });
    expect(cover.inputs('YuE2GenerateMusic')).toMatchObject({ mode: 'melody', abc: [expect.any(String), 0] });
    expect(cover.effective.task).toBe('cover');
  });
  test('a family without lyrics refuses them', () => {
    expect(built('sdxl', { lyrics: 'la la' }).unusable.map((u) => u.option)).toEqual(['lyrics']);
  });
});

describe('video', () => {
  test('Wan Animate 2 needs a character and a motion, in whichever order', () => {
    expect(() => built('wan-animate-2', { images: ['a.png'] })).toThrow(/image is missing.*a video to move it by/);
    const { inputs } = built('wan-animate-2', { images: ['dance.mp4', 'a.png'] });
    expect(inputs('LoadVideo')).toEqual({ file: 'dance.mp4' });
    expect(inputs('LoadImage')).toEqual({ image: 'a.png' });
  });
  test('FastH3 names its own first release', () => {
    const family = findFamily('minimax-h3');
    if (family === undefined) throw new Error('no row');
    const files = { model: 'fastvideo_fasth3_8step_v2_pruned_int8_convrot.safetensors' };
    const { missing } = checkFamily(family, { info: {}, lists: {} }, files);
    expect(missing).toContainEqual({ what: 'node', name: 'BlockSparseAttention' });
    expect(notRunnable(family, missing, files).hint).toContain('0.36.0');
    expect(notRunnable(family, missing).hint).toContain('0.30.0');
  });
});

test('an attention that the server does not list gives way to its plain one', () => {
  const info = withLaterNodes({
    ModelAttentionBackend: {
      input: { required: { model: ['MODEL', {}], attention: [['pytorch attention'], {}] } },
      output: ['MODEL'],
      name: 'ModelAttentionBackend',
    },
  });
  const { workflow } = buildRecipe('ming-image', { prompt: 'x', seed: 1n }, { info });
  const node = Object.values(workflow).find((one) => one.class_type === 'ModelAttentionBackend');
  expect(node?.inputs['attention']).toBe('pytorch attention');
});

test.each([
  ['pan2_int8_convrot.safetensors', 'pan2'],
  ['relayvsr_x4_int8_convrot.safetensors', 'relayvsr'],
  ['SenseNova-U1-8B.safetensors', 'sensenova'],
])('%s is known, and the refusal says how to run it', (file, family) => {
  expect(familyOf(file).family).toBe(family);
  expect(() => resolveRecipe({ checkpoint: file })).toThrow(/run template:<name>/);
});

test.each([
  ['fibo2_edit_turbo_int8_convrot.safetensors', 'fibo2-turbo'],
  ['Wan_Animate_2_distill_fp8.safetensors', 'wan-animate-2-distilled'],
  ['Wan2_2-Animate-14B_fp8.safetensors', 'wan-special'],
  ['japan2_style.safetensors', null],
])('%s is %s', (file, family) => {
  expect(familyOf(file).family).toBe(family);
});
