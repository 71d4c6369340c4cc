// --size where later nodes have sizes of their own: they keep their proportion, or are named.
import { expect, test } from 'vitest';
import { parseObjectInfo } from '../../src/protocol/object-info.ts';
import { applyRoles, type RoleValues } from '../../src/workflow/apply-roles.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';

const sampler = (latent: string): Workflow[string] => ({
  class_type: 'KSampler',
  inputs: {
    ...{ seed: 1, steps: 2, cfg: 1, sampler_name: 'euler', scheduler: 'normal', denoise: 1 },
    ...{ model: ['m', 0], positive: ['p', 0], negative: ['n', 0], latent_image: [latent, 0] },
  },
});

/** One stage of 64 × 64, and what comes after it. */
function after(more: Workflow): Workflow {
  return {
    m: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'a' } },
    p: { class_type: 'CLIPTextEncode', inputs: { text: 'x', clip: ['m', 1] } },
    n: { class_type: 'CLIPTextEncode', inputs: { text: 'y', clip: ['m', 1] } },
    e: { class_type: 'EmptyLatentImage', inputs: { width: 64, height: 64, batch_size: 1 } },
    k: sampler('e'),
    d: { class_type: 'VAEDecode', inputs: { samples: ['k', 0], vae: ['m', 2] } },
    ...more,
  };
}
const sized = (workflow: Workflow, id: string): unknown[] => {
  const { width, height } = workflow[id]?.inputs ?? {};
  return [width, height];
};
const tall: RoleValues = { width: 64, height: 128 };

test('a second pass from an upscaled latent', () => {
  const graph = after({
    u: { class_type: 'LatentUpscale', inputs: { samples: ['k', 0], width: 96, height: 96, crop: 'disabled' } },
    k2: sampler('u'),
  });
  const { workflow, notes } = applyRoles(graph, tall);
  expect([sized(workflow, 'e'), sized(workflow, 'u')]).toEqual([[64, 128], [96, 192]]); // prettier-ignore
  expect(notes).toEqual(['sizes further on follow <option size>: u.height 96 -> 192']);
});

test('images scaled after the decoder, dotted names, one side alone, and 0 that keeps the shape', () => {
  const graph = after({
    a: { class_type: 'ImageScale', inputs: { image: ['d', 0], width: 100, height: 100 } },
    b: {
      class_type: 'ResizeImageMaskNode',
      inputs: { input: ['d', 0], 'resize_type.width': 128, 'resize_type.height': 128 },
    },
    c: { class_type: 'ImageScale', inputs: { image: ['d', 0], width: 0, height: 256 } },
    t: { class_type: 'UltimateSDUpscale', inputs: { image: ['d', 0], tile_width: 512, tile_height: 512 } },
  });
  const { workflow } = applyRoles(graph, tall);
  expect(sized(workflow, 'a')).toEqual([100, 200]);
  expect(workflow['b']?.inputs).toMatchObject({ 'resize_type.width': 128, 'resize_type.height': 256 });
  expect(sized(workflow, 'c')).toEqual([0, 512]);
  expect(workflow['t']?.inputs).toMatchObject({ tile_width: 512, tile_height: 512 });
});

test('a later stage with an empty latent of its own', () => {
  const graph = after({
    f: { class_type: 'EmptyLatentImage', inputs: { width: 128, height: 128, batch_size: 1 } },
    c: { class_type: 'LatentBlend', inputs: { samples1: ['f', 0], samples2: ['k', 0], blend_factor: 0.5 } },
    k2: sampler('c'),
  });
  const { workflow, notes } = applyRoles(graph, tall);
  expect([sized(workflow, 'e'), sized(workflow, 'f')]).toEqual([[64, 128], [128, 256]]); // prettier-ignore
  expect(notes.join()).toContain('f.height follows <option size>: 128 -> 256');
});

test('areas keep their part of the image; what only has the same size follows; others stay', () => {
  const graph = after({
    p: { class_type: 'ConditioningSetArea', inputs: { conditioning: ['q', 0], width: 32, height: 64, x: 32, y: 0, strength: 1 } },
    q: { class_type: 'CLIPTextEncode', inputs: { text: 'x', clip: ['m', 1] } },
    same: { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 0 } },
    other: { class_type: 'EmptyImage', inputs: { width: 64, height: 32, batch_size: 1, color: 0 } },
    percent: { class_type: 'ConditioningSetAreaPercentage', inputs: { conditioning: ['q', 0], width: 0.5, height: 1, x: 0.5, y: 0 } },
  }); // prettier-ignore
  const { workflow } = applyRoles(graph, { width: 128, height: 64 });
  expect(workflow['p']?.inputs).toMatchObject({ width: 64, height: 64, x: 64, y: 0 });
  expect([sized(workflow, 'same'), sized(workflow, 'other')]).toEqual([[128, 64], [64, 32]]); // prettier-ignore
  expect(workflow['percent']?.inputs).toMatchObject({ width: 0.5, height: 1, x: 0.5 });
});

test('the grid of an input is its definition’s, and a size without a width is named', () => {
  const info = parseObjectInfo({
    LatentUpscale: { input: { required: { width: ['INT', { step: 32 }], height: ['INT', { step: 32 }] } }, output: ['LATENT'], name: 'LatentUpscale' },
  }); // prettier-ignore
  const graph = after({
    u: { class_type: 'LatentUpscale', inputs: { samples: ['k', 0], width: 96, height: 96 } },
    t: { class_type: 'ImageScaleToTotalPixels', inputs: { image: ['d', 0], megapixels: 2 } },
  });
  const { workflow, notes } = applyRoles(graph, { width: 80, height: 64 }, info);
  expect(sized(workflow, 'u')).toEqual([128, 96]);
  expect(notes.at(-1)).toBe('<option size> does not change what t.megapixels (2) makes: <option set> does');
});

test('the same size again changes nothing', () => {
  const graph = after({ u: { class_type: 'LatentUpscale', inputs: { samples: ['k', 0], width: 99, height: 97 } } });
  expect(applyRoles(graph, { width: 64, height: 64 })).toMatchObject({ workflow: graph, notes: [] });
});
