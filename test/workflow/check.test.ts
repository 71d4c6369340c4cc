// The local check: what the server would refuse is told, all of it at once; what it takes passes.
import { describe, expect, test } from 'vitest';
import { parseObjectInfo } from '../../src/protocol/object-info.ts';
import { checkWorkflow, problemsToError, type Problem } from '../../src/workflow/check.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { sampling, saving, smallServer, stacked } from './small-server.ts';

const say = (workflow: Workflow): string[] =>
  checkWorkflow(workflow, smallServer).map((p) =>
    [p.reason, p.node, p.message, p.hint].filter((t) => t !== undefined).join(' | '),
  );

describe('what the server takes', () => {
  test.each([
    {},
    { seed: 18446744073709551615n },
    { steps: '12', cfg: '7.5', seed: true },
    { steps: 3.7, cfg: NaN },
    { steps: { __value__: 5 } },
    { tile: 'false', unknown_extra: 1 },
    { tile: null },
  ])('sampler with %o', (inputs) => {
    expect(say(sampling(inputs))).toEqual([]);
  });

  test('files of the input folder, growing and dependent inputs, unreachable nonsense', () => {
    const image = ['load', 0] as const;
    expect(say(saving('load', {}))).toEqual([]);
    expect(
      say(saving('b', { b: { class_type: 'Batch', inputs: { 'images.image0': image, 'images.image1': image } } })),
    ).toEqual([]);
    expect(
      say(
        saving('r', {
          r: { class_type: 'Resize', inputs: { input: image, mode: 'scale', 'mode.factor': 2, 'mode.width': 'x' } },
        }),
      ),
    ).toEqual([]);
    expect(say({ ...sampling(), '9': { class_type: 'KSampler', inputs: { model: ['77', 0] } } })).toEqual([]);
  });
});

describe('what it refuses', () => {
  test.each([
    [{ steps: 0 }, 'invalid_value | 3 | `steps` is 0, too small: the server takes 1 to 10000'],
    [{ steps: 'x' }, 'invalid_value | 3 | `steps` is "x", not a whole number'],
    [{ steps: '3.7' }, 'invalid_value | 3 | `steps` is "3.7", not a whole number'],
    [{ cfg: Infinity }, 'invalid_value | 3 | `cfg` is Infinity, too large: the server takes 0 to 100'],
    [{ cfg: null }, 'invalid_value | 3 | `cfg` is null, not a number'],
    [
      { seed: 18446744073709552000n },
      'invalid_value | 3 | `seed` is 18446744073709552000, too large: the server takes 0 to 18446744073709551615 | a seed that was rounded by JavaScript: write it as 18446744073709551615',
    ],
    [
      { sampler_name: 'Euler' },
      'invalid_value | 3 | `sampler_name` is "Euler", which the server does not have | did you mean euler?',
    ],
    [
      { scheduler: 'karas' },
      'invalid_value | 3 | `scheduler` is "karas", which the server does not have | did you mean karras?',
    ],
    [{ model: 'x' }, 'invalid_workflow | 3 | `model` takes a link (MODEL), not "x"'],
    [
      { model: ['1', 1] },
      'invalid_workflow | 3 | `model` wants MODEL, but output 1 of 1 (CheckpointLoaderSimple) is CLIP',
    ],
    [
      { model: ['1', 7] },
      'invalid_workflow | 3 | `model` is linked to output 7 of 1 (CheckpointLoaderSimple), which has 3',
    ],
    [{ model: ['9', 0] }, 'invalid_workflow | 3 | `model` is linked to node 9, which is not there'],
  ])('sampler with %o', (inputs, told) => {
    expect(say(sampling(inputs))).toEqual([told]);
  });

  test('a literal array is no link', () => {
    expect(say(sampling({ steps: [1, 2, 3] }))[0]).toMatch(/`steps` is \[1,2,3\], which is no link \| .*__value__/);
  });

  test('model files: other separators and case, none at all', () => {
    const loader = (class_type: string, inputs: Workflow[string]['inputs']): string[] =>
      say({ ...sampling(), '1': { class_type, inputs } });
    expect(loader('CheckpointLoaderSimple', { ckpt_name: 'SD15\\Dream.safetensors' })).toEqual([
      'missing_model | 1 | `ckpt_name` is "SD15\\\\Dream.safetensors", which the server does not have | did you mean sd15/dream.safetensors?',
    ]);
    expect(loader('LoraLoader', { lora_name: 'a' })).toEqual([
      'missing_model | 1 | `lora_name` is "a", but the server has no files of this kind | put the file into its models folder on the server',
    ]);
  });

  test('dynamic inputs, which the server would fail with at run time', () => {
    const image = ['load', 0] as const;
    const batch = (inputs: Workflow[string]['inputs']): string[] =>
      say(saving('b', { b: { class_type: 'Batch', inputs } }));
    expect(batch({ 'images.image0': image })).toEqual(['invalid_workflow | b | `images.image1` is not set']);
    expect(batch({ 'images.image0': image, 'images.image1': image, 'images.image3': image })[0]).toMatch(
      /`images.image3` is not one of its inputs/,
    );
    const resize = (inputs: Workflow[string]['inputs']): string[] =>
      say(saving('r', { r: { class_type: 'Resize', inputs } }));
    expect(resize({ input: image, mode: 'magic' })[0]).toMatch(/`mode` is "magic": one of scale, size/);
    expect(resize({ input: image })[0]).toMatch(/`mode` is not set/);
    expect(resize({ input: image, mode: 'scale' })[0]).toMatch(/`mode.factor` is not set/);
    expect(resize({ input: image, mode: 'scale', 'mode.factor': 9 })[0]).toMatch(/`mode.factor` is 9, too large/);
  });

  test('rows of a group: their number, their names, what stands in them', () => {
    const row = (n: string, more = {}): Workflow[string]['inputs'] => ({
      [`loras.${n}.lora_name`]: 'ink.safetensors',
      [`loras.${n}.strength`]: 0.5,
      ...more,
    });
    expect(say(stacked({ ...row('0'), ...row('2', { 'loras.2.enabled': false }) }))).toEqual([]); // gaps are taken
    expect(say(stacked({}))).toEqual([
      'invalid_workflow | 8 | `loras` has 0 rows and needs at least 1 | set loras.0.lora_name, loras.0.strength, loras.0.enabled',
    ]);
    for (const wrong of ['loras', 'loras.01.strength', 'loras.3.strength', 'loras.0.weight', 'loras.x.strength'])
      expect(say(stacked({ ...row('0'), [wrong]: 1 }))).toEqual([
        `invalid_workflow | 8 | \`${wrong}\` is not one of its inputs: loras.1.lora_name, loras.1.strength, loras.1.enabled`,
      ]);
    expect(say(stacked({ ...row('0'), 'loras.1.strength': 200 }))).toEqual([
      'invalid_workflow | 8 | `loras.1.lora_name` is not set | give it with <option set> 8.loras.1.lora_name=value',
      'invalid_value | 8 | `loras.1.strength` is 200, too large: the server takes -100 to 100',
    ]);
    expect(say(stacked(row('0', { 'loras.0.lora_name': 'inc.safetensors' })))[0]).toMatch(
      /^missing_model \| 8 \| .*did you mean ink.safetensors/,
    );
    expect(say(stacked(row('0', { 'loras.0.strength': ['77', 0] })))[0]).toMatch(/linked to node 77/);
  });

  test('an edit of a video is an object', () => {
    const trimmed = (inputs: Workflow[string]['inputs']): string[] => say({ v: { class_type: 'VideoTrim', inputs } });
    expect(trimmed({ trim: { trim: { start_time: 1, duration: 2 } }, strict: true })).toEqual([]);
    expect(trimmed({ strict: true })[0]).toMatch(/`trim` is not set/);
  });

  test('a match type takes what it allows', () => {
    const problems = say({
      ...sampling(),
      r: { class_type: 'Resize', inputs: { input: ['3', 0], mode: 'size', 'mode.width': 8 } },
      s: { class_type: 'SaveImage', inputs: { images: ['r', 0] } },
    });
    expect(problems).toEqual([
      'invalid_workflow | r | `input` wants IMAGE,MASK, but output 0 of 3 (KSampler) is LATENT',
    ]);
  });

  test('unknown classes, wherever they stand; no output; a circle', () => {
    expect(say({ ...sampling(), '9': { class_type: 'KSampeler', inputs: {} } })[0]).toMatch(
      /missing_node \| 9 \| .* did you mean KSampler/,
    );
    expect(say({ '1': sampling()['1'] as Workflow[string] })[0]).toMatch(/no node of this workflow makes an output/);
    const resize = (from: string): Workflow[string] => ({
      class_type: 'Resize',
      inputs: { input: [from, 0], mode: 'size', 'mode.width': 8 },
    });
    expect(say(saving('a', { a: resize('b'), b: resize('a') }))).toEqual([
      'invalid_workflow | a | the links go round in a circle: a -> b -> a',
    ]);
  });

  test('a chain of 50,000 nodes is no problem', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 50_000 }, (_none, i) => [
        `n${i}`,
        {
          class_type: 'Resize',
          inputs: { input: [i === 0 ? 'load' : `n${i - 1}`, 0] as const, mode: 'size', 'mode.width': 8 },
        },
      ]),
    );
    expect(say(saving('n49999', chain))).toEqual([]);
  });
});

const sampler = (steps: number): Workflow[string] => ({
  class_type: 'KSampler',
  inputs: { ...sampling()['3']?.inputs, steps: -steps },
});

describe('all problems as one error', () => {
  test('the gravest gives the reason; a line each; at most ten', () => {
    const error = problemsToError(
      checkWorkflow(
        { ...sampling({ steps: 0, sampler_name: 'x' }), '9': { class_type: 'Nope', inputs: {} } },
        smallServer,
      ),
    );
    expect(error.reason).toBe('missing_node');
    expect(error.code).toBe('validation');
    expect(error.message.split('\n')).toEqual([
      'the workflow uses a node class that the server does not have: Nope (node 9)',
      '#3 KSampler: `steps` is 0, too small: the server takes 1 to 10000',
      '#3 KSampler: `sampler_name` is "x", which the server does not have (it has euler, dpmpp_2m)',
    ]);
    expect(Object.keys(error.node_errors ?? {})).toEqual(['3', '9']);
    const many = Object.fromEntries(Array.from({ length: 15 }, (_none, i) => [`k${i}`, sampler(i)]));
    const saves = Object.fromEntries(
      Array.from({ length: 15 }, (_none, i) => [
        `s${i}`,
        { class_type: 'SaveLatent', inputs: { samples: [`k${i}`, 0] } },
      ]),
    ) as Workflow;
    const lines = problemsToError(checkWorkflow({ ...sampling(), ...many, ...saves }, smallServer)).message.split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([11, '… and 5 more']);
  });
});

test('a list without choices is of models when the value is a file; what the web UI fills is left to the server', () => {
  const definition = { input: { required: { choice: ['COMBO', { options: [] }] } }, output: [], output_node: true };
  const server = parseObjectInfo({ CustomCombo: { ...definition, name: 'CustomCombo' } });
  const problems = (choice: string): string[] =>
    checkWorkflow({ 1: { class_type: 'CustomCombo', inputs: { choice } } }, server).map((p) => p.reason);
  expect(problems('Smooth')).toEqual([]);
  expect(problems('a.safetensors')).toEqual(['missing_model']);
});

describe('classes that the server does not have', () => {
  const text = (n: number): [string, Workflow[string]] => [`${n}`, { class_type: 'Text Multiline', inputs: {} }];
  const graph: Workflow = {
    ...Object.fromEntries(Array.from({ length: 12 }, (_none, i) => text(i + 1))),
    '20': { class_type: 'FromBasicPipe', inputs: {} },
  };

  test('one entry a class, with its nodes and its pack; none is cut off', () => {
    const packs = new Map([['FromBasicPipe', 'comfyui-impact-pack']]);
    const error = problemsToError(checkWorkflow(graph, smallServer, packs));
    expect(error.message).toBe(
      'the workflow uses 2 node classes that the server does not have: Text Multiline (node 1, 2, 3, 4, 5, …); FromBasicPipe (pack comfyui-impact-pack, node 20)',
    );
    expect(Object.keys(error.node_errors ?? {})).toHaveLength(13);
    const many = Object.fromEntries(
      Array.from({ length: 60 }, (_none, i) => [`${i}`, { class_type: `A${i}`, inputs: {} }]),
    );
    expect(problemsToError(checkWorkflow(many, smallServer)).message).toMatch(/60 node classes .* A59 \(node 59\)$/);
  });

  test('what the classes look a little alike is not offered', () => {
    const hints = (name: string): (string | undefined)[] =>
      checkWorkflow({ '1': { class_type: name, inputs: {} } }, smallServer).map((p: Problem) => p.hint);
    expect(hints('LoadPromptsFromDir //Inspire')).toEqual([undefined]);
    expect(hints('LoadVideo')).toEqual([undefined]);
    expect(hints('Ksampler')).toEqual(['did you mean KSampler? Else install its node pack, or update ComfyUI']);
  });

  test('a renamed class is named where it takes the same inputs', () => {
    const server = parseObjectInfo({
      ...smallServer,
      SVD_img2vid_Conditioning: {
        input: { required: { width: ['INT', {}] } },
        output: [],
        name: 'SVD_img2vid_Conditioning',
      },
    });
    const hint = (inputs: Workflow[string]['inputs']): string | undefined =>
      checkWorkflow({ '1': { class_type: 'SDV_img2vid_Conditioning', inputs } }, server)[0]?.hint;
    expect(hint({ width: 8 })).toBe('the server calls it SVD_img2vid_Conditioning: change its class_type to that');
    expect(hint({ width: 8, other: 1 })).not.toContain('the server calls it');
  });
});

test('a widget that is not set is named with the option that sets it', () => {
  const { steps: _steps, ...inputs } = sampling()['3']?.inputs ?? {};
  expect(_steps).toBe(20);
  expect(say({ ...sampling(), '3': { class_type: 'KSampler', inputs } })).toEqual([
    'invalid_workflow | 3 | `steps` is not set | give it with <option set> 3.steps=value',
  ]);
});
