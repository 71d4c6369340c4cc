// --prompt, --seed, --steps … on workflows of other people: set where they belong, refused where that is unclear.
import { expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { parseObjectInfo } from '../../src/protocol/object-info.ts';
import { applyRoles, heldValues, type RoleValues } from '../../src/workflow/apply-roles.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';

const basic: Workflow = {
  '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'a.safetensors' } },
  '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 512, batch_size: 1 } },
  '6': { class_type: 'CLIPTextEncode', inputs: { text: 'a cat', clip: ['4', 1] } },
  '7': { class_type: 'CLIPTextEncode', inputs: { text: 'bad', clip: ['4', 1] } },
  '3': {
    class_type: 'KSampler',
    inputs: {
      seed: 1,
      steps: 20,
      cfg: 8,
      sampler_name: 'euler',
      scheduler: 'normal',
      denoise: 1,
      model: ['4', 0],
      positive: ['6', 0],
      negative: ['7', 0],
      latent_image: ['5', 0],
    },
  },
  '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
  '9': { class_type: 'SaveImage', inputs: { images: ['8', 0], filename_prefix: 'x' } },
};
const inputs = (workflow: Workflow, id: string): unknown => workflow[id]?.inputs;
const refusal = (workflow: Workflow, values: RoleValues): string => {
  try {
    applyRoles(workflow, values);
    return 'accepted';
  } catch (error) {
    return error instanceof ComfyGenError ? `${error.reason}: ${error.message}` : String(error);
  }
};

test('every value goes to its place and nothing else changes', () => {
  const { workflow, changes } = applyRoles(basic, {
    prompt: 'a dog',
    negative: 'n',
    seed: 2n ** 64n - 1n,
    steps: 5,
    cfg: 2.5,
    width: 640,
    height: 480,
    model: 'b.ckpt',
    batch: 3,
    sampler: 'heun',
  });
  expect(inputs(workflow, '6')).toMatchObject({ text: 'a dog' });
  expect(inputs(workflow, '7')).toMatchObject({ text: 'n' });
  expect(inputs(workflow, '3')).toMatchObject({
    seed: 2n ** 64n - 1n,
    steps: 5,
    cfg: 2.5,
    sampler_name: 'heun',
    denoise: 1,
  });
  expect(inputs(workflow, '5')).toEqual({ width: 640, height: 480, batch_size: 3 });
  expect(inputs(workflow, '4')).toEqual({ ckpt_name: 'b.ckpt' });
  expect(changes).toHaveLength(10);
  expect(inputs(basic, '6')).toMatchObject({ text: 'a cat' });
});

test('the roles are read back as results report them', () => {
  expect(heldValues(basic)).toEqual({
    checkpoint: 'a.safetensors',
    prompt: 'a cat',
    negative: 'bad',
    seed: '1',
    width: 512,
    height: 512,
    steps: 20,
    cfg: 8,
    sampler: 'euler',
    scheduler: 'normal',
    denoise: 1,
    loras: [],
  });
  expect(heldValues({ '1': { class_type: 'EmptyImage', inputs: { width: 8, height: 8 } } })).toMatchObject({
    prompt: null,
    seed: null,
    width: null,
  });
});

test('values that primitives hold are set in the primitives, ids of subgraphs included', () => {
  const linked: Workflow = {
    ...basic,
    '57:1': { class_type: 'PrimitiveStringMultiline', inputs: { value: 'a cat' } },
    '57:2': { class_type: 'PrimitiveInt', inputs: { value: 7 } },
    '6': { class_type: 'CLIPTextEncode', inputs: { text: ['57:1', 0], clip: ['4', 1] } },
    '3': { class_type: 'KSampler', inputs: { ...basic['3']?.inputs, seed: ['57:2', 0] } },
  };
  const { workflow } = applyRoles(linked, { prompt: 'a dog', seed: 9n });
  expect(inputs(workflow, '57:1')).toEqual({ value: 'a dog' });
  expect(inputs(workflow, '57:2')).toEqual({ value: 9 });
});

const second = (more: Workflow[string]['inputs']): Workflow => ({
  ...basic,
  '10': { class_type: 'KSampler', inputs: { ...basic['3']?.inputs, ...more } },
  '11': { class_type: 'VAEDecode', inputs: { samples: ['10', 0], vae: ['4', 2] } },
  '12': { class_type: 'SaveImage', inputs: { images: ['11', 0], filename_prefix: 'y' } },
});

test('seed goes to every source of noise: other images, later passes, nodes that only make noise', () => {
  for (const more of [{ seed: 2 }, { seed: 2, latent_image: ['3', 0] as const }]) {
    const { workflow } = applyRoles(second(more), { seed: 3n });
    expect([workflow['3'], workflow['10']].map((n) => n?.inputs['seed'])).toEqual([3, 3]);
  }
  const noise: Workflow = {
    ...basic,
    r: { class_type: 'RandomNoise', inputs: { noise_seed: 5 } },
    w: { class_type: 'WanVideoSampler', inputs: { seed: 6, steps: 4, model: ['4', 0] } },
    d: { class_type: 'KSamplerAdvanced', inputs: { noise_seed: 7, add_noise: 'disable' } },
    o: { class_type: 'ImageShuffle', inputs: { seed: 8 } },
  };
  const { workflow } = applyRoles(noise, { seed: 9 });
  expect(['r', 'w', 'd', 'o'].map((id) => Object.values(workflow[id]?.inputs ?? {})[0])).toEqual([9, 9, 7, 8]);
});

test('stages that differ are not set alike', () => {
  expect(refusal(second({ steps: 5, latent_image: ['3', 0] }), { steps: 9 })).toContain(
    '3.steps (KSampler), 10.steps (KSampler)',
  );
  expect(refusal(second({ latent_image: ['3', 0] }), { steps: 9 })).toBe('accepted');
});

test('what the workflow has no place for is refused', () => {
  expect(refusal(basic, { image: ['a.png'] })).toContain('unusable_option');
  expect(refusal(basic, { guidance: 3 })).toContain('guidance');
  expect(refusal({ '1': { class_type: 'EmptyImage', inputs: {} } }, { prompt: 'x' })).toContain('prompt');
});

/** The sampler's two sides come out of node 60, in the places `slots`. */
function through(node: Workflow[string], slots: readonly [number, number]): Workflow {
  const inputs = { ...basic['3']?.inputs, positive: ['60', slots[0]], negative: ['60', slots[1]] } as const;
  return { ...basic, '3': { class_type: 'KSampler', inputs }, '60': node };
}
const sides = (workflow: Workflow): unknown[] => [workflow['6']?.inputs['text'], workflow['7']?.inputs['text']];
const both: RoleValues = { prompt: 'NEW', negative: 'BAD' };

test.each([
  ['model, positive, negative', 'ApplyInstantID', { positive: ['6', 0], negative: ['7', 0] }, [1, 2]],
  ['positive, negative', 'ControlNetApplyAdvanced', { positive: ['6', 0], negative: ['7', 0] }, [0, 1]],
  ['four outputs', 'WanInfiniteTalkToVideo', { model: ['4', 0], positive: ['6', 0], negative: ['7', 0] }, [1, 2]],
  ['other names', 'PairConditioningCombine', { positive_A: ['6', 0], negative_A: ['7', 0] }, [0, 1]],
] as const)('the sides of a node with the outputs %s', (_outputs, className, inputs, slots) => {
  const graph = through({ class_type: className, inputs }, slots);
  expect(sides(applyRoles(graph, both).workflow)).toEqual(['NEW', 'BAD']);
  expect(heldValues(graph)).toMatchObject({ prompt: 'a cat', negative: 'bad' });
});

test('with definitions the name of the output decides, wherever it is', () => {
  const info = parseObjectInfo({
    Swap: { input: {}, output: ['MODEL', 'CONDITIONING', 'CONDITIONING'], output_name: ['model', 'negative', 'positive'], name: 'Swap' },
  }); // prettier-ignore
  const node = { class_type: 'Swap', inputs: { positive: ['6', 0], negative: ['7', 0] } } as const;
  expect(sides(applyRoles(through(node, [2, 1]), both, info).workflow)).toEqual(['NEW', 'BAD']);
});

test('a node that holds both texts itself', () => {
  const graph = through(
    { class_type: 'Efficient Loader', inputs: { ckpt_name: 'a', positive: 'p', negative: 'n' } },
    [1, 2],
  );
  expect(applyRoles(graph, both).workflow['60']?.inputs).toMatchObject({ positive: 'NEW', negative: 'BAD' });
});

test.each([
  ['a motion module', { class_type: 'ADE_AnimateDiffLoaderWithContext', inputs: { model_name: 'mm.ckpt', model: ['4', 0] } }],
  ['a patch by path', { class_type: 'LoadAndApplyICLightUnet', inputs: { model_path: 'ic.safetensors', model: ['4', 0] } }],
] as const)('checkpoint goes past %s to the loader', (_what, node) => {
  const graph = { ...basic, '27': node, '3': { class_type: 'KSampler', inputs: { ...basic['3']?.inputs, model: ['27', 0] } } } as Workflow;
  const { changes } = applyRoles(graph, { model: 'b.ckpt' });
  expect(changes).toEqual([{ node: '4', input: 'ckpt_name', role: 'model', value: 'b.ckpt' }]);
}); // prettier-ignore

test('a sampler by the name that A1111 has for it', () => {
  const { workflow, notes } = applyRoles(basic, { sampler: 'DPM++ 2M Karras' });
  expect(workflow['3']?.inputs).toMatchObject({ sampler_name: 'dpmpp_2m', scheduler: 'karras' });
  expect(notes).toEqual(['<option sampler> DPM++ 2M Karras is dpmpp_2m with the scheduler karras in ComfyUI']);
  const chosen = applyRoles(basic, { sampler: 'Euler a', scheduler: 'beta' });
  expect(chosen.workflow['3']?.inputs).toMatchObject({ sampler_name: 'euler_ancestral', scheduler: 'beta' });
  expect(applyRoles(basic, { sampler: 'euler' }).notes).toEqual([]);
});
