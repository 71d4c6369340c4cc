// How a language model is told to write prompts, by family.
import { expect, test } from 'vitest';
import { instruction, wayOf } from '../../src/plan/enhance/instructions.ts';
import { families } from '../../src/recipes/families.ts';

test('tags for SD and SDXL, sentences for FLUX and Qwen, a shot for video, an instruction to edit, nothing where no prompt is read', () => {
  const ways = {
    sd15: 'tags',
    sdxl: 'tags',
    anima: 'animeProse',
    'flux1-dev': 'prose',
    'qwen-image': 'prose',
    'z-image-turbo': 'prose',
    'flux1-kontext-dev': 'edit',
    'qwen-image-edit-2511': 'edit',
    'wan2.2-14b-t2v': 'video',
    'ltx-2.5': 'video',
    'minimax-h3': 'video',
    'minimax-h3-image': 'prose',
    'ace-step-1.5': 'sound',
    'upscale-model': undefined,
    'marigold-depth': undefined,
  };
  expect(Object.fromEntries(Object.keys(ways).map((family) => [family, wayOf(family, null)]))).toEqual(ways);
  expect(wayOf('sdxl', 'ponyDiffusionV6XL.safetensors')).toBe('anime');
  expect([wayOf(null, 'own.safetensors'), wayOf('not-ours', null)]).toEqual(['prose', 'prose']);
});

test('the way fits what a family makes', () => {
  for (const { name, kind } of families()) {
    const way = wayOf(name, null);
    if (kind === 'video') expect([name, way]).toEqual([name, 'video']);
    else if (kind === 'audio') expect([name, way]).toEqual([name, 'sound']);
    else if (kind === 'image') expect([name, way]).not.toEqual([name, way === 'video' || way === 'sound' ? way : '']);
    if (way !== undefined) expect(instruction(way)).toContain('Answer with the prompt alone.');
  }
});
