// Every row's graph for every option it claims: known classes, all required inputs, right types, values that are listed.
import { describe, expect, test } from 'vitest';
import { inputSpecs, type InputSpec, type ObjectInfo } from '../../src/protocol/object-info.ts';
import { buildRecipe } from '../../src/recipes/build.ts';
import { families } from '../../src/recipes/families.ts';
import type { Family, Takes } from '../../src/recipes/family.ts';
import type { RecipeParams } from '../../src/recipes/recipe.ts';
import { plainParams } from '../../src/recipes/runnable.ts';
import { isLink, type Input, type Workflow } from '../../src/workflow/workflow.ts';
import { withLaterNodes } from './later-nodes.ts';
import { laterDefinitions, missingNote, sharedPresent } from './shared.ts';

const info = sharedPresent ? withLaterNodes(laterDefinitions()) : {};
const laterTypes = new Set(['yue2', 'flux3', 'moss_image', 'fibo2']);

const tries: Readonly<Record<Takes, Partial<RecipeParams>>> = {
  nag: { nag: 3 },
  to: { images: ['a.png'], to: { factor: 2 }, refine: 0.3, seen: { image: { width: 512, height: 512 } } },
  cfg: { cfg: 2.5 },
  clipSkip: { clipSkip: 2 },
  control: { control: [{ model: 'net.safetensors', image: 'control.png', strength: 0.5 }] },
  denoise: { images: ['input.png'], denoise: 0.5 },
  guidance: { guidance: 3 },
  hires: { hires: 1.5 },
  images: { images: ['input.png'] },
  loras: {
    loras: [
      { file: 'a.safetensors', strength: 0.8 },
      { file: 'b.safetensors', strength: 0.5, clip: 0.4 },
    ],
  },
  mask: { images: ['input.png'], mask: 'mask.png' },
  negative: { negative: 'blurry' },
  refiner: { refiner: 'refiner.safetensors' },
  sampler: { sampler: 'dpmpp_2m' },
  scheduler: { scheduler: 'beta' },
  shift: { shift: 2.5 },
  size: { width: 768, height: 640 },
  steps: { steps: 6 },
  turbo: { turbo: true },
  upscale: { upscale: 'up.safetensors' },
  vae: { vae: 'other.safetensors' },
  frames: { frames: 49 },
  fps: { fps: 30 },
  seconds: { seconds: 3 },
  lyrics: { lyrics: 'home again' },
  styleText: { styleText: 'sea shanty' },
  batchSize: { batchSize: 2 },
};

const rows = families().filter((family) => family.kind !== 'part');

describe.skipIf(!sharedPresent)(`every claim${missingNote}`, () => {
  test.each(rows.map((family) => [family.name, family] as const))('%s', (_name, family) => {
    check(family, {});
    const own = family.kind === 'upscale' ? { ...tries, to: { ...tries.to, refine: undefined } } : tries;
    for (const claim of family.takes) check(family, own[claim]);
    check(family, together(family));
    if (family.loader === 'split' && family.clip !== undefined) check(family, {}, { checkpoint: 'whole.safetensors' });
    const max = Math.min(family.edit?.max ?? 1, 3);
    if (max > 1) check(family, { images: ['a.png', 'b.png', 'c.png'].slice(0, max), batchSize: 1 });
  });
});

/** All that a row claims at once, less what excludes each other. */
function together(family: Family): Partial<RecipeParams> {
  const apart: readonly Takes[] = ['seconds', 'refiner', 'to'];
  const edited = family.withPictures?.samplerNode === undefined ? [] : ['sampler'];
  const all = family.takes
    .filter((claim) => !edited.includes(claim))
    .filter((claim) => !apart.includes(claim) || family.kind === 'audio');
  return Object.assign({}, ...all.map((claim) => tries[claim])) as Partial<RecipeParams>;
}

function check(family: Family, more: Partial<RecipeParams>, files = {}): void {
  const plain = plainParams(family);
  const images = (family.edit?.min ?? 1) > 1 ? { images: plain.images } : {};
  const params = { ...plain, prompt: 'a lighthouse', seed: 2n ** 64n - 1n, ...more, ...images };
  const built = buildRecipe(family.name, params, { files, info });
  const context = `${family.name} ${Object.keys(more).join(' ')}`;
  expect(built.unusable, context).toEqual([]);
  expect(problems(built.workflow, info), context).toEqual([]);
}

function problems(workflow: Workflow, definitions: ObjectInfo): string[] {
  const found: string[] = [];
  const used = new Set(
    Object.values(workflow).flatMap((n) =>
      Object.values(n.inputs)
        .filter(isLink)
        .map((l) => l[0]),
    ),
  );
  for (const [id, node] of Object.entries(workflow)) {
    const definition = definitions[node.class_type];
    if (definition === undefined) {
      found.push(`no class ${node.class_type}`);
      continue;
    }
    if (!used.has(id) && definition.output_node !== true) found.push(`${node.class_type} leads nowhere`);
    const specs = inputSpecs(definition);
    for (const spec of specs) {
      const value = node.inputs[spec.name];
      if (value === undefined) {
        const dotted = Object.keys(node.inputs).some((name) => name.startsWith(`${spec.name}.`));
        if (spec.required && !dotted && !isGrowing(spec)) found.push(`${node.class_type}.${spec.name} is missing`);
      } else found.push(...valueProblems(workflow, definitions, `${node.class_type}.${spec.name}`, spec, value));
    }
    for (const name of Object.keys(node.inputs)) {
      if (!specs.some((spec) => spec.name === name || name.startsWith(`${spec.name}.`)))
        found.push(`${node.class_type} has no ${name}`);
    }
  }
  return found;
}

const isGrowing = (spec: InputSpec): boolean => {
  const template = spec.options['template'] as { min?: number } | undefined;
  return spec.type.startsWith('COMFY_AUTOGROW') && (template?.min ?? 0) === 0;
};

const isFileList = (spec: InputSpec): boolean =>
  /name$|^ckpt|^image$/.test(spec.name) && !['sampler_name', 'scheduler'].includes(spec.name);

function valueProblems(
  workflow: Workflow,
  definitions: ObjectInfo,
  where: string,
  spec: InputSpec,
  value: Input,
): string[] {
  if (isLink(value)) {
    const source = workflow[value[0]];
    const type = source === undefined ? undefined : definitions[source.class_type]?.output[value[1]];
    const given = Array.isArray(type) ? 'COMBO' : String(type);
    const fits =
      spec.type.startsWith('COMFY_') ||
      given.startsWith('COMFY_') ||
      spec.type === '*' ||
      spec.type.split(',').includes(given);
    return fits ? [] : [`${where} wants ${spec.type}, gets ${given}`];
  }
  if (spec.type === 'INT' || spec.type === 'FLOAT') {
    if (typeof value === 'bigint') return spec.type === 'INT' ? [] : [`${where} is no float`];
    if (typeof value !== 'number' || (spec.type === 'INT' && !Number.isInteger(value)))
      return [`${where}: ${JSON.stringify(value)} is no ${spec.type}`];
    const { min, max } = spec.options as { min?: number | bigint; max?: number | bigint };
    const inside = (min === undefined || value >= min) && (max === undefined || value <= max);
    return inside ? [] : [`${where}: ${value} is out of bounds`];
  }
  if (spec.type === 'STRING') return typeof value === 'string' ? [] : [`${where} is no text`];
  if (spec.type === 'BOOLEAN') return typeof value === 'boolean' ? [] : [`${where} is no truth`];
  if (spec.type === 'COMBO' && !isFileList(spec)) {
    const listed = spec.choices ?? [];
    if (listed.length > 0 && !listed.includes(value) && !laterTypes.has(value as string))
      return [`${where}: ${JSON.stringify(value)} is not listed`];
  }
  if (/^[A-Z_0-9]+$/.test(spec.type) && !spec.type.startsWith('COMFY_') && spec.type !== 'COMBO')
    return [`${where} wants a link`];
  return [];
}
