// --steps where samplers share the steps of one image: every stage keeps its part of them.
import { expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { applyRoles } from '../../src/workflow/apply-roles.ts';
import type { Input, Workflow } from '../../src/workflow/workflow.ts';

type Part = readonly [start: Input, end: Input];

/** KSamplerAdvanced after KSamplerAdvanced, each with its part of `steps`. */
function stages(steps: Input, parts: readonly Part[], more: Workflow = {}): Workflow {
  const nodes = parts.map(([start, end], i): [string, Workflow[string]] => [
    `k${i}`,
    {
      class_type: 'KSamplerAdvanced',
      inputs: {
        ...{ add_noise: i === 0 ? 'enable' : 'disable', noise_seed: i, steps, cfg: 1, sampler_name: 'euler' },
        ...{ scheduler: 'normal', start_at_step: start, end_at_step: end, return_with_leftover_noise: 'enable' },
        ...{ model: ['m', 0], positive: ['p', 0], negative: ['n', 0] },
        latent_image: [i === 0 ? 'e' : `k${i - 1}`, 0],
      },
    },
  ]);
  return {
    m: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'a' } },
    p: { class_type: 'CLIPTextEncode', inputs: { text: 'x', clip: ['m', 1] } },
    n: { class_type: 'CLIPTextEncode', inputs: { text: 'y', clip: ['m', 1] } },
    e: { class_type: 'EmptyLatentImage', inputs: { width: 64, height: 64, batch_size: 1 } },
    ...Object.fromEntries(nodes),
    ...more,
  };
}

const parts = (workflow: Workflow): unknown[] =>
  Object.keys(workflow)
    .filter((id) => id.startsWith('k'))
    .map((id) => [workflow[id]?.inputs['start_at_step'], workflow[id]?.inputs['end_at_step']]);
const refusal = (act: () => unknown): string => {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return error instanceof ComfyGenError ? `${error.reason}: ${error.message}` : String(error);
  }
};

test.each<[number, Part[], Part[]]>([
  [8, [[0, 10], [10, 10000]], [[0, 4], [4, 10000]]],
  [40, [[0, 10], [10, 20]], [[0, 20], [20, 40]]],
  [10, [[0, 5], [5, 10], [10, 15], [15, 10000]], [[0, 3], [3, 5], [5, 8], [8, 10000]]],
  [3, [[0, 18], [18, 19], [19, 10000]], [[0, 1], [1, 2], [2, 10000]]],
  [2, [[0, 1], [1, 10000]], [[0, 1], [1, 10000]]],
  [100, [[0, 10], [10, 25]], [[0, 50], [50, 100]]],
  [20, [[0, 7], [7, 10000]], [[0, 7], [7, 10000]]],
])('%i steps for %j', (steps, before, after) => {
  const { workflow, notes } = applyRoles(stages(20, before), { steps });
  expect(parts(workflow)).toEqual(after);
  expect(workflow['k0']?.inputs['steps']).toBe(steps);
  expect(notes.length).toBe(JSON.stringify(before) === JSON.stringify(after) ? 0 : 1);
}); // prettier-ignore

test('the note names what moved', () => {
  expect(applyRoles(stages(20, [[0, 10], [10, 10000]]), { steps: 8 }).notes).toEqual([
    'the steps at which stages take over follow <option steps>: k0.end_at_step 10 -> 4, k1.start_at_step 10 -> 4',
  ]); // prettier-ignore
});

test('primitives that hold the steps and the split move once', () => {
  const graph = stages(['total', 0], [[0, ['half', 0]], [['half', 0], 10000]], {
    total: { class_type: 'PrimitiveInt', inputs: { value: 20 } },
    half: { class_type: 'PrimitiveInt', inputs: { value: 10 } },
  }); // prettier-ignore
  const { workflow } = applyRoles(graph, { steps: 8 });
  expect([workflow['total']?.inputs, workflow['half']?.inputs]).toEqual([{ value: 8 }, { value: 4 }]);
});

test('a split that is computed from the steps is right without us, any other is refused', () => {
  const half = (from: Input): Workflow => ({
    total: { class_type: 'PrimitiveInt', inputs: { value: 20 } },
    half: { class_type: 'MathExpression', inputs: { a: from, b: ['total', 0], expression: 'a / 2' } },
  });
  const graph = (more: Workflow, steps: Input): Workflow => stages(steps, [[0, ['half', 0]], [['half', 0], 10000]], more); // prettier-ignore
  expect(refusal(() => applyRoles(graph(half(['total', 0]), ['total', 0]), { steps: 8 }))).toBe('accepted');
  expect(refusal(() => applyRoles(graph(half(3), 20), { steps: 8 }))).toMatch(/unusable_option: steps: k0.end_at_step/);
});

test('fewer steps than stages are refused by name', () => {
  const graph = stages(20, [[0, 5], [5, 10], [10, 10000]]); // prettier-ignore
  expect(refusal(() => applyRoles(graph, { steps: 2 }))).toMatch(/steps 2 is too few for 3 stages: k0.end_at_step, k1/);
});

test('SplitSigmas counts the steps of its scheduler', () => {
  const sampler = (sigmas: Input, latent: Input): Workflow[string] => ({
    class_type: 'SamplerCustom',
    inputs: {
      ...{ add_noise: true, noise_seed: 1, cfg: 1, model: ['m', 0], positive: ['p', 0], negative: ['n', 0] },
      ...{ sampler: ['s', 0], sigmas, latent_image: latent },
    },
  });
  const graph: Workflow = {
    ...stages(20, []),
    s: { class_type: 'KSamplerSelect', inputs: { sampler_name: 'euler' } },
    b: { class_type: 'BasicScheduler', inputs: { model: ['m', 0], scheduler: 'simple', steps: 20, denoise: 1 } },
    x: { class_type: 'SplitSigmas', inputs: { sigmas: ['b', 0], step: 5 } },
    a1: sampler(['x', 0], ['e', 0]),
    a2: sampler(['x', 1], ['a1', 0]),
  };
  const { workflow } = applyRoles(graph, { steps: 8 });
  expect([workflow['b']?.inputs['steps'], workflow['x']?.inputs['step']]).toEqual([8, 2]);
});
