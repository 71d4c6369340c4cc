// Definitions of a small server, old and new style, for tests that need no recorded one.
import { parseObjectInfo, type ObjectInfo } from '../../src/protocol/object-info.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';

const maxSeed = 18446744073709551615n;

export const smallServer: ObjectInfo = parseObjectInfo({
  CheckpointLoaderSimple: {
    input: { required: { ckpt_name: [['sd15/dream.safetensors', 'sd_xl_base_1.0.safetensors'], {}] } },
    output: ['MODEL', 'CLIP', 'VAE'],
    name: 'CheckpointLoaderSimple',
  },
  LoraLoader: { input: { required: { lora_name: [[], {}] } }, output: ['MODEL', 'CLIP'], name: 'LoraLoader' },
  CLIPTextEncode: {
    input: { required: { text: ['STRING', {}], clip: ['CLIP', {}] } },
    output: ['CONDITIONING'],
    name: 'CLIPTextEncode',
  },
  KSampler: {
    input: {
      required: {
        model: ['MODEL', {}],
        seed: ['INT', { default: 0, min: 0, max: maxSeed }],
        steps: ['INT', { default: 20, min: 1, max: 10000 }],
        cfg: ['FLOAT', { min: 0, max: 100 }],
        sampler_name: [['euler', 'dpmpp_2m'], {}],
        scheduler: ['COMBO', { options: ['normal', 'karras'], multiselect: false }],
        positive: ['CONDITIONING', {}],
        tile: ['BOOLEAN', {}],
      },
    },
    output: ['LATENT'],
    name: 'KSampler',
  },
  LoadImage: {
    input: { required: { image: [['a.png'], { image_upload: true }] } },
    output: ['IMAGE', 'MASK'],
    name: 'LoadImage',
  },
  Batch: {
    input: {
      required: {
        images: [
          'COMFY_AUTOGROW_V3',
          { template: { input: { required: { image: ['IMAGE', {}] } }, prefix: 'image', min: 2, max: 3 } },
        ],
      },
    },
    output: ['IMAGE'],
    name: 'Batch',
  },
  Resize: {
    input: {
      required: {
        input: ['COMFY_MATCHTYPE_V3', { template: { template_id: 't', allowed_types: 'IMAGE,MASK' } }],
        mode: [
          'COMFY_DYNAMICCOMBO_V3',
          {
            options: [
              { key: 'scale', inputs: { required: { factor: ['FLOAT', { min: 0.1, max: 8 }] } } },
              { key: 'size', inputs: { required: { width: ['INT', { min: 1 }] } } },
            ],
          },
        ],
      },
    },
    output: ['COMFY_MATCHTYPE_V3'],
    name: 'Resize',
  },
  LoraStack: {
    input: {
      required: {
        model: ['MODEL', {}],
        loras: [
          'COMFY_DYNAMICGROUP_V3',
          {
            template: {
              required: {
                lora_name: ['COMBO', { options: ['ink.safetensors', 'film.safetensors'] }],
                strength: ['FLOAT', { default: 1, min: -100, max: 100 }],
              },
              optional: { enabled: ['BOOLEAN', { default: true }] },
            },
            min: 1,
            max: 3,
          },
        ],
      },
    },
    output: ['MODEL'],
    name: 'LoraStack',
  },
  VideoTrim: {
    input: { required: { trim: ['VIDEO_EDIT', { features: ['trim'] }], strict: ['BOOLEAN', { default: false }] } },
    output: [],
    output_node: true,
    name: 'VideoTrim',
  },
  SaveImage: { input: { required: { images: ['IMAGE', {}] } }, output: [], output_node: true, name: 'SaveImage' },
  SaveLatent: { input: { required: { samples: ['LATENT', {}] } }, output: [], output_node: true, name: 'SaveLatent' },
});

/** A graph that the small server takes; inputs of its sampler can be replaced. */
export function sampling(inputs: Workflow[string]['inputs'] = {}): Workflow {
  return {
    '1': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'sd15/dream.safetensors' } },
    '2': { class_type: 'CLIPTextEncode', inputs: { text: 'a fox', clip: ['1', 1] }, _meta: { title: 'Positive' } },
    '3': {
      class_type: 'KSampler',
      inputs: {
        ...{
          model: ['1', 0],
          seed: 1,
          steps: 20,
          cfg: 7,
          sampler_name: 'euler',
          scheduler: 'normal',
          positive: ['2', 0],
          tile: false,
        },
        ...inputs,
      },
    },
    '4': { class_type: 'SaveLatent', inputs: { samples: ['3', 0] } },
  };
}

/** The sampling graph with a stack of LoRAs before the sampler. */
export function stacked(rows: Workflow[string]['inputs']): Workflow {
  const stack = { class_type: 'LoraStack', inputs: { model: ['1', 0] as const, ...rows } };
  return { ...sampling({ model: ['8', 0] }), '8': stack };
}

/** A graph that saves what `nodes` make in node `from`. */
export function saving(from: string, nodes: Workflow): Workflow {
  return {
    ...nodes,
    load: { class_type: 'LoadImage', inputs: { image: 'sub/x.png [temp]' } },
    save: { class_type: 'SaveImage', inputs: { images: [from, 0] } },
  };
}
