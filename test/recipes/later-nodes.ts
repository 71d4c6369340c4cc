// Definitions of nodes that came after ComfyUI 0.33.0, written down from their documentation pages: what recipes send them.
import { parseObjectInfo, type ObjectInfo } from '../../src/protocol/object-info.ts';

type Written = {
  readonly required: Readonly<Record<string, unknown>>;
  readonly optional?: Readonly<Record<string, unknown>>;
  readonly output: readonly string[];
};

const int = (min: number, max: number, fallback = min): unknown => ['INT', { min, max, default: fallback }];
const float = (min: number, max: number, fallback = min): unknown => ['FLOAT', { min, max, default: fallback }];
const choice = (...options: readonly string[]): unknown => ['COMBO', { options }];
const text = ['STRING', { multiline: true }];
const growing = (type: string, min: number): unknown => ['COMFY_AUTOGROW_V3', { template: { input: { type }, min } }];
const sides = { positive: ['CONDITIONING', {}], negative: ['CONDITIONING', {}], vae: ['VAE', {}] };
const range = { start_percent: float(0, 1), end_percent: float(0, 1, 1) };

const written: Readonly<Record<string, Written>> = {
  TextEncodeFibo2: {
    required: {
      clip: ['CLIP', {}],
      prompt: text,
      negative_prompt: text,
      width: int(0, 16_384),
      height: int(0, 16_384),
      batch_size: int(1, 4096),
    },
    optional: { vae: ['VAE', {}], images: growing('IMAGE', 0) },
    output: ['CONDITIONING', 'CONDITIONING', 'LATENT'],
  },
  TextEncodeMingImageEdit: {
    required: { clip: ['CLIP', {}], prompt: text },
    optional: { vae: ['VAE', {}], images: growing('IMAGE', 0) },
    output: ['CONDITIONING'],
  },
  TextEncodeMOSSImageEdit: {
    required: {
      clip: ['CLIP', {}],
      prompt: text,
      edit_format: choice('ai-toolkit', 'ai-toolkit (kv_cache off)', 'Moss-Image-Edit'),
      images: growing('IMAGE', 1),
      image_strength: float(0, 100, 1),
    },
    optional: { vae: ['VAE', {}] },
    output: ['CONDITIONING'],
  },
  MOSSImageControl: {
    required: { ...sides, strength: float(0, 10, 1), ...range },
    optional: { color_map: ['IMAGE', {}], depth_map: ['IMAGE', {}] },
    output: ['CONDITIONING', 'CONDITIONING'],
  },
  YuE2GenerateMusic: {
    required: {
      clip: ['CLIP', {}],
      style: text,
      lyrics: text,
      abc: text,
      seed: int(0, 2 ** 64),
      mode: choice('full', 'melody'),
      max_duration: float(0.04, 900, 360),
      temperature: float(0, 5, 1),
      top_p: float(0.01, 1, 0.95),
      top_k: int(1, 32_768, 100),
      repetition_penalty: float(0.01, 10, 1.2),
    },
    optional: { cfg_scale: float(0, 100, 1) },
    output: ['CONDITIONING', 'FLOAT'],
  },
  EmptyYuE2LatentAudio: {
    required: { seconds: float(0.04, 1000, 120), batch_size: int(1, 4096) },
    output: ['LATENT'],
  },
  SheetSage2AudioToABC: {
    required: { audio_encoder: ['AUDIO_ENCODER', {}], audio: ['AUDIO', {}], mode: choice('melody', 'full') },
    output: ['STRING'],
  },
  BlockSparseAttention: {
    required: {
      model: ['MODEL', {}],
      selection: [
        'COMFY_DYNAMICCOMBO_V3',
        { options: [{ key: 'vsa', inputs: { required: { keep_percent: float(0.5, 95, 10) } } }] },
      ],
    },
    optional: {
      ...range,
      dense_blocks: text,
      min_tokens: int(0, 1_048_576, 12_288),
      extra_tokens: int(0, 256, 256),
      sink_conditioning: choice('off', 'exact_kv', 'exact_kv_and_rows'),
      verbose: ['BOOLEAN', {}],
    },
    output: ['MODEL'],
  },
  MiniMaxH3FunControlNetApply: {
    required: {
      model: ['MODEL', {}],
      model_patch: ['MODEL_PATCH', {}],
      vae: ['VAE', {}],
      strength: float(0, 10, 1),
      ...range,
    },
    optional: { control_video: ['IMAGE', {}], mask: ['MASK', {}], source_video: ['IMAGE', {}] },
    output: ['MODEL'],
  },
  WanAnimate2ToVideo: {
    required: {
      ...sides,
      width: int(16, 16_384, 832),
      height: int(16, 16_384, 480),
      length: int(1, 16_384, 81),
      batch_size: int(1, 4096),
      video_frame_offset: int(0, 16_384),
      pose_strength: float(0, 10, 1),
      pose_start_percent: float(0, 1),
      pose_end_percent: float(0, 1, 1),
      reference_image_strength: float(0, 10, 1),
    },
    optional: {
      reference_image: ['IMAGE', {}],
      pose_video: ['IMAGE', {}],
      clip_vision_output: ['CLIP_VISION_OUTPUT', {}],
      positive_pose: ['CONDITIONING', {}],
      clip_vision_output_pose: ['CLIP_VISION_OUTPUT', {}],
      continue_motion: ['IMAGE', {}],
    },
    output: ['CONDITIONING', 'CONDITIONING', 'LATENT', 'INT', 'INT', 'INT'],
  },
  WanAnimate2Cache: {
    required: { model: ['MODEL', {}], device: choice('cpu', 'gpu'), dtype: choice('default', 'int8', 'int4') },
    output: ['MODEL'],
  },
  ConditioningLoader: { required: { conditioning_name: choice() }, output: ['CONDITIONING'] },
  MarigoldV2PostProcess: {
    required: { image: ['IMAGE', {}], prediction: choice('depth', 'normals', 'albedo') },
    output: ['IMAGE'],
  },
  ModelSamplingAuraFlow: {
    required: {
      model: ['MODEL', {}],
      shift: float(0, 100, 1.73),
      sampling: choice('flow', 'img_to_img_velocity'),
    },
    output: ['MODEL'],
  },
};

/** These definitions, and those of what a server has. */
export function withLaterNodes(info: ObjectInfo): ObjectInfo {
  const later = Object.entries(written).map(([name, { required, optional = {}, output }]) => [
    name,
    { input: { required, optional }, output, name },
  ]);
  return { ...info, ...parseObjectInfo(Object.fromEntries(later)) };
}
