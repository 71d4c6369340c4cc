// `run` of pictures that carry only A1111's text, through the built command: written here, made anew on the demo server.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { encodeChunk, encodePng, writeChunks } from '../../src/media/png.ts';
import { Workplace, type Finished } from '../helpers/cli.ts';

type Graph = Record<string, { class_type: string; inputs: Record<string, unknown> }>;

const seed = '18446744073709551615';
const text = (last: string, prompt = 'a (red:1.2) fox'): string => `${prompt}\nNegative prompt: blurry\n${last}`;
const usual = text(
  `Steps: 4, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: ${seed}, Size: 64x128, Model hash: abc, Model: dreamshaper_8, VAE: vae-ft-mse-840000-ema-pruned.safetensors, Clip skip: 2, Eta: 0.67, Version: v1.10.1`,
  'a (red:1.2) fox <lora:add_detail:0.5>',
);

/** A PNG with `parameters` in tEXt, or in iTXt where letters need it. */
function picture(parameters: string): Uint8Array {
  const pixels = { width: 1, height: 1, rgb: new Uint8Array(3) };
  if (/^[\0-\u00ff]*$/.test(parameters)) return encodePng(pixels, { parameters });
  const head = Buffer.from('00000001000000010802000000', 'hex');
  const data = Buffer.from(`parameters\0\0\0\0\0${parameters}`, 'utf8');
  expect(encodeChunk({ type: 'iTXt', data }).length).toBe(data.length + 12);
  return writeChunks([
    { type: 'IHDR', data: head },
    { type: 'iTXt', data },
    { type: 'IEND', data: new Uint8Array() },
  ]);
}

/** Runs a picture with this text; of a dry run, the inputs by class. */
async function runText(
  place: Workplace,
  host: string,
  parameters: string,
  args: readonly string[],
  env = {},
): Promise<Finished> {
  await writeFile(join(place.folder, 'a1111.png'), picture(parameters));
  return place.run(['run', 'a1111.png', '--host', host, ...args], { env });
}

function inputs(out: string, type: string): Record<string, unknown>[] {
  const graph = JSON.parse(out) as Graph;
  return Object.values(graph)
    .filter((node) => node.class_type === type)
    .map((node) => node.inputs);
}

test('every value of the text reaches the recipe, the seed to its last digit; what is left is said', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const { code, out, err } = await runText(place, demo.url, usual, ['--dry-run']);
  expect(code, err).toBe(0);
  expect(err).toContain('a1111.png: A1111 parameters (png)');
  expect(err).toContain('not taken over: eta 0.67\n');
  expect(out).toContain(`"seed": ${seed},`);
  expect(inputs(out, 'KSampler')[0]).toMatchObject({
    steps: 4,
    cfg: 6.5,
    sampler_name: 'dpmpp_2m',
    scheduler: 'karras',
  });
  expect(inputs(out, 'EmptyLatentImage')[0]).toMatchObject({ width: 64, height: 128 });
  expect(inputs(out, 'CheckpointLoaderSimple')).toEqual([{ ckpt_name: 'dreamshaper_8.safetensors' }]);
  expect(inputs(out, 'VAELoader')).toEqual([{ vae_name: 'vae-ft-mse-840000-ema-pruned.safetensors' }]);
  expect(inputs(out, 'CLIPSetLastLayer')[0]).toMatchObject({ stop_at_clip_layer: -2 });
  expect(inputs(out, 'LoraLoader')[0]).toMatchObject({ lora_name: 'add_detail.safetensors', strength_model: 0.5 });
  expect(inputs(out, 'CLIPTextEncode').map((i) => i['text'])).toEqual(['a (red:1.2) fox', 'blurry']);
});

test('runs to a picture, and flags go over the text', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const args = ['--seed', '7', '-s', '2', '--size', '64x64', '-p', 'an owl ☃', '-o', 'b.png', '--json'];
  const { code, out, err } = await runText(place, demo.url, usual.replace('fox', 'fox ☃'), args);
  expect(code, err).toBe(0);
  const about = { seed: '7', steps: 2, width: 64, height: 64, prompt: 'an owl ☃', negative: 'blurry' };
  expect(JSON.parse(out)).toMatchObject({
    ok: true,
    recipe: 'sd15',
    checkpoint: 'dreamshaper_8.safetensors',
    ...about,
  });
});

test('a denoising strength counts with a picture or a second pass, and is left else', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const img2img = text('Steps: 4, Seed: 1, Size: 64x64, Model: dreamshaper_8, Denoising strength: 0.35');
  const alone = await runText(place, demo.url, img2img, ['--dry-run']);
  expect(inputs(alone.out, 'KSampler')[0]).toMatchObject({ denoise: 1 });
  expect(alone.err).toContain('not taken over: denoising strength 0.35: it was made from a picture');
  const given = await runText(place, demo.url, img2img, ['--dry-run', '-i', 'a1111.png']);
  expect(inputs(given.out, 'KSampler')[0]).toMatchObject({ denoise: 0.35 });
  expect(given.err).not.toContain('not taken over');
  const hires = text(
    'Steps: 4, Seed: 1, Size: 64x64, Model: dreamshaper_8, Denoising strength: 0.4, Hires resize: 128x128, Hires upscaler: R-ESRGAN 4x+',
  );
  const second = await runText(place, demo.url, hires, ['--dry-run']);
  expect(inputs(second.out, 'LatentUpscaleBy')[0]).toMatchObject({ scale_by: 2 });
  expect(inputs(second.out, 'KSampler')[1]).toMatchObject({ denoise: 0.4 });
  expect(second.err).toContain('hires upscaler R-ESRGAN 4x+ (the second pass enlarges the latent)');
});

test.each([
  ['a model that the server lacks', 'Steps: 4, Model: dreamshaper_9', 'it has dreamshaper_8.safetensors'],
  ['a model known by its hash only', 'Steps: 4, Model hash: 879db523c3', 'by its hash only (879db523c3)'],
  ['a LoRA that the server lacks', 'Steps: 4, Model: dreamshaper_8', 'names nowhere, which the server does not have'],
])('%s is an error, never another one', async (_what, last, message) => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const { code, err } = await runText(place, demo.url, text(last, 'x <lora:nowhere:1>'), []);
  expect(code, err).toBe(4);
  expect(err).toContain(message);
  expect(demo.log.filter((r) => r.method === 'POST')).toEqual([]);
});

test('names that ComfyUI lacks and values out of bounds are left and said, embeddings get their prefix', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const odd = text(
    'Steps: 99999, Sampler: My own, Schedule type: Zigzag, Seed: 5, Model: dreamshaper_8, TI hashes: "EasyNegative: c74b"',
    '(easynegative:1.1) BREAK fox',
  );
  const { code, out, err } = await runText(place, demo.url, odd, ['--dry-run']);
  expect(code, err).toBe(0);
  for (const word of ['steps 99999', 'sampler My own', 'schedule type Zigzag', 'BREAK']) expect(err).toContain(word);
  expect(inputs(out, 'CLIPTextEncode')[0]).toMatchObject({ text: '(embedding:easynegative:1.1) BREAK fox' });
});

test('standing values of environment and config do not change what the text says; variables are told', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  await writeFile(join(place.folder, '.comfyrc'), JSON.stringify({ cfg: 3, lora: 'add_detail.safetensors' }));
  const args = ['--dry-run'];
  const last = 'Steps: 4, Seed: 5, Model: dreamshaper_8';
  const { out, err } = await runText(place, demo.url, text(last), args, { COMFY_GEN_STEPS: '9', COMFY_GEN_COUNT: '1' });
  expect(inputs(out, 'KSampler')[0]).toMatchObject({ steps: 4, cfg: 7 });
  expect(inputs(out, 'LoraLoader')).toEqual([]);
  expect(err).toContain('COMFY_GEN_STEPS is not used');
  expect(err).not.toContain('cfg');
  const verbose = await runText(place, demo.url, text(last), [...args, '-v']);
  expect(verbose.err).toContain('cfg (');
});

test("JPEG's and WebP's UserComment", async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const jpeg = fileURLToPath(new URL('../fixtures/metadata/a1111.jpg', import.meta.url));
  const { code, out, err } = await place.run(['run', jpeg, '--host', demo.url, '--dry-run']);
  expect(code, err).toBe(0);
  expect(err).toContain('A1111 parameters (jpeg)');
  expect(inputs(out, 'KSampler')[0]).toMatchObject({ steps: 20, seed: 5 });
  const [exif = Buffer.alloc(0)] = [Buffer.from(readFileSync(jpeg))].map(exifOf);
  const chunk = Buffer.concat([Buffer.from('EXIF'), Buffer.alloc(4), exif, Buffer.alloc(exif.length % 2)]);
  chunk.writeUInt32LE(exif.length, 4);
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  head.writeUInt32LE(chunk.length + 4, 4);
  await writeFile(join(place.folder, 'a.webp'), Buffer.concat([head, chunk]));
  const webp = await place.run(['run', 'a.webp', '--host', demo.url, '--dry-run']);
  expect(webp.code, webp.err).toBe(0);
  expect(webp.out).toBe(out);
});

/** The EXIF block of a JPEG that begins with it. */
function exifOf(jpeg: Buffer): Buffer {
  const at = jpeg.indexOf('Exif\0\0', 0, 'latin1');
  return jpeg.subarray(at, at - 2 + jpeg.readUInt16BE(at - 2));
}

test('convert and a picture without anything are refused with what to do', async () => {
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'a1111.png'), picture(usual));
  await writeFile(join(place.folder, 'bare.png'), picture('a sentence'));
  const converted = await place.run(['convert', 'a1111.png']);
  expect(converted.code).toBe(2);
  expect(converted.err).toContain('comfy-gen run a1111.png --dry-run');
  expect((await place.run(['run', 'bare.png'])).code).toBe(2);
});

test("another program's parameters go through a recipe as well, and its sampler is told", async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const invokeai_metadata = `{"positive_prompt":"a fox","negative_prompt":"blurry","seed":${seed},"steps":4,"cfg_scale":6.5,"width":64,"height":128,"scheduler":"dpmpp_2m_k","model":{"name":"dreamshaper_8"},"loras":[{"model":{"name":"add_detail"},"weight":0.5}],"seamless_x":true}`;
  await writeFile(
    join(place.folder, 'a.png'),
    encodePng({ width: 1, height: 1, rgb: new Uint8Array(3) }, { invokeai_metadata }),
  );
  const { code, out, err } = await place.run(['run', 'a.png', '--host', demo.url, '--dry-run']);
  expect(code, err).toBe(0);
  expect(err).toContain('a.png: InvokeAI parameters (png)');
  expect(err).toContain("InvokeAI's sampler dpmpp_2m_k is dpmpp_2m with karras in ComfyUI");
  expect(err).toContain('not taken over: seamless_x true');
  expect(out).toContain(`"seed": ${seed},`);
  expect(inputs(out, 'KSampler')[0]).toMatchObject({
    steps: 4,
    cfg: 6.5,
    sampler_name: 'dpmpp_2m',
    scheduler: 'karras',
  });
  expect(inputs(out, 'CheckpointLoaderSimple')).toEqual([{ ckpt_name: 'dreamshaper_8.safetensors' }]);
  expect(inputs(out, 'LoraLoader')[0]).toMatchObject({ lora_name: 'add_detail.safetensors', strength_model: 0.5 });
});
