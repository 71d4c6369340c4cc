// What ComfyUI's own nodes do to sizes, lists and texts, in jobs that run on the demo server.
import { expect, test } from 'vitest';
import { readChunks } from '../../src/media/png.ts';
import { decodeFrame } from '../../src/protocol/frames.ts';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { listen, over, picture, submit } from './bench.ts';

type Nodes = Record<string, { class_type: string; inputs: Record<string, unknown> }>;

const base: Nodes = {
  image: { class_type: 'EmptyImage', inputs: { width: 640, height: 400, batch_size: 1, color: 255 } },
  small: { class_type: 'EmptyImage', inputs: { width: 64, height: 32, batch_size: 1, color: 0 } },
  mask: { class_type: 'SolidMask', inputs: { value: 1, width: 100, height: 90 } },
  grown: { class_type: 'GrowMask', inputs: { mask: ['mask', 0], expand: 6, tapered_corners: true } },
};

/** Sizes of the files that come out of these nodes, read from the files themselves. */
async function sizes(demo: Demo, nodes: Nodes, from: string): Promise<string[]> {
  const save = { class_type: 'SaveImage', inputs: { filename_prefix: from, images: [from, 0] } };
  const entry = await over(demo, await submit(demo, { ...base, ...nodes, save }));
  expect(entry.status.messages.at(-1)).toMatchObject(['execution_success', {}]);
  const files = entry.outputs['save']?.images ?? [];
  return Promise.all(
    files.map(async ({ filename }) => {
      const bytes = Buffer.from(await (await fetch(`${demo.url}/view?filename=${filename}`)).arrayBuffer());
      const [head] = readChunks(bytes);
      return `${Buffer.from(head?.data ?? []).readUInt32BE(0)}x${Buffer.from(head?.data ?? []).readUInt32BE(4)}`;
    }),
  );
}

const image = ['image', 0];
test.each<[string, Nodes, string]>([
  ['ImageScale', { n: { class_type: 'ImageScale', inputs: { image, upscale_method: 'lanczos', width: 300, height: 0, crop: 'disabled' } } }, '300x188'],
  ['ImageCrop', { n: { class_type: 'ImageCrop', inputs: { image, width: 200, height: 200, x: 600, y: 10 } } }, '40x200'],
  ['ImageBlur', { n: { class_type: 'ImageBlur', inputs: { image, blur_radius: 3, sigma: 1 } } }, '640x400'],
  ['Canny', { n: { class_type: 'Canny', inputs: { image, low_threshold: 0.3, high_threshold: 0.7 } } }, '640x400'],
  ['ImagePadForOutpaint', { n: { class_type: 'ImagePadForOutpaint', inputs: { image, left: 8, top: 16, right: 24, bottom: 0, feathering: 40 } } }, '672x416'],
  ['MaskToImage', { n: { class_type: 'MaskToImage', inputs: { mask: ['grown', 0] } } }, '100x90'],
  ['ImageCompositeMasked', { n: { class_type: 'ImageCompositeMasked', inputs: { destination: image, source: ['small', 0], mask: ['grown', 0], x: 5, y: 5, resize_source: false } } }, '640x400'],
  ['ImageToMask', { m: { class_type: 'ImageToMask', inputs: { image, channel: 'red' } }, n: { class_type: 'MaskToImage', inputs: { mask: ['m', 0] } } }, '640x400'],
  ['ImageUpscaleWithModel', {
    m: { class_type: 'UpscaleModelLoader', inputs: { model_name: '4x-UltraSharp.pth' } },
    n: { class_type: 'ImageUpscaleWithModel', inputs: { upscale_model: ['m', 0], image: ['small', 0] } },
  }, '256x128'],
  ['GetImageSize', {
    m: { class_type: 'GetImageSize', inputs: { image } },
    n: { class_type: 'EmptyImage', inputs: { width: ['m', 1], height: ['m', 0], batch_size: 1, color: 0 } },
  }, '400x640'],
])('%s', async (_name, nodes, size) => {
  await using demo = await startDemo();
  expect(await sizes(demo, nodes, 'n')).toEqual([size]);
}); // prettier-ignore

test.each([
  [640, 400, 512, 128, 2],
  [1024, 1024, 512, 64, 9],
  [512, 512, 512, 64, 1],
  [2048, 1536, 1024, 128, 6],
])('%i x %i in tiles of %i with %i overlap are %i tiles, and one picture again', async (w, h, tile, overlap, count) => {
  await using demo = await startDemo();
  const nodes: Nodes = {
    from: { class_type: 'EmptyImage', inputs: { width: w, height: h, batch_size: 1, color: 255 } },
    split: {
      class_type: 'SplitImageToTileList',
      inputs: { image: ['from', 0], tile_width: tile, tile_height: tile, overlap },
    },
    merge: {
      class_type: 'ImageMergeTileList',
      inputs: { image_list: ['split', 0], final_width: w, final_height: h, overlap },
    },
  };
  expect(await sizes(demo, nodes, 'split')).toEqual(
    Array.from({ length: count }, () => `${Math.min(w, tile)}x${Math.min(h, tile)}`),
  );
  expect(await sizes(demo, nodes, 'merge')).toEqual([`${w}x${h}`]);
});

test('an inpaint graph: the size of the latent, a mask on it, a model that follows it', async () => {
  await using demo = await startDemo();
  const graph = picture({ latent_image: ['masked', 0], model: ['soft', 0], denoise: 0.6 }) as Nodes;
  const nodes: Nodes = {
    ...graph,
    encoded: { class_type: 'VAEEncode', inputs: { pixels: image, vae: ['4', 2] } },
    masked: { class_type: 'SetLatentNoiseMask', inputs: { samples: ['encoded', 0], mask: ['grown', 0] } },
    soft: { class_type: 'DifferentialDiffusion', inputs: { model: ['4', 0], strength: 1 } },
  };
  delete nodes['9'];
  delete nodes['5'];
  expect(await sizes(demo, nodes, '8')).toEqual(['640x400']);
});

test('numbers that links bring count as those written in the graph', async () => {
  await using demo = await startDemo();
  await using ear = await listen(demo);
  const graph = { ...picture({ steps: ['n', 0] }), n: { class_type: 'PrimitiveInt', inputs: { value: 3 } } };
  await submit(demo, graph, { client_id: 'me' });
  await ear.hears(/"node":null/);
  expect(ear.frames.some((f) => typeof f === 'string' && f.includes('"type":"progress",') && f.includes('"max":3,'))).toBe(true); // prettier-ignore
});

const text = (value: string): Nodes => ({
  t: { class_type: 'PrimitiveString', inputs: { value } },
  show: { class_type: 'PreviewAny', inputs: { source: ['t', 0] } },
  file: { class_type: 'SaveText', inputs: { text: ['t', 0], filename_prefix: 'note', format: 'md' } },
});

test('text: shown, saved, and a file without a byte when there is none', async () => {
  await using demo = await startDemo({ testNodes: true });
  const own = { class_type: 'ShowText|pysssss', inputs: { text: ['t', 0] } };
  const entry = await over(demo, await submit(demo, { ...text('hé\nllo'), own }));
  const file = { filename: 'note_00001.md', type: 'output' };
  expect(entry.outputs).toMatchObject({
    show: { text: ['hé\nllo'] },
    own: { text: ['hé\nllo'] },
    file: { text: ['hé\nllo'], files: [file] },
  });
  expect(await (await fetch(`${demo.url}/view?filename=note_00001.md`)).text()).toBe('hé\nllo');
  await over(demo, await submit(demo, text('')));
  const empty = await fetch(`${demo.url}/view?filename=note_00002.md`);
  expect([empty.status, empty.headers.get('content-length')]).toEqual([200, '0']);
});

test('pictures over the socket: whole PNGs, no file', async () => {
  await using demo = await startDemo();
  await using ear = await listen(demo, 'me', true);
  const graph = { ...base, send: { class_type: 'SaveImageWebsocket', inputs: { images: ['small', 0] } } };
  const entry = await over(demo, await submit(demo, graph, { client_id: 'me' }));
  await ear.hears(/"node":null/);
  expect(entry.outputs).toEqual({});
  const frames = ear.frames.flatMap((f) => (typeof f === 'string' ? [] : [decodeFrame(f)]));
  expect(frames).toMatchObject([{ kind: 'preview', node: 'send', mime: 'image/png' }]);
});

test('a name with an ending of another kind holds a file of that kind', async () => {
  await using demo = await startDemo({ faults: ['filename=x.safetensors'] });
  const graph = { ...base, s: { class_type: 'SaveImage', inputs: { filename_prefix: 'x', images: image } } };
  await over(demo, await submit(demo, graph));
  const bytes = Buffer.from(await (await fetch(`${demo.url}/view?filename=x.safetensors`)).arrayBuffer());
  const length = Number(bytes.readBigUInt64LE());
  expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toHaveProperty('__metadata__');
});
