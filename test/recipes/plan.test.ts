// Choosing: model and recipe from what was named and what an imagined server holds.
import { describe, expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { familyOf } from '../../src/recipes/detect.ts';
import { planRecipe, type PlanQuestion } from '../../src/recipes/plan.ts';
import { factsWanted, resolveRecipe } from '../../src/recipes/resolve.ts';
import { listRecipes } from '../../src/recipes/runnable.ts';
import { spelled, stem } from '../../src/recipes/server-files.ts';
import { closest } from '../../src/text/closest.ts';
import { imagine } from './server.ts';

const plan = (lists: Record<string, string[]>, more: Partial<PlanQuestion> = {}): ReturnType<typeof planRecipe> =>
  planRecipe({ params: { prompt: 'a lighthouse', seed: 1n }, info: imagine(lists), ...more });

function refusal(make: () => unknown): ComfyGenError {
  try {
    make();
  } catch (error) {
    if (error instanceof ComfyGenError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const zImage = {
  diffusion_models: ['z_image_turbo_bf16.safetensors'],
  text_encoders: ['qwen_3_4b.safetensors'],
  vae: ['ae.safetensors'],
};

describe('nothing was named', () => {
  test('the default checkpoint, without a word', () => {
    const planned = plan({ checkpoints: ['sd_xl_base_1.0.safetensors', 'v1-5-pruned-emaonly.ckpt'] });
    expect(planned).toMatchObject({ recipe: 'sd15', checkpoint: 'v1-5-pruned-emaonly.ckpt', notes: [] });
  });
  test('else a checkpoint that is there, said aloud; a refiner is none', () => {
    const planned = plan({ checkpoints: ['sd_xl_refiner_1.0.safetensors', 'SDXL\\sd_xl_base_1.0.safetensors'] });
    expect(planned).toMatchObject({ recipe: 'sdxl', checkpoint: 'SDXL\\sd_xl_base_1.0.safetensors' });
    expect(planned.notes[0]).toContain('sd_xl_base');
    expect(planned.about).toMatchObject({ recipe: 'sdxl', width: 1024, height: 1024, steps: 25, seed: '1' });
  });
  test('else the best family whose parts are all there', () => {
    expect(plan(zImage)).toMatchObject({ recipe: 'z-image-turbo', checkpoint: 'z_image_turbo_bf16.safetensors' });
  });
  test('no model at all', () => {
    const error = refusal(() => plan({}));
    expect([error.reason, error.code]).toEqual(['missing_model', 'validation']);
    expect(error.hint).toContain('models/checkpoints');
  });
  test('no server: the default model', () => {
    expect(planRecipe({ params: { prompt: 'x', seed: 1n } })).toMatchObject({
      recipe: 'sd15',
      checkpoint: 'v1-5-pruned-emaonly.ckpt',
    });
  });
});

describe('a model was named', () => {
  test('spelled another way', () => {
    const lists = { checkpoints: ['SDXL\\Juggernaut-XL_v9.safetensors'] };
    for (const checkpoint of [
      'SDXL/juggernaut-xl_v9.safetensors',
      'juggernaut-xl_v9.safetensors',
      'Juggernaut-XL_v9',
    ]) {
      expect(plan(lists, { checkpoint }).checkpoint).toBe('SDXL\\Juggernaut-XL_v9.safetensors');
    }
  });
  test('absent: an error that lists the closest names, never another model', () => {
    const error = refusal(() =>
      plan(
        { checkpoints: ['dreamshaper_8.safetensors', 'v1-5-pruned-emaonly.ckpt'] },
        { checkpoint: 'dreamshaper_7.safetensors' },
      ),
    );
    expect(error.reason).toBe('missing_model');
    expect(error.hint).toContain('dreamshaper_8.safetensors');
  });
  test('parts that are missing, with their usual names and folders', () => {
    const error = refusal(() =>
      plan(
        { diffusion_models: ['flux1-dev.safetensors'], vae: ['ae.safetensors'] },
        { checkpoint: 'flux1-dev.safetensors' },
      ),
    );
    expect(error.reason).toBe('not_runnable');
    expect(error.message).toContain('clip_l.safetensors in models/text_encoders');
    expect(error.message).toContain('t5xxl_fp16.safetensors');
  });
  test('the low noise file brings its sister', () => {
    const lists = {
      diffusion_models: [
        'wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors',
        'Wan2_2-T2V-A14B-LOW_fp8.safetensors',
        'Wan2_2-T2V-A14B-HIGH_fp8.safetensors',
      ],
      text_encoders: ['umt5_xxl_fp16.safetensors'],
      vae: ['wan_2.1_vae.safetensors'],
    };
    expect(plan(lists, { checkpoint: 'Wan2_2-T2V-A14B-LOW_fp8.safetensors' }).files).toMatchObject({
      'model, high noise': 'Wan2_2-T2V-A14B-HIGH_fp8.safetensors',
      'model, low noise': 'Wan2_2-T2V-A14B-LOW_fp8.safetensors',
      'text encoder': 'umt5_xxl_fp16.safetensors',
    });
  });
  test('a name that says nothing: metadata, then size, then sd15 with a word about it', () => {
    const lists = { checkpoints: ['mix.safetensors'] };
    const server = { info: imagine(lists) };
    expect(factsWanted({ server })).toEqual({ folder: 'checkpoints', file: 'mix.safetensors' });
    const told = (facts: object): ReturnType<typeof resolveRecipe> =>
      resolveRecipe({
        server,
        checkpoint: 'mix.safetensors',
        facts: new Map([['checkpoints/mix.safetensors', facts]]),
      });
    expect(told({ metadata: { 'modelspec.architecture': 'stable-diffusion-xl-v1-base' } })).toMatchObject({
      recipe: 'sdxl',
      notes: [],
    });
    expect(told({ metadata: null, size: 6_900_000_000 }).recipe).toBe('sdxl');
    expect(told({ metadata: null, size: null })).toMatchObject({
      recipe: 'sd15',
      notes: [expect.stringContaining('taken for sd15')],
    });
  });
  test('a known model without a recipe', () => {
    const error = refusal(() =>
      plan(
        { diffusion_models: ['qwen_image_layered_bf16.safetensors'] },
        { checkpoint: 'qwen_image_layered_bf16.safetensors' },
      ),
    );
    expect(error.message).toContain('no recipe for qwen_image_layered_bf16');
  });
});

describe('a recipe was named, no model', () => {
  test('the one checkpoint whose name says nothing is taken for it, and that is said', () => {
    const planned = plan({ checkpoints: ['mix.safetensors'] }, { recipe: 'sdxl' });
    expect(planned).toMatchObject({ recipe: 'sdxl', checkpoint: 'mix.safetensors' });
    expect(planned.notes[0]).toContain('mix.safetensors');
  });
  test('not one of several, and none of another family', () => {
    for (const checkpoints of [['mix.safetensors', 'blend.safetensors'], ['v1-5-pruned-emaonly.ckpt']]) {
      expect(refusal(() => plan({ checkpoints }, { recipe: 'sdxl' })).message).toContain('sd_xl_base_1.0.safetensors');
    }
  });
});

describe('other names', () => {
  test('a LoRA is spelled as the server has it; an absent one is an error', () => {
    const lists = { ...zImage, loras: ['style\\Ink.safetensors'] };
    const params = { prompt: 'x', seed: 1n, loras: [{ file: 'ink.safetensors', strength: 1 }] };
    const node = Object.values(plan(lists, { params }).workflow).find((n) => n.class_type === 'LoraLoaderModelOnly');
    expect(node?.inputs['lora_name']).toBe('style\\Ink.safetensors');
    const absent = { ...params, loras: [{ file: 'inc.safetensors', strength: 1 }] };
    expect(refusal(() => plan(lists, { params: absent })).hint).toContain('Ink.safetensors');
  });
  test('--turbo without its LoRA says which file goes where', () => {
    const error = refusal(() =>
      plan({ checkpoints: ['sd_xl_base_1.0.safetensors'] }, { params: { prompt: 'x', seed: 1n, turbo: true } }),
    );
    expect(error.message).toContain('sdxl_lightning_4step_lora.safetensors in models/loras');
  });
});

test('list: each recipe runs or says what it lacks', () => {
  const listed = listRecipes({ info: imagine(zImage, ['z-image-turbo', 'sd15']) });
  expect(listed.filter((r) => r.runnable).map((r) => r.name)).toEqual(['z-image-turbo']);
  const lacking = listed.find((r) => r.name === 'flux2-dev')?.missing ?? [];
  expect(lacking).toContainEqual({ what: 'node', name: 'Flux2Scheduler' });
  expect(lacking).toContainEqual({ what: 'clip_type', name: 'flux2', loader: 'CLIPLoader' });
});

test('names', () => {
  expect(familyOf('Z-Image-Turbo-FP8-e4m3fn.safetensors').family).toBe('z-image-turbo');
  expect(familyOf('pony-v7-base.safetensors').family).toBe('auraflow');
  expect(familyOf('sd_xl_refiner_1.0.safetensors', 'checkpoints').note).toContain('refiner');
  expect(stem('t5xxl_fp8_e4m3fn_scaled.safetensors')).toBe(stem('text/T5XXL_FP16.safetensors'));
  expect(stem('t5-v1_1-xxl-encoder-Q4_K_M.gguf')).toBe(stem('t5xxl_fp16.safetensors'));
  expect(stem('qwen_3_8b_fp8mixed.safetensors')).not.toBe(stem('qwen_3_4b.safetensors'));
  expect(spelled('b.ckpt', ['a/b.ckpt'])).toBe('a/b.ckpt');
  expect(closest('eular', ['dpmpp_2m', 'euler', 'heun'])[0]).toBe('euler');
});
