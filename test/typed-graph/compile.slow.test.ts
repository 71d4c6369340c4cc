// Programs that must and must not compile over the types of a whole server: recorded definitions where they are, else the demo's.
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import type { ObjectInfo } from '../../src/protocol/object-info.ts';
import { writeModule } from '../../src/typed-graph/write-module.ts';
import { Workplace } from '../helpers/cli.ts';
import { definitions, sharedPresent } from '../recipes/shared.ts';
import { compile } from './compile.ts';

const start = `import { graph } from 'comfy-gen';
import { nodes, type Choices, type Files, type Nodes } from './nodes.ts';
const g = graph(nodes);
const { MODEL, CLIP, VAE } = g.CheckpointLoaderSimple({ ckpt_name: 'v1-5-pruned-emaonly.ckpt' });
const positive = g.CLIPTextEncode({ text: 'a lighthouse', clip: CLIP }).CONDITIONING;
const latent_image = g.EmptyLatentImage({ width: 64, height: 64, batch_size: 1 }).LATENT;
const fixed = { model: MODEL, positive, negative: positive, latent_image, steps: 2, cfg: 7, denoise: 1 };
export const used: [VAE: unknown, fixed: unknown, c?: Choices, f?: Files, n?: Nodes] = [VAE, fixed];
`;
const sampler = `sampler_name: 'euler', scheduler: 'normal'`;
const good = `const { LATENT } = g.KSampler({ ...fixed, seed: 18446744073709551615n, ${sampler} });
g.SaveImage({ images: g.VAEDecode({ samples: LATENT, vae: VAE }).IMAGE, filename_prefix: 'ComfyUI' });
g.LoadImage({ image: 'uploaded just now.png' });
g.KSampler({ ...fixed, seed: g.PrimitiveInt({ value: 7 }).INT, ${sampler} });
g.PreviewAny({ source: LATENT });
g.BatchImagesNode({ 'images.image0': g.LoadImage({ image: 'a.png' }).IMAGE, 'images.image41': undefined });
g.KSampler({ ...fixed, model: g.ComfySwitchNode({ switch: true, on_false: MODEL, on_true: MODEL }).output, seed: 1, ${sampler} });
g.ResizeImageMaskNode({ input: g.LoadImage({ image: 'a.png' }).MASK, resize_type: 'scale by multiplier', 'resize_type.multiplier': 2, scale_method: 'area' });
`;
/** A line that must not compile -> what the compiler says of it. */
const bad: Readonly<Record<string, readonly [line: string, message: RegExp]>> = {
  'wrong link': [`g.VAEDecode({ samples: MODEL, vae: VAE });`, /NodeOutput<"MODEL">.*NodeOutput<"LATENT">/],
  'wrong literal': [`g.CLIPTextEncode({ text: 7, clip: CLIP });`, /number.*string/],
  'literal for a link': [`g.CLIPTextEncode({ text: 'x', clip: 'CLIP' });`, /string.*NodeOutput<"CLIP">/],
  'link by hand': [`g.CLIPTextEncode({ text: 'x', clip: ['1', 0] });`, /NodeOutput<"CLIP">/],
  'number for an INT link': [`g.EmptyLatentImage({ width: MODEL, height: 64, batch_size: 1 });`, /NodeOutput<"MODEL">/],
  'missing input': [`g.VAEDecode({ samples: latent_image });`, /'vae' is missing/],
  'unknown input': [`g.VAEDecode({ samples: latent_image, vae: VAE, tile: 1 });`, /'tile' does not exist/],
  'unknown choice': [`g.KSampler({ ...fixed, seed: 1, sampler_name: 'oiler', scheduler: 'normal' });`, /"oiler"/],
  'unknown file': [`g.CheckpointLoaderSimple({ ckpt_name: 'not-there.safetensors' });`, /"not-there.safetensors"/],
  'unknown class': [`g.KSampleur({});`, /KSampleur/],
  'unknown output': [`g.VAEDecode({ samples: latent_image, vae: VAE }).LATENT;`, /'LATENT' does not exist/],
  'link to a file name': [`g.CheckpointLoaderSimple({ ckpt_name: MODEL });`, /NodeOutput<"MODEL">/],
  'growing group without a member': [`g.BatchImagesNode({});`, /"images.image0"/],
  'wrong member': [`g.BatchImagesNode({ 'images.image0': MODEL });`, /NodeOutput<"IMAGE">/],
  'not a member': [
    `g.BatchImagesNode({ 'images.image0': g.LoadImage({ image: 'a' }).IMAGE, 'images.mask0': 1 });`,
    /images\.mask0/,
  ],
  'unknown key of a combo': [
    `g.ResizeImageMaskNode({ input: g.LoadImage({ image: 'a' }).IMAGE, resize_type: 'scale by luck', scale_method: 'area' });`,
    /./,
  ],
  'input of another choice': [
    `g.ResizeImageMaskNode({ input: g.LoadImage({ image: 'a' }).IMAGE, resize_type: 'scale by multiplier', 'resize_type.width': 2, 'resize_type.multiplier': 2, scale_method: 'area' });`,
    /resize_type\.width/,
  ],
  'match type': [
    `g.ResizeImageMaskNode({ input: MODEL, resize_type: 'scale by multiplier', 'resize_type.multiplier': 2, scale_method: 'area' });`,
    /NodeOutput<"MODEL">/,
  ],
  'a value for good': [`g.workflow['1'] = { class_type: 'X', inputs: {} };`, /only permits reading/],
};

const linesWith = (text: string, info: ObjectInfo): string =>
  text
    .split('\n')
    .filter((line) => [...line.matchAll(/\bg\.([A-Z]\w+)/g)].every(([, name = '']) => Object.hasOwn(info, name)))
    .join('\n');

test('a right program compiles, and each wrong one is refused for its reason', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const { code, out, err } = await place.run(['types', '--host', demo.url]);
  expect(code, err).toBe(0);
  const answer = (await (await fetch(`${demo.url}/object_info`)).json()) as ObjectInfo;
  await check(answer, out);
  if (sharedPresent) await check(definitions('0.33.0'), writeModule(definitions('0.33.0')));
});

async function check(info: ObjectInfo, nodes: string): Promise<void> {
  const cases = Object.entries(bad).filter(([, [line]]) => line.includes('KSampleur') || linesWith(line, info) !== '');
  const text = start.replaceAll('v1-5-pruned-emaonly.ckpt', checkpointOf(info));
  const programs = Object.fromEntries(cases.map(([name, [line]]) => [name.replaceAll(' ', '-'), text + line]));
  const found = await compile(nodes, { ...programs, good: text + linesWith(good, info) });
  expect(found['nodes']).toEqual([]);
  expect(found['good']).toEqual([]);
  for (const [name, [, message]] of cases) {
    const problems = found[name.replaceAll(' ', '-')] ?? [];
    expect(problems, name).toHaveLength(1);
    expect(problems[0], name).toMatch(message);
  }
}

function checkpointOf(info: ObjectInfo): string {
  const [choices] = info['CheckpointLoaderSimple']?.input.required?.['ckpt_name'] as readonly [unknown];
  return String((choices as readonly unknown[])[0]);
}
