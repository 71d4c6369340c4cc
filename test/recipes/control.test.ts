// Control files on an imagined server: the folder decides how one is loaded, a mask goes to the one that is made for it.
import { describe, expect, test } from 'vitest';
import { allDefinitions } from '../../src/demo/nodes/object-info.ts';
import { planRecipe } from '../../src/recipes/plan.ts';
import type { RecipeParams } from '../../src/recipes/recipe.ts';
import { imagine } from './server.ts';

const qwen = {
  diffusion_models: ['qwen_image_fp8_e4m3fn.safetensors', 'qwen_image_2512_fp8_e4m3fn.safetensors'],
  text_encoders: ['qwen_2.5_vl_7b_fp8_scaled.safetensors', 'qwen_3_06b_base.safetensors', 'qwen_3_4b.safetensors'],
  vae: ['qwen_image_vae.safetensors', 'ae.safetensors'],
};

function planned(recipe: string, lists: Record<string, string[]>, more: Partial<RecipeParams>) {
  const info = imagine({ ...qwen, ...lists });
  const { workflow, effective, unusable } = planRecipe({
    params: { prompt: 'a lighthouse', seed: 1n, ...more },
    recipe,
    info,
  });
  return { classes: Object.values(workflow).map((node) => node.class_type), effective, unusable, workflow };
}

const control = (model: string): Partial<RecipeParams> => ({ control: [{ model, image: 'c.png', strength: 1 }] });

describe('the folder of a control file', () => {
  const fun = 'Qwen-Image-2512-Fun-Controlnet-Union-2602.safetensors';
  test('controlnet: a ControlNet, whatever its name', () => {
    const { classes } = planned('qwen-image-2512', { controlnet: [fun] }, control(fun));
    expect(classes).toContain('ControlNetApplyAdvanced');
    expect(classes).toContain('ModelSamplingAuraFlow');
  });
  test('model_patches: a patch on the model, and no shift unless it was asked for', () => {
    const lists = { model_patches: ['canny.safetensors'] };
    const { classes, effective } = planned('qwen-image', lists, control('canny.safetensors'));
    expect(classes).toContain('QwenImageDiffsynthControlnet');
    expect(classes).not.toContain('ModelSamplingAuraFlow');
    expect(effective.shift).toBeUndefined();
    const shifted = planned('qwen-image', lists, { ...control('canny.safetensors'), shift: 2 });
    expect(shifted.classes).toContain('ModelSamplingAuraFlow');
  });
  test('a folder that the family does not load from', () => {
    const sd15 = { checkpoints: ['v1-5-pruned-emaonly.ckpt'], model_patches: ['canny.safetensors'] };
    const { unusable } = planned('sd15', sd15, control('canny.safetensors'));
    expect(unusable).toEqual([
      { option: 'control', message: expect.stringContaining('it loads from models/controlnet') as string },
    ]);
  });
});

describe('a mask', () => {
  const masked = { images: ['in.png'], mask: 'm.png' };
  const anima = { diffusion_models: ['anima-base-v1.0.safetensors'] };
  const patch = { ...anima, model_patches: ['anima-lllite-inpainting-v2.safetensors'] };
  test('anima: the patch that is made for it, from an empty latent', () => {
    const { classes } = planned('anima', patch, masked);
    expect(classes).toEqual(expect.arrayContaining(['AnimaLLLiteApply', 'EmptyLatentImage', 'LoadImageMask']));
    expect(classes).not.toContain('VAEEncode');
  });
  test('anima with a denoise keeps the picture, so it takes the noise mask', () => {
    const { classes } = planned('anima', patch, { ...masked, denoise: 0.5 });
    expect(classes).toContain('SetLatentNoiseMask');
    expect(classes).not.toContain('AnimaLLLiteApply');
  });
  test('qwen-image: the inpainting ControlNet beside the noise mask, at its own cfg', () => {
    const lists = { controlnet: ['Qwen-Image-InstantX-ControlNet-Inpainting.safetensors'] };
    const { classes, effective } = planned('qwen-image', lists, masked);
    expect(classes).toEqual(expect.arrayContaining(['ControlNetInpaintingAliMamaApply', 'SetLatentNoiseMask']));
    expect(effective.cfg).toBe(2.5);
    expect(planned('qwen-image', lists, { ...masked, cfg: 3 }).effective.cfg).toBe(3);
  });
  test.each([
    ['anima', anima],
    ['qwen-image', {}],
  ])('%s without that file: the noise mask', (recipe, lists) => {
    const { classes } = planned(recipe, lists, masked);
    expect(classes).toContain('SetLatentNoiseMask');
    expect(classes.filter((name) => /Lite|AliMama/.test(name))).toEqual([]);
  });
});

describe('control by a photo', () => {
  const seers = {
    checkpoints: ['v1-5-pruned-emaonly.ckpt', 'sdpose_wholebody.safetensors', 'sam3.1_multiplex_fp16.safetensors'],
    diffusion_models: ['rt_detr_v4-x-hgnet_fp16.safetensors'],
  };
  const makers = [
    ...['Canny', 'LoadDA3Model', 'DA3Inference', 'DA3Render', 'SDPoseKeypointExtractor', 'SDPoseDrawKeypoints'],
    ...[
      'ImageRGBToYUV',
      'ImageBlur',
      'Morphology',
      'ImageBlend',
      'RTDETR_detect',
      'SetUnionControlNetType',
      'SAM3_Detect',
    ],
  ];
  /** sd15 on a server with these control files; `less`: node classes that it lacks. */
  const drawn = (controlnet: string[], kind: 'canny' | 'depth' | 'pose' | 'lines', less: readonly string[] = []) => {
    const info = imagine({ ...seers, controlnet });
    const known = Object.entries(allDefinitions()).filter(([name]) => makers.includes(name) && !less.includes(name));
    const whole = { ...info, ...Object.fromEntries(known) };
    const params: RecipeParams = { prompt: 'a', seed: 1n, control: [{ kind, image: 'photo.jpg', strength: 1 }] };
    const { workflow, notes } = planRecipe({ params, recipe: 'sd15', info: withLoader(whole) });
    const inputs = (type: string) => Object.values(workflow).find((node) => node.class_type === type)?.inputs;
    return { inputs, notes };
  };
  const withLoader = (info: ReturnType<typeof imagine>): ReturnType<typeof imagine> => ({
    ...info,
    LoadDA3Model: { input: { required: { model_name: [['da3_small.safetensors'], {}] } }, output: [], name: '' },
  });
  const net = (...args: Parameters<typeof drawn>): unknown =>
    drawn(...args).inputs('ControlNetLoader')?.['control_net_name'];

  test('the control file is found by kind and family', () => {
    const files = [
      'sdxl_canny.safetensors',
      'control_v11p_sd15_inpaint_canny.pth',
      'SD15/control_canny_fp16.pth',
      'control_v11f1p_sd15_depth.pth',
    ];
    expect(net(files, 'canny')).toBe('SD15/control_canny_fp16.pth');
    expect(net(files, 'depth')).toBe('control_v11f1p_sd15_depth.pth');
    expect(net(['sd15_lineart.pth', 'sd15_softedge.pth'], 'lines')).toBe('sd15_softedge.pth');
  });
  test('a union net is told the type; one for the kind alone comes first', () => {
    const { inputs, notes } = drawn(['sd15_union.safetensors'], 'depth');
    expect(inputs('SetUnionControlNetType')).toMatchObject({ type: 'depth' });
    expect(notes).toContain('control by depth: using sd15_union.safetensors');
    expect(
      drawn(['sd15_union.safetensors', 'sd15_depth.pth'], 'depth').inputs('SetUnionControlNetType'),
    ).toBeUndefined();
  });
  test('a name that tells no family is taken where there is no other, and said', () => {
    expect(drawn(['canny.safetensors'], 'canny').notes.join()).toContain('its name does not tell its family');
    expect(() => drawn(['sdxl_canny.safetensors'], 'canny')).toThrow(
      'control_v11p_sd15_canny_fp16.safetensors in models/controlnet',
    );
  });
  test('poses: each person, where the server can find them', () => {
    expect(drawn(['sd15_openpose.pth'], 'pose').inputs('RTDETR_detect')).toMatchObject({ class_name: 'person' });
    expect(drawn(['sd15_openpose.pth'], 'pose', ['RTDETR_detect']).inputs('RTDETR_detect')).toBeUndefined();
  });
  test('what is lacking is named at once: nodes, models, control file', () => {
    const depth = (): unknown => drawn([], 'depth', ['DA3Inference', 'DA3Render']);
    expect(depth).toThrow(/node DA3Inference; node DA3Render; control file: control_v11f1p_sd15_depth_fp16/);
  });
});
