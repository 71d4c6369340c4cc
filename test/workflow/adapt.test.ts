// A graph from another server or another year: filled and spelled as this server takes it, and every change is said.
import { expect, test } from 'vitest';
import { parseObjectInfo } from '../../src/protocol/object-info.ts';
import { adaptToServer } from '../../src/workflow/adapt.ts';
import { checkWorkflow } from '../../src/workflow/check.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';

const info = parseObjectInfo({
  Loader: { input: { required: { ckpt_name: [['SDXL/x.safetensors', 'a\\b.safetensors', 'y.safetensors']] } }, output: ['MODEL'], name: 'Loader' },
  Scale: {
    input: { required: {
      model: ['MODEL'], upscale_method: [['lanczos', 'area']], resolution_steps: ['INT', { default: 1, min: 1 }],
      text: ['STRING', { multiline: true }], forced: ['INT', { default: 3, forceInput: true }],
      mode: ['COMFY_DYNAMICCOMBO_V3', { options: [{ key: 'by', inputs: { required: { factor: ['FLOAT', { default: 2 }] } } }] }],
    }, optional: { extra: ['INT', { default: 9 }] } },
    output: ['MODEL'], output_node: true, name: 'Scale',
  },
}); // prettier-ignore
const graph = (ckpt: string, inputs: Workflow[string]['inputs'] = {}): Workflow => ({
  '1': { class_type: 'Loader', inputs: { ckpt_name: ckpt } },
  '2': { class_type: 'Scale', inputs: { model: ['1', 0], upscale_method: 'area', ...inputs } },
  '3': { class_type: 'Loader', inputs: { ckpt_name: 'SDXL\\x.safetensors' } },
});

test('required widgets that the file lacks get their defaults, what they bring along too', () => {
  const { workflow, notes } = adaptToServer(graph('y.safetensors', { text: 'a', forced: 1 }), info);
  expect(workflow['2']?.inputs).toMatchObject({
    resolution_steps: 1,
    mode: 'by',
    'mode.factor': 2,
    upscale_method: 'area',
  });
  expect(workflow['2']?.inputs).not.toHaveProperty('extra');
  expect(notes).toEqual([
    'inputs that the file does not have are set to the server\'s defaults: 2.resolution_steps = 1, 2.mode = "by", 2.mode.factor = 2',
  ]);
  expect(checkWorkflow(workflow, info)).toEqual([]);
});

test('texts, sockets and files have no default that would do', () => {
  const { workflow } = adaptToServer({ ...graph(''), '1': { class_type: 'Loader', inputs: {} } }, info);
  expect(checkWorkflow(workflow, info).map(({ node, input }) => `${node}.${String(input)}`).sort()).toEqual(['1.ckpt_name', '2.forced', '2.text']); // prettier-ignore
});

test.each([
  ['SDXL\\x.safetensors', 'SDXL/x.safetensors'],
  ['a/b.safetensors', 'a\\b.safetensors'],
  ['sdxl\\x.safetensors', 'sdxl\\x.safetensors'],
  ['y.safetensors', 'y.safetensors'],
])('%s is %s on this server', (given, sent) => {
  const full = { text: 'a', forced: 1, resolution_steps: 1, mode: 'by', 'mode.factor': 1 };
  const before = graph(given, full);
  const { workflow, notes } = adaptToServer(before, info);
  expect(workflow['1']?.inputs).toEqual({ ckpt_name: sent });
  expect(notes).toEqual(given === sent ? [] : [`1.ckpt_name is ${JSON.stringify(sent)} on this server`]);
  if (given === sent) expect(workflow).toBe(before);
  expect(workflow['3']).toBe(before['3']); // no output needs it
});
