// `--set node.input=value`.
import { describe, expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { closest } from '../../src/text/closest.ts';
import { parseAssignment, setInputs } from '../../src/workflow/set.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { sampling, saving, smallServer, stacked } from './small-server.ts';

const set = (workflow: Workflow, ...texts: string[]): Workflow =>
  setInputs(workflow, texts.map(parseAssignment), smallServer);
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ComfyGenError) return `${error.code} ${error.reason}: ${error.message} (${error.hint ?? ''})`;
  }
  return 'none';
}

describe('setInputs', () => {
  test('by id, title and class; the input gives the type; the first = ends the target', () => {
    const changed = set(sampling(), '2.text=1234', 'KSampler.steps=7', '3.seed=18446744073709551615', '3.tile=true');
    expect(changed['2']?.inputs['text']).toBe('1234');
    expect(changed['3']?.inputs).toMatchObject({ steps: 7, seed: 18446744073709551615n, tile: true });
    expect(set(sampling(), 'Positive.text=a=b, "c"')['2']?.inputs['text']).toBe('a=b, "c"');
    expect(set(sampling(), '2.text=')['2']?.inputs['text']).toBe('');
    expect(set(sampling(), '3.model=["1", 0]')['3']?.inputs['model']).toEqual(['1', 0]);
  });

  test('the graph that was given stays as it was', () => {
    const before = sampling();
    set(before, '3.steps=7');
    expect(before).toEqual(sampling());
  });

  test('dots in titles and inputs: the longest prefix that names a node', () => {
    const workflow = saving('a.b', {
      'a.b': { class_type: 'Resize', inputs: { input: ['load', 0], mode: 'scale', 'mode.factor': 2 } },
    });
    expect(set(workflow, 'a.b.mode.factor=3')['a.b']?.inputs['mode.factor']).toBe(3);
    expect(set(workflow, 'Resize.mode.width=64', 'Resize.mode=size')['a.b']?.inputs).toMatchObject({
      mode: 'size',
      'mode.width': 64,
    });
    expect(refusal(() => set(workflow, 'Resize.mode.width=64'))).toMatch(
      /^usage unknown_node: .*no input "mode.width"/,
    );
  });

  test('rows of a group: one that is there, and a new one with its defaults', () => {
    const one = stacked({ 'loras.0.lora_name': 'ink.safetensors', 'loras.0.strength': 0.5, 'loras.0.enabled': false });
    expect(set(one, 'LoraStack.loras.0.strength=-2.5')['8']?.inputs).toMatchObject({
      'loras.0.strength': -2.5,
      'loras.0.enabled': false,
    });
    const two = set(one, '8.loras.1.enabled=false', '8.loras.1.lora_name=film.safetensors');
    expect(two['8']?.inputs).toMatchObject({
      'loras.0.strength': 0.5,
      'loras.1.lora_name': 'film.safetensors',
      'loras.1.strength': 1,
      'loras.1.enabled': false,
    });
    for (const text of ['8.loras=2', '8.loras.3.strength=1', '8.loras.00.strength=1', '8.loras.0.weight=1'])
      expect(refusal(() => set(one, text))).toMatch(/^usage unknown_node: .*has no input "loras/);
    expect(refusal(() => set(one, '8.loras.0.strength=strong'))).toMatch(/^usage bad_option/);
  });

  test('an edit of a video is written as JSON', () => {
    const trim: Workflow = { v: { class_type: 'VideoTrim', inputs: { trim: {}, strict: false } } };
    expect(set(trim, 'v.trim={"trim":{"start_time":1,"duration":2}}')['v']?.inputs['trim']).toEqual({
      trim: { start_time: 1, duration: 2 },
    });
    for (const text of ['v.trim=5', 'v.trim=abc', 'v.trim=[1,2]'])
      expect(refusal(() => set(trim, text))).toMatch(/^usage bad_option: .*JSON object/);
  });

  test('values of the wrong type', () => {
    for (const text of [
      '3.steps=x',
      '3.steps=1.5',
      '3.steps=1e3',
      '3.steps=',
      '3.steps=0x10',
      '3.cfg=warm',
      '3.tile=yes',
      '3.model=x',
    ]) {
      expect(refusal(() => set(sampling(), text))).toMatch(/^usage bad_option/);
    }
  });

  test('unknown and ambiguous names offer candidates', () => {
    expect(refusal(() => set(sampling(), 'KSampeler.steps=1'))).toBe(
      'usage unknown_node: set KSampeler.steps: no such node (did you mean KSampler?)',
    );
    expect(refusal(() => set(sampling(), '3.stepps=1'))).toBe(
      'usage unknown_node: set 3.stepps: node 3 has no input "stepps" (did you mean steps?)',
    );
    expect(refusal(() => set(sampling(), '99.steps=1'))).toBe(
      'usage unknown_node: set 99.steps: no such node (steps is an input of 3 (KSampler))',
    );
    expect(refusal(() => set(sampling(), '99.nothing=1'))).toContain(
      'a node is named by its id, its title, or its class',
    );
    const two = { ...sampling(), '8': sampling()['2'] as Workflow[string] };
    expect(refusal(() => set(two, 'Positive.text=x'))).toBe(
      'usage unknown_node: set Positive.text: 2 nodes are called "Positive" (name one by its id: 2, 8)',
    );
  });

  test.each(['', 'x', '=1', '3=1', 'text=a.b'])('%j is no assignment', (text) => {
    expect(refusal(() => parseAssignment(text))).toMatch(/^usage bad_option: set: .*node.input=value/);
  });

  test('without definitions the value that stands there gives the type', () => {
    const blind = (text: string): unknown => setInputs(sampling(), [parseAssignment(text)])['3']?.inputs;
    expect(blind('3.steps=7')).toMatchObject({ steps: 7 });
    expect(blind('3.sampler_name=7')).toMatchObject({ sampler_name: '7' });
    expect(refusal(() => blind('3.steps=x'))).toMatch(/^usage bad_option/);
  });
});

describe('closest', () => {
  test('case, separators, folders, parts, letters', () => {
    const files = ['sd15\\Dream_Shaper-8.safetensors', 'sd_xl_base_1.0.safetensors', 'flux1-dev.safetensors'];
    expect(closest('dream shaper 8.safetensors', files)[0]).toBe('sd15\\Dream_Shaper-8.safetensors');
    expect(closest('flux1-dev', files)).toEqual(['flux1-dev.safetensors']);
    expect(closest('kzkzkzkzkzkz', files)).toEqual([]);
  });

  test('thousands of names, long words: no time to speak of', () => {
    const names = Array.from({ length: 5000 }, (_none, i) => `folder/some-model-with-a-long-name-${i}.safetensors`);
    const start = performance.now();
    closest('x'.repeat(100_000), names);
    closest('some model with a long nme 77', names);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
