// Weights in brackets: which text encoders read them, and when a prompt is told of.
import { expect, test } from 'vitest';
import { buildRecipe } from '../../src/recipes/build.ts';
import { families } from '../../src/recipes/families.ts';

const warned = (recipe: string, prompt: string): string[] =>
  buildRecipe(recipe, { prompt, seed: 1n }).warnings.flatMap(({ reason, message }) =>
    reason === 'prompt_weights' ? [message] : [],
  );

test('language models read brackets as text, whatever the way to write a weight', () => {
  for (const recipe of ['z-image-turbo', 'qwen-image', 'flux2-dev', 'krea2-turbo', 'ernie-image', 'hidream-o1', 'lens'])
    for (const bracket of ['(word:1.3)', '( word : .5 )', '((word))', '[word]'])
      expect(warned(recipe, `a cat, ${bracket}, night`)).toEqual([
        `${recipe} reads ${bracket} as plain text: its text encoder knows no weights in brackets`,
      ]);
});

test('a family with CLIP, T5 or another encoder that reads weights never warns', () => {
  const readers = ['sd15', 'sdxl', 'sd35', 'flux1-dev', 'chroma1-hd', 'hidream-i1-full', 'wan2.1-1.3b', 'omnigen2', 'anima', 'lumina2']; // prettier-ignore
  for (const recipe of readers) expect(warned(recipe, '(word:1.3) ((word)) [word]')).toEqual([]);
  for (const { name, files, plainWeights } of families())
    if (files.some(({ names }) => /^(?:clip_|t5xxl|umt5|t5-base)/.test(names[0] ?? '')))
      expect([name, plainWeights ?? false]).toEqual([name, false]);
});

test('brackets that are no weights are left alone', () => {
  const none = ['a cat (grey), at 10:30 (local time)', 'a sign: \\[OPEN\\] \\(1:2\\)', '{"style": ["ink", "film"]}'];
  for (const prompt of [...none, '<caption>[a]</caption>']) expect(warned('qwen-image', prompt)).toEqual([]);
});
