// Building: defaults, rounding, refusals, and the graph of each way to use a recipe.
import { describe, expect, test } from 'vitest';
import { buildRecipe } from '../../src/recipes/build.ts';
import { families } from '../../src/recipes/families.ts';
import type { RecipeParams } from '../../src/recipes/recipe.ts';
import { plainParams } from '../../src/recipes/runnable.ts';
import { isLink, type Workflow } from '../../src/workflow/workflow.ts';
import { differences } from './same-graph.ts';

const build = (recipe: string, more: Partial<RecipeParams> = {}, files = {}): ReturnType<typeof buildRecipe> =>
  buildRecipe(recipe, { prompt: 'a lighthouse', seed: 1n, ...more }, { files });
const classes = (workflow: Workflow): string[] => Object.values(workflow).map((node) => node.class_type);
const inputsOf = (workflow: Workflow, type: string): Readonly<Record<string, unknown>> =>
  Object.values(workflow).find((node) => node.class_type === type)?.inputs ?? {};

describe('sd15', () => {
  test('its defaults', () => {
    const { workflow, effective, warnings, unusable } = build('sd15', { negative: 'blurry', seed: 2n ** 64n - 1n });
    const expected: Workflow = {
      a: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'v1-5-pruned-emaonly-fp16.safetensors' } },
      b: { class_type: 'CLIPTextEncode', inputs: { clip: ['a', 1], text: 'a lighthouse' } },
      c: { class_type: 'CLIPTextEncode', inputs: { clip: ['a', 1], text: 'blurry' } },
      d: { class_type: 'EmptyLatentImage', inputs: { width: 768, height: 512, batch_size: 1 } },
      e: {
        class_type: 'KSampler',
        inputs: {
          model: ['a', 0],
          positive: ['b', 0],
          negative: ['c', 0],
          latent_image: ['d', 0],
          seed: 18446744073709551615n,
          steps: 25,
          cfg: 7,
          sampler_name: 'euler',
          scheduler: 'normal',
          denoise: 1,
        },
      },
      f: { class_type: 'VAEDecode', inputs: { samples: ['e', 0], vae: ['a', 2] } },
      g: { class_type: 'SaveImage', inputs: { images: ['f', 0], filename_prefix: 'ComfyUI' } },
    };
    expect(differences(expected, workflow)).toEqual([]);
    expect(effective).toMatchObject({ task: 'txt2img', width: 768, height: 512, steps: 25, cfg: 7 });
    expect([warnings, unusable]).toEqual([[], []]);
  });

  test('a size is rounded to the nearest multiple, a half goes up, and both numbers are said', () => {
    const { effective, warnings } = build('sd15', { width: 770, height: 516 });
    expect(effective).toMatchObject({ width: 768, height: 520 });
    expect(warnings.map((w) => w.reason)).toEqual(['size_rounded']);
    expect(warnings[0]?.message).toContain('770x516 rounded to 768x520');
  });

  test('LoRAs come before clip skip, an inpainting checkpoint fills its own way', () => {
    const { workflow } = build('sd15', { loras: [{ file: 'a', strength: 0.5 }], clipSkip: 2 });
    expect(inputsOf(workflow, 'CLIPSetLastLayer')).toMatchObject({ stop_at_clip_layer: -2, clip: ['2', 1] });
    const painted = build('sd15', { images: ['in.png'], mask: 'm.png' }, { checkpoint: 'sd-v1-5-inpainting.ckpt' });
    expect(classes(painted.workflow)).toContain('VAEEncodeForInpaint');
    expect(inputsOf(painted.workflow, 'KSampler')['denoise']).toBe(1);
  });

  test('everything at once: control, LoRA, picture, mask, second pass, upscale, batch', () => {
    const { workflow, unusable } = build('sd15', {
      control: [{ model: 'canny', image: 'c.png', strength: 0.8 }],
      loras: [{ file: 'a', strength: 1 }],
      images: ['in.png'],
      mask: 'm.png',
      denoise: 0.7,
      hires: 2,
      upscale: 'up',
      batchSize: 3,
    });
    expect(unusable).toEqual([]);
    expect(classes(workflow).filter((c) => c === 'KSampler')).toHaveLength(2);
    expect(inputsOf(workflow, 'RepeatLatentBatch')).toMatchObject({ amount: 3 });
    expect(inputsOf(workflow, 'KSampler')).toMatchObject({ denoise: 0.7 });
  });
});

describe('sizes', () => {
  test.each([
    ['sd15', { aspect: { width: 1, height: 1 } }, [624, 624]],
    ['sdxl', { aspect: { width: 16, height: 9 } }, [1368, 768]],
    ['sdxl', { mp: 2 }, [1448, 1448]],
    ['sd15', { mp: 0.25 }, [624, 416]],
    ['qwen-image', { aspect: { width: 9, height: 16 }, mp: 1 }, [768, 1368]],
  ] satisfies [string, Partial<RecipeParams>, number[]][])('%s %j', (recipe, more, size) => {
    const { effective, warnings } = build(recipe, more);
    expect([effective.width, effective.height]).toEqual(size);
    expect(warnings).toEqual([]);
  });

  test('exact: made at the next multiple up, cropped in the middle', () => {
    const { workflow, effective, warnings } = build('sd15', { width: 1001, height: 696, exact: true });
    expect(inputsOf(workflow, 'EmptyLatentImage')).toMatchObject({ width: 1008, height: 696 });
    expect(inputsOf(workflow, 'ImageCrop')).toMatchObject({ width: 1001, height: 696, x: 3, y: 0 });
    expect([effective.width, effective.height, warnings]).toEqual([1001, 696, []]);
    expect(classes(build('sd15', { width: 512, height: 512, exact: true }).workflow)).not.toContain('ImageCrop');
  });

  test('far beyond the native area there are two passes, in tiles when over 4 megapixels', () => {
    const two = build('sdxl', { width: 2048, height: 2048 });
    expect(inputsOf(two.workflow, 'EmptyLatentImage')).toMatchObject({ width: 1024, height: 1024 });
    expect(inputsOf(two.workflow, 'ImageScale')).toMatchObject({ width: 2048, height: 2048 });
    const samplers = Object.values(two.workflow).filter((n) => n.class_type === 'KSampler');
    expect(samplers.map((n) => n.inputs['denoise'])).toEqual([1, 0.4]);
    expect(two.notes).toEqual([expect.stringContaining('2048x2048')]);
    expect(two.effective).toMatchObject({ width: 2048, height: 2048 });
    expect(classes(two.workflow)).not.toContain('SplitImageToTileList');
    expect(classes(build('sdxl', { width: 3072, height: 2048 }).workflow)).toContain('SplitImageToTileList');
  });

  test.each([
    ['asked for one', 'sdxl', { width: 2048, height: 2048, twoPass: false }],
    ['not well beyond', 'sdxl', { width: 2048, height: 1536 }],
    ['a picture to start from', 'sdxl', { width: 2048, height: 2048, images: ['a.png'], denoise: 0.5 }],
    ['a second pass of its own', 'sdxl', { width: 2048, height: 2048, hires: 1.5 }],
  ] satisfies [string, string, Partial<RecipeParams>][])('one pass: %s', (_why, recipe, more) => {
    const { workflow, notes } = build(recipe, more);
    expect([classes(workflow).includes('ImageCrop'), notes]).toEqual([false, []]);
    expect(Object.values(workflow).filter((n) => n.class_type === 'VAEDecode')).toHaveLength(1);
  });

  test('a side beyond what there is', () => {
    expect(() => build('sdxl', { mp: 200, aspect: { width: 20, height: 1 } })).toThrow(/a side has 16 to 16384/);
  });
});

describe("a mask's surroundings", () => {
  const image = { width: 1000, height: 800 };
  const marked = { x: 900, y: 10, width: 80, height: 40 };
  const masked = { images: ['in.png'], mask: 'm.png', seen: { image, mask: image, marked } };

  test('the box times the factor, within the picture, drawn at the native area and pasted back', () => {
    const { workflow, unusable, effective } = build('sd15', { ...masked, maskContext: 2 });
    expect(unusable).toEqual([]);
    expect(inputsOf(workflow, 'ImageCrop')).toMatchObject({ x: 840, y: 0, width: 160, height: 80 });
    expect(inputsOf(workflow, 'ImageScale')).toMatchObject({ width: 888, height: 440 });
    expect(inputsOf(workflow, 'ImageCompositeMasked')).toMatchObject({ x: 840, y: 0 });
    expect(effective).toMatchObject({ task: 'inpaint', width: undefined });
  });

  test('it holds all of the grown and blurred mask, however small the factor', () => {
    const { workflow } = build('sd15', { ...masked, maskContext: 1, maskGrow: 100, maskBlur: 70 });
    expect(inputsOf(workflow, 'ImageCrop')).toMatchObject({ x: 580, y: 0, width: 420, height: 380 });
    const blurs = Object.values(workflow).filter((n) => n.class_type === 'ImageBlur');
    expect(blurs.map((n) => n.inputs['blur_radius'])).toEqual([23, 24, 23]);
    expect(inputsOf(workflow, 'GrowMask')).toMatchObject({ expand: 100 });
    expect(classes(workflow)).toContain('DifferentialDiffusion');
  });

  test('a mask of another size is brought to that of the picture', () => {
    const seen = { image, mask: { width: 500, height: 400 }, marked: { x: 100, y: 100, width: 100, height: 100 } };
    const { workflow } = build('sd15', { ...masked, seen, maskContext: 1 });
    expect(inputsOf(workflow, 'CropMask')).toMatchObject({ x: 200, y: 200, width: 200, height: 200 });
    expect(inputsOf(workflow, 'ImageScale')).toMatchObject({ width: 1000, height: 800 });
  });

  test('FLUX Fill takes the part and its mask its own way; several images keep the rest each', () => {
    const { workflow, unusable } = build('flux1-fill-dev', { ...masked, maskBlur: 8, batchSize: 2 });
    expect(unusable).toEqual([]);
    expect(classes(workflow).filter((c) => c === 'DifferentialDiffusion')).toHaveLength(1);
    expect(inputsOf(workflow, 'RepeatImageBatch')).toMatchObject({ amount: 2 });
    expect(build('flux1-fill-dev', { images: ['a.png'], pad, seen: { image } }).unusable).toEqual([]);
  });

  const pad = { left: 64, top: 0, right: 36, bottom: 0 };
  test('outpainting: what was there stays, the padded size is what comes out', () => {
    const { workflow } = build('sd15', { images: ['in.png'], pad, seen: { image } });
    expect(inputsOf(workflow, 'ImagePadForOutpaint')).toMatchObject(pad);
    expect(inputsOf(workflow, 'ImageScale')).toMatchObject({ width: 1104, height: 800 });
    expect(inputsOf(workflow, 'ImageCompositeMasked')).toMatchObject({ x: 0, y: 0 });
  });

  test.each([
    [{ images: ['in.png'], maskBlur: 4 }, 'maskBlur'],
    [{ pad }, 'pad'],
    [{ ...masked, pad }, 'pad'],
    [{ ...masked, maskGrow: 4, width: 512 }, 'width'],
    [{ ...masked, maskGrow: 4, hires: 2 }, 'hires'],
    [{ images: ['in.png'], pad, seen: { image }, mp: 1 }, 'mp'],
  ] satisfies [Partial<RecipeParams>, string][])('%j: %s cannot be used', (more, option) => {
    expect(build('sd15', more).unusable.map((u) => u.option)).toContain(option);
  });
});

describe('what a recipe cannot use', () => {
  test.each([
    ['z-image-turbo', { clipSkip: 2 }, 'clipSkip'],
    ['krea2-turbo', { turbo: true }, 'turbo'],
    ['sd15', { mask: 'm.png' }, 'mask'],
    ['sd15', { denoise: 0.5 }, 'denoise'],
    ['flux2-dev', { cfg: 3 }, 'cfg'],
    ['flux2-dev', { scheduler: 'karras' }, 'scheduler'],
    ['qwen-image-edit', { images: ['a.png', 'b.png'] }, 'images'],
    ['sdxl', { refiner: 'r', hires: 2 }, 'refiner'],
    ['z-image-turbo', { nag: 3 }, 'nag'],
    ['wan2.1-1.3b', { frames: 33, seconds: 2 }, 'seconds'],
    ['minimax-h3', { batchSize: 2 }, 'batchSize'],
  ] satisfies [string, Partial<RecipeParams>, string][])('%s %j', (recipe, more, option) => {
    expect(build(recipe, more).unusable.map((u) => u.option)).toEqual([option]);
  });

  test('a picture that is needed', () => {
    expect(() => build('flux1-kontext-dev')).toThrow(/needs a picture to edit/);
    expect(() => build('flux1-fill-dev', { images: ['a.png'] })).toThrow(/needs a mask/);
    expect(() => build('wan2.2-14b-i2v')).toThrow(/needs a first frame/);
  });

  test('a negative that is never evaluated warns; a cfg above 1 makes it count', () => {
    expect(build('flux1-schnell', { negative: 'blurry' }).warnings[0]?.reason).toBe('negative_unused');
    expect(build('flux2-dev', { negative: 'blurry' }).warnings[0]?.message).toContain('has no negative prompt');
    const counted = build('flux1-dev', { negative: 'blurry', cfg: 2 });
    expect(counted.warnings).toEqual([]);
    expect(Object.values(counted.workflow).some((n) => n.inputs['text'] === 'blurry')).toBe(true);
  });

  test('no recipe of that name', () => {
    expect(() => build('sdlx')).toThrow(/no recipe sdlx/);
    expect(() => build('sdxl-refiner')).toThrow(/refiner/);
  });
});

describe('files', () => {
  test('GGUF files take the loaders of that pack', () => {
    const files = { model: 'flux1-dev-Q4_K_S.gguf', 'text encoder 2': 't5-v1_1-xxl-encoder-Q8_0.gguf' };
    expect(classes(build('flux1-dev', {}, files).workflow)).toEqual(
      expect.arrayContaining(['UnetLoaderGGUF', 'DualCLIPLoaderGGUF']),
    );
  });

  test('a split family in one checkpoint', () => {
    const { workflow } = build('flux1-dev-ckpt', { loras: [{ file: 'a', strength: 1 }] });
    expect(classes(workflow)).toEqual(expect.arrayContaining(['CheckpointLoaderSimple', 'LoraLoader']));
    expect(classes(workflow)).not.toContain('VAELoader');
  });

  test('with a picture, the model that is made for pictures; the one that was named is kept', () => {
    expect(build('hunyuan-video-1.5', { images: ['a.png'] }).files['model']).toContain('i2v');
    const named = build(
      'hunyuan-video-1.5',
      { images: ['a.png'] },
      { model: 'hunyuanvideo1.5_720p_t2v_fp16.safetensors' },
    );
    expect(named.unusable.map((u) => u.option)).toEqual(['images']);
  });

  test('control files: what patches the model, what goes on the conditionings', () => {
    const control = (model: string): Partial<RecipeParams> => ({ control: [{ model, image: 'c.png', strength: 1 }] });
    expect(classes(build('qwen-image', control('Qwen-Image-InstantX-ControlNet-Union')).workflow)).toContain(
      'ControlNetApplyAdvanced',
    );
    expect(classes(build('qwen-image', control('qwen_image_canny_diffsynth_controlnet')).workflow)).toContain(
      'QwenImageDiffsynthControlnet',
    );
    const inpaint = { ...control('Qwen-Image-InstantX-ControlNet-Inpainting'), images: ['a.png'], mask: 'm.png' };
    expect(classes(build('qwen-image', inpaint).workflow)).toContain('ControlNetInpaintingAliMamaApply');
  });
});

test('what a definition requires and the recipe lacks is filled, what it does not know is left out', () => {
  const info = {
    SaveImage: {
      input: {
        required: {
          images: ['IMAGE', {}],
          quality: ['INT', { default: 90 }],
          mode: [
            'COMFY_DYNAMICCOMBO_V3',
            { options: [{ key: 'auto', inputs: { required: { level: ['INT', { default: 4 }] } } }] },
          ],
        },
      },
      output: [],
      name: 'SaveImage',
    },
  };
  const { workflow } = buildRecipe('sd15', { prompt: 'x', seed: 1n }, { info });
  const saved = inputsOf(workflow, 'SaveImage');
  expect(saved).toMatchObject({ quality: 90, mode: 'auto', 'mode.level': 4 });
  expect(Object.keys(saved)).not.toContain('filename_prefix');
});

test.each(
  families()
    .filter((f) => f.kind !== 'part')
    .map((f) => [f.name, f] as const),
)('%s: every link leads somewhere', (_name, family) => {
  const { workflow, unusable } = buildRecipe(family.name, plainParams(family));
  expect(unusable).toEqual([]);
  const links = Object.values(workflow).flatMap((node) => Object.values(node.inputs).filter(isLink));
  expect(links.filter(([id]) => workflow[id] === undefined)).toEqual([]);
  const outputs = Object.keys(workflow).filter((id) => !links.some((link) => link[0] === id));
  expect(outputs.map((id) => workflow[id]?.class_type)).toEqual([expect.stringMatching(/^Save/)]);
});
