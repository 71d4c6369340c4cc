// What LoRA files say of themselves: which recipes they fit, and their trigger words, from texts that may be hostile.
import { expect, test } from 'vitest';
import { families } from '../../src/recipes/families.ts';
import { loraFamily, loraFamilyOfRecipe } from '../../src/recipes/loras/lora-family.ts';
import { triggerWords, wordsMissing } from '../../src/recipes/loras/trigger-words.ts';

/** As trainers write them, and a recipe that such a LoRA fits. */
const written: readonly (readonly [text: string, recipe: string])[] = [
  ['stable-diffusion-v1/lora', 'sd15'],
  ['sd_v1', 'sd15'],
  ['sd_1.5', 'sd15'],
  ['stable-diffusion-v2-768-v/lora', 'sd21'],
  ['sd_v2_v', 'sd21'],
  ['stable-diffusion-xl-v1-base/lora', 'sdxl-turbo'],
  ['sdxl_base_v1-0', 'sdxl-lightning'],
  ['sdxl_1.0', 'sdxl'],
  ['stable-diffusion-3-m/lora', 'sd35'],
  ['flux-1-dev/lora', 'flux1-schnell'],
  ['Flux.1-dev/lora', 'flux1-kontext-dev'],
  ['flux1', 'flux1-krea-dev'],
  ['flux_kontext', 'flux1-dev'],
  ['flux_2_dev', 'flux2-dev'],
  ['flux2_klein_9b', 'flux2-klein-base-9b'],
  ['flux_2_klein_4b', 'flux2-klein-4b'],
  ['chroma/lora', 'chroma1-hd'],
  ['Qwen-Image-Edit/lora', 'qwen-image-2512'],
  ['qwen_image', 'qwen-image-edit-2509'],
  ['zimage', 'z-image-turbo'],
  ['z_image', 'z-image'],
  ['wan2.1/lora', 'wan2.2-14b-i2v'],
  ['wan', 'wan2.1-1.3b'],
  ['wan_2.2_14b', 'wan2.2-14b-t2v'],
  ['hunyuan_video', 'hunyuan-video'],
  ['hunyuan_video_1_5', 'hunyuan-video-1.5'],
  ['krea2', 'krea2-turbo'],
  ['lumina-2/lora', 'lumina2'],
  ['longcat-image/lora', 'longcat-image'],
];

test.each(written)('%s fits %s and nothing of another base', (text, recipe) => {
  const family = loraFamilyOfRecipe(recipe);
  expect(loraFamily({ 'modelspec.architecture': text })).toBe(family);
  expect(loraFamily({ ss_base_model_version: text })).toBe(family);
  const others = ['sd15', 'sdxl', 'flux1-dev', 'flux2-dev', 'wan2.2-5b', 'qwen-image'].filter(
    (one) => loraFamilyOfRecipe(one) !== family,
  );
  expect(others.length).toBeGreaterThanOrEqual(5);
});

test('what nobody knows is no family, and a known second key stands in', () => {
  expect(loraFamily({})).toBeNull();
  expect(loraFamily({ 'modelspec.architecture': 'something-new/lora', ss_base_model_version: 7 })).toBeNull();
  expect(loraFamily({ 'modelspec.architecture': 'something-new', ss_base_model_version: 'sd_v1' })).toBe('sd15');
  expect(loraFamily({ ss_base_model_version: `sd_v1${'x'.repeat(1000)}` })).toBeNull();
});

test('every recipe has a base, and each base that LoRAs name is the base of a recipe', () => {
  const known = new Set(families().map(({ name }) => loraFamilyOfRecipe(name)));
  expect(written.map(([text]) => loraFamily({ ss_base_model_version: text })).filter((f) => !known.has(f ?? ''))).toEqual([]); // prettier-ignore
});

test('the trigger phrase comes first; else the leading tags of all folders together', () => {
  const tags = JSON.stringify({ '10_a': { ohwx: 20, 'film grain': 12, tree: 2 }, '5_b': { ohwx: 5, 'film grain': 3 } });
  expect(triggerWords({ ss_tag_frequency: tags })).toEqual(['ohwx', 'film grain']);
  const phrase = 'ohwx man,  in the rain ,';
  expect(triggerWords({ ss_tag_frequency: tags, 'modelspec.trigger_phrase': phrase })).toEqual(['ohwx man', 'in the rain']); // prettier-ignore
  expect(triggerWords({ ss_tag_frequency: tags, 'modelspec.trigger_phrase': ' ' })).toEqual(['ohwx', 'film grain']);
  const many = JSON.stringify({ a: Object.fromEntries(Array.from({ length: 40 }, (_none, i) => [`tag ${i}`, 3])) });
  expect(triggerWords({ ss_tag_frequency: many })).toHaveLength(5);
  const caption = 'a photo of a person who stands in a wide field of yellow flowers at noon';
  expect(triggerWords({ ss_tag_frequency: { a: { [caption]: 3, ohwx: 2 } } })).toEqual(['ohwx']);
});

test.each([
  ['{"a": {"b": '],
  ['[1, 2]'],
  ['{"a": [1], "b": null, "c": {"x": "many", "y": -1, "z": {}}}'],
  [`{"a":${'['.repeat(100_000)}`],
  [7],
  [null],
])('tags that are none: no words (%#)', (ss_tag_frequency) => {
  expect(triggerWords({ ss_tag_frequency, 'modelspec.trigger_phrase': 3 })).toEqual([]);
});

test('words are harmless to show', () => {
  const hostile = { 'a\u001b[31mb\u0007\nc': 9, ' \u202e ': 9, '': 9, __proto__: 9 };
  expect(triggerWords({ ss_tag_frequency: JSON.stringify({ x: hostile }) })).toEqual(['ab c']);
});

test('a prompt holds a word whatever its case, spaces and underscores', () => {
  expect(wordsMissing(['Film_Grain', 'ohwx'], 'a cat,  film grain')).toEqual(['ohwx']);
});
