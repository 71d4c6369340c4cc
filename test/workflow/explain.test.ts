// A server's refusal in our words.
import { describe, expect, test } from 'vitest';
import { explainNodeErrors } from '../../src/workflow/explain.ts';
import { sampling } from './small-server.ts';

const told = (body: unknown, workflow = sampling()): string => {
  const error = explainNodeErrors(workflow, typeof body === 'string' ? body : JSON.stringify(body), 'http://box');
  return `${error.reason}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`;
};
const nodeError = (id: string, ...errors: unknown[]): unknown => ({
  error: { type: 'prompt_outputs_failed_validation', message: 'Prompt outputs failed validation', details: '' },
  node_errors: { [id]: { class_type: sampling()[id]?.class_type, dependent_outputs: ['4'], errors } },
});

describe('explainNodeErrors', () => {
  test('a broken loop is told once, though each of its nodes reports it', () => {
    const extra_info = { input_name: 'loop boundary', node_ids: ['1', '3'], loop_error_type: 'loop_start_without_end' };
    const error = { type: 'custom_validation_failed', message: 'x', details: '', extra_info };
    const node_errors = Object.fromEntries(['1', '3', '4'].map((id) => [id, { errors: [error] }]));
    const body = { error: { type: 'prompt_outputs_failed_validation' }, node_errors };
    expect(told(body).split('\n')).toEqual([
      'invalid_workflow: #1 CheckpointLoaderSimple: the loop of nodes 1, 3: loop_start_without_end',
    ]);
  });

  test('what was sent, what is taken, what to do', () => {
    const range = {
      type: 'value_bigger_than_max',
      details: 'steps',
      extra_info: { input_name: 'steps', input_config: ['INT', { min: 1, max: 100 }], received_value: 999 },
    };
    expect(told(nodeError('3', range))).toBe('invalid_value: #3 KSampler: `steps` is 999: the server takes 1 to 100');
    const lacking = {
      type: 'value_not_in_list',
      details: 'x',
      extra_info: {
        input_name: 'ckpt_name',
        input_config: [['sd15/dream.safetensors'], {}],
        received_value: 'sd15\\dream.safetensors',
      },
    };
    expect(told(nodeError('1', lacking))).toBe(
      'missing_model: #1 CheckpointLoaderSimple: `ckpt_name` is "sd15\\\\dream.safetensors", which the server does not have (did you mean sd15/dream.safetensors?)',
    );
    const tooMany = {
      type: 'value_not_in_list',
      details: '(list of length 40)',
      extra_info: { input_name: 'sampler_name', input_config: null, received_value: 'eulerx' },
    };
    expect(told(nodeError('3', tooMany))).toBe(
      'invalid_value: #3 KSampler: `sampler_name` is "eulerx", which the server does not have (see `comfy-gen list samplers`)',
    );
  });

  test('a bad link is found in the graph: the report names the consumer and Python words', () => {
    const absent = {
      type: 'exception_during_inner_validation',
      details: "'44'",
      extra_info: { input_name: 'samples', linked_node: ['3', 0] },
    };
    expect(told(nodeError('3', absent), sampling({ model: ['44', 0] }))).toBe(
      'invalid_workflow: #3 KSampler: `model` is linked to node 44, which is not there',
    );
    const types = {
      type: 'return_type_mismatch',
      details: 'model, …',
      extra_info: { input_name: 'model', input_config: ['MODEL', {}], received_type: 'CLIP', linked_node: ['1', 1] },
    };
    expect(told(nodeError('3', types))).toBe(
      'invalid_workflow: #3 KSampler: `model` wants MODEL, but output 1 of 1 (CheckpointLoaderSimple) is CLIP',
    );
  });

  test('a cycle is told once, with a report and without', () => {
    const cycle = { type: 'dependency_cycle', details: '3 (A) -> 4 (A) -> 3 (A)', extra_info: {} };
    const body = {
      error: { type: 'prompt_outputs_failed_validation' },
      node_errors: { '3': { errors: [cycle] }, '4': { errors: [cycle] } },
    };
    expect(told(body).split('\n')).toHaveLength(1);
    const round = { ...sampling({ model: ['9', 0] }), '9': { class_type: 'X', inputs: { model: ['3', 0] as const } } };
    expect(told({ error: { type: 'prompt_outputs_failed_validation' }, node_errors: {} }, round)).toBe(
      'invalid_workflow: the links go round in a circle: 3 -> 9 -> 3',
    );
  });

  test('unknown classes in both versions', () => {
    const hint = ' (install the node pack on the server, or update ComfyUI)';
    const old = {
      error: { type: 'invalid_prompt', message: 'x', details: "Node ID '#3'", extra_info: {} },
      node_errors: {},
    };
    expect(told(old)).toBe(`missing_node: http://box has no node KSampler (#3)${hint}`);
    const now = {
      error: { type: 'missing_node_type', extra_info: { node_id: '7', class_type: 'Nope', node_title: 'Nope' } },
      node_errors: {},
    };
    expect(told(now)).toBe(`missing_node: http://box has no node Nope (#7)${hint}`);
    expect(told({ error: { type: 'missing_node_type', extra_info: { node_id: '7', class_type: null } } })).toBe(
      'invalid_workflow: node #7 has no class_type',
    );
  });

  test('rows of a group that the server does not take', () => {
    const rows = {
      type: 'invalid_dynamic_input',
      message: 'Invalid dynamic input',
      details: 'unexpected key loras.9.weight',
      extra_info: { input_name: 'loras.9.weight' },
    };
    expect(told(nodeError('3', rows))).toBe(
      'invalid_workflow: #3 KSampler: `loras.9.weight`: Invalid dynamic input: unexpected key loras.9.weight (its rows are loras.0.<input>, loras.1.<input>, … up to their greatest number)',
    );
    expect(told(nodeError('3', { ...rows, extra_info: {} }))).toMatch(/^invalid_workflow: #3 KSampler: `\?`: Invalid/);
  });

  test('a check of the node itself that names no input', () => {
    const own = { type: 'custom_validation_failed', message: 'x', details: 'the two do not fit', extra_info: {} };
    expect(told(nodeError('3', own))).toBe('invalid_value: #3 KSampler: the two do not fit');
  });

  test('what nobody knows: forks, odd bodies, new types', () => {
    expect(told('{"error":"quota exceeded"}')).toBe('rejected: http://box refused the workflow: quota exceeded');
    for (const body of ['', '<html>', '[]', '{}', '{"node_errors":7}'])
      expect(told(body)).toBe('rejected: http://box refused the workflow without a reason');
    expect(told(nodeError('3', { type: 'brand_new', message: 'It is new', details: 'very' }))).toBe(
      'invalid_value: #3 KSampler: It is new: very',
    );
    expect(told(nodeError('99', null, {}))).toMatch(/^invalid_value: #99/);
    expect(
      told(
        '{"error":{"type":"x"},"node_errors":{"3":{"errors":[{"type":"value_bigger_than_max","extra_info":{"received_value":Infinity}}]}}}',
      ),
    ).toMatch(/is Infinity/);
  });
});
