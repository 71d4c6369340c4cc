// The control files of each family that has some, and the models that look at photos: what tells them, and their usual names.
import type { ControlNets } from '../family.ts';

/** One file that takes every kind of map. */
const union = (file: string): ControlNets['usual'] => ({ canny: file, depth: file, pose: file, lines: file });

export const sd15Nets: ControlNets = {
  usual: {
    canny: 'control_v11p_sd15_canny_fp16.safetensors',
    depth: 'control_v11f1p_sd15_depth_fp16.safetensors',
    pose: 'control_v11p_sd15_openpose_fp16.safetensors',
    lines: 'control_v11p_sd15_softedge_fp16.safetensors',
  },
};

export const sdxlNets: ControlNets = {
  detect: /xl(?![a-z])|illustrious|pony|noob|^control-lora/,
  usual: union('controlnet-union-sdxl-1.0.safetensors'),
};

export const sd35Nets: ControlNets = {
  usual: { canny: 'sd3.5_large_controlnet_canny.safetensors', depth: 'sd3.5_large_controlnet_depth.safetensors' },
};

export const flux1Nets: ControlNets = {
  detect: /flux(?![ ._-]?[23])/,
  usual: union('FLUX.1-dev-ControlNet-Union-Pro-2.0.safetensors'),
  // The node counts as SDXL's union net does; FLUX's own modes are canny 0, depth 2, pose 4.
  unionTypes: { canny: 'openpose', lines: 'openpose', depth: 'hed/pidi/scribble/ted', pose: 'normal' },
};

export const qwenImageNets: ControlNets = {
  detect: /qwen[ ._-]?image(?![ ._-]?(?:2[._]1|edit))/,
  usual: union('Qwen-Image-InstantX-ControlNet-Union.safetensors'),
};

export const zImageTurboNets: ControlNets = {
  detect: /z[ ._-]?image/,
  usual: union('Z-Image-Turbo-Fun-Controlnet-Union.safetensors'),
};

export const minimaxH3Nets: ControlNets = {
  usual: union('minimax_h3_fun_controlnet_union_pruned_int8_convrot.safetensors'),
};

export const animaNets: ControlNets = { usual: {} };

/** Does a control file take maps of every kind? */
export const isUnion = (file: string): boolean => /union|promax/i.test(file);

/** A model that looks at pictures. */
export type Seer = { readonly role: string; readonly folder: string; readonly name: string; readonly like: RegExp };

export const depthModel: Seer = {
  role: 'depth model',
  folder: 'geometry_estimation',
  name: 'depth_anything_3_mono_large.safetensors',
  like: /depth[ ._-]?anything[ ._-]?3|(^|[^a-z])da3/,
};
export const poseModel: Seer = {
  role: 'pose model',
  folder: 'checkpoints',
  name: 'sdpose_wholebody_fp16.safetensors',
  like: /sdpose/,
};
/** Finds each person; without it the pose is that of one. */
export const personFinder: Seer = {
  role: 'person finder',
  folder: 'diffusion_models',
  name: 'rt_detr_v4-x-hgnet_fp16.safetensors',
  like: /rt[ ._-]?detr/,
};
export const segmenter: Seer = {
  role: 'segmenter',
  folder: 'checkpoints',
  name: 'sam3.1_multiplex_fp16.safetensors',
  like: /(^|[^a-z])sam[ ._-]?3/,
};
