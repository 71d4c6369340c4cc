// "Did you mean" finds slips and parts of names, and keeps quiet about what only looks a little alike.
import { expect, test } from 'vitest';
import { closest } from '../../src/text/closest.ts';

const classes = ['KSampler', 'KSamplerAdvanced', 'Mahiro', 'CLIPSave', 'SeedVR2Preprocess', 'LoadAudio', 'LoadImage'];

test.each([
  ['KSampeler', ['KSampler']],
  ['ksampler', ['KSampler']],
  ['KSampler Advanced', ['KSamplerAdvanced']],
  ['LaodImage', ['LoadImage']],
  ['LoadPromptsFromDir //Inspire', []],
  ['OpenposePreprocessor', []],
  ['LoadVideo', []],
  ['Text', []],
  ['Sampler', ['KSampler']],
])('a class called %s', (word, expected) => {
  expect(closest(word, classes, 2, false)).toEqual(expected);
});

const files = ['sd15/dream.safetensors', 'sd_xl_base_1.0.safetensors', 'SDXL\\juggernaut.safetensors', 'x.ckpt'];

test.each([
  ['SD15\\Dream.safetensors', ['sd15/dream.safetensors']],
  ['dream', ['sd15/dream.safetensors']],
  ['sd xl base', ['sd_xl_base_1.0.safetensors']],
  ['SDXL/juggernaut', ['SDXL\\juggernaut.safetensors']],
  ['jugernaut', ['SDXL\\juggernaut.safetensors']],
  ['flux1-dev.safetensors', []],
  ['', []],
])('a file called %s', (word, expected) => {
  expect(closest(word, files)).toEqual(expected);
});

test('a swap of neighbours is one slip, and the nearest comes first', () => {
  expect(closest('stpes', ['seeds', 'steps'], 1, false)).toEqual(['steps']);
  expect(closest('cgf', ['gpu', 'cfg'], 1, false)).toEqual(['cfg']);
  expect(closest('batch-size', ['batchSize'], 1, false)).toEqual(['batchSize']);
});

test('long words end soon', () => {
  const names = Array.from({ length: 2000 }, (_none, i) => `${'a'.repeat(5000)}${i}`);
  expect(closest('b'.repeat(5000), names)).toEqual([]);
});
