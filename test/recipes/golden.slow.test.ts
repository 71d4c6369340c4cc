// Every golden graph: what the command line of the case makes does the same.
import { describe, expect, test } from 'vitest';
import { buildRecipe } from '../../src/recipes/build.ts';
import type { RecipeParams } from '../../src/recipes/recipe.ts';
import { resolveRecipe } from '../../src/recipes/resolve.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { readArgs } from './args.ts';
import { differences } from './same-graph.ts';
import { missingNote, readShared, sharedPresent } from './shared.ts';

type Case = {
  readonly graph: string;
  readonly family: string;
  readonly args: readonly string[] | null;
  readonly loose?: readonly string[];
  readonly loader?: 'checkpoint';
};

const cases = sharedPresent ? (readShared('recipes/cases.json') as readonly Case[]) : [];

// Graphs that the command line has no options for, built from parameters.
const others: Readonly<Record<string, { recipe?: string; params?: Partial<RecipeParams> }>> = {
  'flux1-canny-dev.controlnet': { params: { images: ['control.png'] } },
  'flux2-klein-base-9b.edit-two': { params: { images: ['input.png', 'input2.png'], negative: 'blurry' } },
  'hidream-o1-dev.edit': { params: { images: ['input.png'] } },
  'hunyuan3d-2.1.img2mesh': { params: { images: ['input.png'] } },
  'minimax-h3.txt2img': { recipe: 'minimax-h3-image' },
  'upscale-model.image': { params: { images: ['input.png'] } },
  'ideogram4.txt2img': {},
  'ace-step-1.5.txt2audio': {},
  'ace-step-1.5-xl-turbo.txt2audio': {},
};

describe.skipIf(!sharedPresent)(`golden graphs${missingNote}`, () => {
  test.each(cases.filter((c) => c.args !== null).map((c) => [c.graph, c] as const))('%s', (graph, c) => {
    const { params, checkpoint } = readArgs(c.args ?? []);
    const resolved = resolveRecipe({ checkpoint, recipe: c.loader === 'checkpoint' ? `${c.family}-ckpt` : undefined });
    const built = buildRecipe(resolved.recipe, params, { files: resolved.files });
    expect(built.unusable).toEqual([]);
    expect(differences(readShared(`recipes/${graph}`) as Workflow, built.workflow, c.loose)).toEqual([]);
  });

  test.each(cases.filter((c) => others[nameOf(c)] !== undefined).map((c) => [c.graph, c] as const))(
    '%s',
    (graph, c) => {
      const { recipe = c.family, params } = others[nameOf(c)] ?? {};
      const built = buildRecipe(recipe, {
        prompt: recipe === 'upscale-model' ? '' : 'a lighthouse',
        seed: 1n,
        ...params,
      });
      expect(built.unusable).toEqual([]);
      expect(differences(readShared(`recipes/${graph}`) as Workflow, built.workflow, c.loose)).toEqual([]);
    },
  );
});

const nameOf = (c: Case): string => c.graph.replace('.api.json', '');
