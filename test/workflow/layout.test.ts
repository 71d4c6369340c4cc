// A recipe's graph as a UI workflow: readable, and the converter gives the graph back.
import { describe, expect, test } from 'vitest';
import { parseObjectInfo } from '../../src/protocol/object-info.ts';
import { convertWorkflow } from '../../src/convert/convert.ts';
import { toUiWorkflow } from '../../src/workflow/layout.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { overlaps, uiNodes } from '../convert/ui-boxes.ts';

const info = parseObjectInfo({
  Loader: {
    input: { required: { ckpt_name: [['a.safetensors'], {}] } },
    output: ['MODEL', 'CLIP'],
    output_name: ['MODEL', 'CLIP'],
    name: 'Loader',
    display_name: 'Load it',
  },
  Text: {
    input: { required: { text: ['STRING', { multiline: true, dynamicPrompts: true }], clip: ['CLIP', {}] } },
    output: ['CONDITIONING'],
    name: 'Text',
  },
  Sampler: {
    input: {
      required: {
        model: ['MODEL'],
        seed: ['INT', { control_after_generate: true }],
        steps: ['INT', { default: 20 }],
        positive: ['CONDITIONING'],
      },
    },
    output: ['LATENT'],
    name: 'Sampler',
  },
  Number: { input: { required: { value: ['INT', {}] } }, output: ['INT'], name: 'Number' },
  Stack: {
    input: {
      required: {
        model: ['MODEL'],
        loras: [
          'COMFY_DYNAMICGROUP_V3',
          { template: { required: { name: ['STRING', {}], strength: ['FLOAT', { default: 1 }] } }, max: 9 },
        ],
        trim: ['VIDEO_EDIT', {}],
        view: ['RESOLUTION_PREVIEW', {}],
        box: ['BOUNDING_BOX', {}],
        pick: ['COMBO', { options: ['a', 'b'], control_after_generate: true }],
        dial: ['PACK_DIAL', {}],
        steps: ['INT', { default: 20 }],
      },
    },
    output: ['MODEL'],
    name: 'Stack',
  },
  Group: {
    input: {
      required: {
        mode: [
          'COMFY_DYNAMICCOMBO_V3',
          {
            options: [
              { key: 'off', inputs: {} },
              { key: 'on', inputs: { required: { size: ['INT', {}], curve: ['CURVE', {}] } } },
            ],
          },
        ],
        latents: [
          'COMFY_AUTOGROW_V3',
          { template: { input: { required: { latent: ['LATENT', {}] } }, prefix: 'latent', min: 1, max: 4 } },
        ],
      },
    },
    output: [],
    output_node: true,
    name: 'Group',
  },
});

const workflow: Workflow = {
  '1': { class_type: 'Loader', inputs: { ckpt_name: 'a.safetensors' }, _meta: { title: 'Load it' } },
  '2': {
    class_type: 'Text',
    inputs: { text: 'a {red|blue} (fox:1.2) \\{x\\}', clip: ['1', 1] },
    _meta: { title: 'Positive' },
  },
  '4': { class_type: 'Number', inputs: { value: 12 }, _meta: { title: 'Number' } },
  '3': {
    class_type: 'Sampler',
    inputs: { model: ['1', 0], seed: 18446744073709551615n, steps: ['4', 0], positive: ['2', 0] },
    _meta: { title: 'Sampler' },
  },
  '5': {
    class_type: 'Group',
    inputs: {
      mode: 'on',
      'mode.size': 3,
      'mode.curve': 'linear',
      'latents.latent0': ['3', 0],
      'latents.latent1': ['3', 0],
    },
    _meta: { title: 'Group' },
  },
};

describe('toUiWorkflow', () => {
  test('the converter gives the graph back', () => {
    const ui = toUiWorkflow(workflow, info);
    const { workflow: back, warnings } = convertWorkflow(ui, info);
    expect(warnings).toEqual([]);
    expect(back).toEqual({
      ...workflow,
      '2': { ...workflow['2'], inputs: { text: 'a {red|blue} (fox:1.2) {x}', clip: ['1', 1] } },
    });
  });

  test('rows, edits, boxes and what only shows something keep their neighbours in place', () => {
    const stack = (id: string, rows: Workflow[string]['inputs']): Workflow => ({
      '1': workflow['1'] as Workflow[string],
      '4': workflow['4'] as Workflow[string],
      [id]: {
        class_type: 'Stack',
        inputs: {
          model: ['1', 0],
          ...rows,
          trim: { trim: { start_time: 1, duration: 2 } },
          box: { x: 1, y: 2, width: 3, height: 4 },
          pick: 'b',
          dial: 0.75,
          steps: 33,
        },
        _meta: { title: 'Stack' },
      },
    });
    const back = (graph: Workflow): Workflow => convertWorkflow(toUiWorkflow(graph, info), info).workflow;
    const none = stack('6', {});
    expect(back(none)).toEqual(none);
    const two = stack('6', {
      'loras.0.name': 'a',
      'loras.0.strength': ['4', 0],
      'loras.1.name': 'b{c}',
      'loras.1.strength': 0.5,
    });
    expect(back(two)).toEqual(two);
    const gap = stack('6', { 'loras.1.name': 'a', 'loras.4.strength': ['4', 0], 'loras.4.name': 'b' });
    expect(back(gap)['6']?.inputs).toMatchObject({
      'loras.0.name': 'a',
      'loras.0.strength': 1,
      'loras.1.name': 'b',
      'loras.1.strength': ['4', 0],
      steps: 33,
    });
  });

  test('nodes stand in columns and do not overlap', () => {
    const ui = toUiWorkflow(workflow, info);
    expect(overlaps(ui)).toEqual([]);
    const x = new Map(uiNodes(ui).map((n) => [n.id, n.pos[0]]));
    expect(
      (x.get(1) ?? 0) < (x.get(2) ?? 0) && (x.get(2) ?? 0) < (x.get(3) ?? 0) && (x.get(3) ?? 0) < (x.get(5) ?? 0),
    ).toBe(true);
  });

  test('ids that are text get numbers', () => {
    const ui = toUiWorkflow(
      { '57:13': { class_type: 'Number', inputs: { value: 1 } }, '7': { class_type: 'Number', inputs: { value: 2 } } },
      info,
    );
    expect(uiNodes(ui).map((n) => n.id)).toEqual([7, 8]);
  });

  test('a cycle is drawn like anything else', () => {
    const ui = toUiWorkflow(
      {
        a: { class_type: 'Number', inputs: { value: ['b', 0] } },
        b: { class_type: 'Number', inputs: { value: ['a', 0] } },
      },
      info,
    );
    expect(overlaps(ui)).toEqual([]);
  });

  test('nothing without definitions', () => {
    expect(toUiWorkflow(workflow, undefined)).toBeUndefined();
    expect(toUiWorkflow({ '1': { class_type: 'Unheard', inputs: {} } }, info)).toBeUndefined();
  });
});
