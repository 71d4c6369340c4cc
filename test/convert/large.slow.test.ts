// Graphs larger than anybody draws: every answer comes, or a clear refusal; the old ways took minutes and ended in the time-out.
import { expect, test } from 'vitest';
import { applyRoles, heldValues } from '../../src/workflow/apply-roles.ts';
import { checkWorkflow, problemsToError } from '../../src/workflow/check.ts';
import { findRoles } from '../../src/workflow/roles.ts';
import type { Workflow, WorkflowNode } from '../../src/workflow/workflow.ts';
import { smallServer as info } from '../workflow/small-server.ts';

const sampler = (seed: number, latent: string, model = 'm', text = 'p'): WorkflowNode => ({
  class_type: 'KSampler',
  inputs: {
    model: [model, 0],
    positive: [text, 0],
    negative: [text, 0],
    latent_image: [latent, 0],
    ...{ seed, steps: 3, cfg: 7, sampler_name: 'euler', scheduler: 'normal', denoise: 1 },
  },
});
const start: Workflow = {
  m: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'a' } },
  p: { class_type: 'CLIPTextEncode', inputs: { text: 'x', clip: ['m', 1] } },
  e: { class_type: 'EmptyLatentImage', inputs: { width: 64, height: 32, batch_size: 1 } },
};
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test('3000 samplers in a row, written from the last to the first, each found in its place', () => {
  const stages = count(3000).map((i) => [`k${i}`, sampler(i, i === 0 ? 'e' : `k${i - 1}`)] as const);
  const graph: Workflow = { ...Object.fromEntries(stages.reverse()), ...start };
  const roles = findRoles(graph);
  expect(roles.samplers.slice(0, 3)).toEqual(['k0', 'k1', 'k2']);
  expect(roles.samplers.at(-1)).toBe('k2999');
  expect(roles.seed.length).toBe(3000);
  expect([roles.prompt, roles.width, roles.model].map((places) => places.length)).toEqual([1, 1, 1]);
  expect(heldValues(graph)).toMatchObject({ prompt: 'x', width: 64, height: 32, seed: '0', checkpoint: 'a' });
  expect(applyRoles(graph, { seed: 5 }).changes.length).toBe(3000);
});

test('latents in a circle end', () => {
  const graph = { ...start, a: sampler(1, 'b'), b: sampler(2, 'a'), c: sampler(3, 'b') };
  expect([...findRoles(graph).samplers].sort()).toEqual(['a', 'b', 'c']);
});

test('what only a walk of hundreds of thousands of steps would find is refused; such a graph runs unchanged all the same', () => {
  const stages = count(1000).flatMap((i): (readonly [string, WorkflowNode])[] => [
    [`l${i}`, { class_type: 'L', inputs: { model: [i === 0 ? 'm' : `l${i - 1}`, 0] } }],
    [`k${i}`, sampler(i, 'e', `l${i}`)],
  ]);
  const graph: Workflow = { ...start, ...Object.fromEntries(stages) };
  expect(() => findRoles(graph)).toThrow(/more nodes than can be followed/);
  expect(() => applyRoles(graph, { steps: 5 })).toThrow(/more nodes than can be followed/);
  expect(applyRoles(graph, {}).workflow).toBe(graph);
  expect(heldValues(graph).seed).toBeNull();
});

test('20,000 unknown nodes, or a circle of 20,000, are told in a few lines', () => {
  const unknown = Object.fromEntries(count(20_000).map((i) => [`n${i}`, { class_type: `Nope${i}`, inputs: {} }]));
  const refused = problemsToError(checkWorkflow(unknown, info));
  expect(refused.reason).toBe('missing_node');
  expect(refused.message.split('\n').length).toBe(1);
  expect(refused.message.length).toBeLessThan(4000);
  const circle = Object.fromEntries(count(20_000).map((i) => [`k${i}`, sampler(i, `k${(i + 1) % 20_000}`)]));
  const decode = { class_type: 'VAEDecode', inputs: { samples: ['k0', 0], vae: ['m', 2] } } as WorkflowNode;
  const save = { class_type: 'SaveImage', inputs: { images: ['d', 0], filename_prefix: 'x' } } as WorkflowNode;
  const found = checkWorkflow({ ...start, ...circle, d: decode, s: save }, info);
  const first = found.find((p) => p.message.includes('circle'));
  expect(first?.message).toMatch(/circle: k\d+ -> .* -> … \(20000 nodes\)$/);
  expect(first?.message.length).toBeLessThan(300);
});
