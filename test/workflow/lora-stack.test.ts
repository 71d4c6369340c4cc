// --lora on a graph whose own node holds a list of LoRAs.
import { expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { parseObjectInfo } from '../../src/protocol/object-info.ts';
import { applyRoles, heldValues, type LoraValue } from '../../src/workflow/apply-roles.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';

const rows = ['COMFY_DYNAMICGROUP_V3', {
  min: 1, max: 3,
  template: { required: { lora_name: ['COMBO', { options: ['style/film.safetensors', 'add_detail.safetensors'] }], strength: ['FLOAT', {}] } },
}]; // prettier-ignore
const info = parseObjectInfo({
  LoadLoraModel: {
    input: { required: { model: ['MODEL', {}], loras: rows } },
    output: ['MODEL'],
    name: 'LoadLoraModel',
  },
});
const stack = (inputs: Workflow[string]['inputs'] = {}, className = 'LoadLoraModel'): Workflow => ({
  '1': { class_type: 'UNETLoader', inputs: { unet_name: 'a' } },
  '2': { class_type: className, inputs: { model: ['1', 0], ...inputs } },
});
const film: LoraValue = { file: 'film', strength: 0.6 };
const added = (graph: Workflow, loras: LoraValue[], definitions = info): unknown => {
  const { model: _model, ...inputs } = applyRoles(graph, { lora: loras }, definitions).workflow['2']?.inputs ?? {};
  expect(_model).toBeDefined();
  return inputs;
};
const refusal = (act: () => unknown): string => {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return error instanceof ComfyGenError ? `${error.reason}: ${error.message}` : String(error);
  }
};
const first = { 'loras.0.lora_name': 'a.safetensors', 'loras.0.strength': 1 };

test('a row behind the last one, spelled as the server does', () => {
  expect(added(stack(first), [film])).toEqual({
    ...first,
    'loras.1.lora_name': 'style/film.safetensors',
    'loras.1.strength': 0.6,
  });
});

test('the first row of an empty list, with and without definitions', () => {
  expect(added(stack(), [film])).toEqual({ 'loras.0.lora_name': 'style/film.safetensors', 'loras.0.strength': 0.6 });
  const plain = applyRoles(stack(), { lora: [{ file: 'x.safetensors', strength: 1 }] }).workflow['2']?.inputs;
  expect(plain).toMatchObject({ 'loras.0.lora_name': 'x.safetensors', 'loras.0.strength': 1 });
});

test('a file that the list holds gets the new strength, and is switched on', () => {
  const held = { 'loras.0.lora_name': 'style\\film.safetensors', 'loras.0.strength': 1, 'loras.0.enabled': false };
  expect(added(stack(held), [film])).toEqual({ ...held, 'loras.0.strength': 0.6, 'loras.0.enabled': true });
});

test('a gap is filled at the end only, and a full list is refused', () => {
  const gap = { 'loras.2.lora_name': 'a', 'loras.2.strength': 1 };
  expect(added(stack(gap), [film])).toMatchObject({ 'loras.0.lora_name': 'style/film.safetensors' });
  const many = [1, 2, 3, 4].map((i): LoraValue => ({ file: `x${i}`, strength: 1 }));
  expect(refusal(() => added(stack(), many))).toMatch(/lora: 2 \(LoadLoraModel\) takes 3 LoRAs at most/);
});

test('the text encoder’s own list takes the strength for the text', () => {
  const graph: Workflow = {
    ...stack(),
    '3': { class_type: 'LoadLoraTextEncoder', inputs: { clip: ['4', 0] } },
  };
  const { workflow } = applyRoles(graph, { lora: [{ file: 'f', strength: 0.6, clip: 0.2 }] });
  expect(workflow['2']?.inputs).toMatchObject({ 'loras.0.strength': 0.6 });
  expect(workflow['3']?.inputs).toMatchObject({ 'loras.0.lora_name': 'f', 'loras.0.strength': 0.2 });
});

test('no such node, or two of them', () => {
  expect(refusal(() => applyRoles(stack({}, 'LoraLoader'), { lora: [film] }))).toMatch(/^unusable_option: lora: this/);
  const two: Workflow = { ...stack(), '3': { class_type: 'LoadLoraModel', inputs: { model: ['2', 0] } } };
  expect(refusal(() => applyRoles(two, { lora: [film] }))).toMatch(/lora is ambiguous: 2 nodes hold LoRAs: 2 .*, 3/);
});

test('the LoRAs that a graph applies: loaders in their order, rows of a list that are on; null where nothing samples', () => {
  const graph: Workflow = {
    ...stack({ ...first, 'loras.1.lora_name': 'off.safetensors', 'loras.1.enabled': false }),
    '3': {
      class_type: 'LoraLoaderModelOnly',
      inputs: { model: ['2', 0], lora_name: 'b.safetensors', strength_model: 0.5 },
    },
    '4': { class_type: 'KSampler', inputs: { model: ['3', 0], sampler_name: 'euler', positive: ['9', 0] } },
  };
  const rows = [{ name: 'a.safetensors', strength: 1 }, { name: 'b.safetensors', strength: 0.5 }]; // prettier-ignore
  expect(heldValues(graph).loras).toEqual(rows);
  expect(heldValues(stack(first)).loras).toBeNull();
});
