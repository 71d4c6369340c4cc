// Options of what to make: prompt, size, sampling, models, images to start from.
import { address, assignment, enlarging, lora, pad, ratio, size } from '../kinds.ts';
import { control } from '../control.ts';
import { bigInteger, integer, list, number, text, toggle, type OptionTable } from '../option.ts';

const recipes = 'depends on the model';
const pixels = { min: 16, max: 16_384 };

/** What to make. */
export const generation = {
  prompt: list(
    text('the prompt, instead of bare words; each -p is a job', { short: 'p', emptyAllowed: true, flagOnly: true }),
  ),
  negative: text('negative prompt: what the image should not show', { short: 'n', emptyAllowed: true, fallback: '' }),
  width: integer('width in pixels', pixels, { short: 'W', argument: 'px', otherwise: recipes }),
  height: integer('height in pixels', pixels, { short: 'H', argument: 'px', otherwise: recipes }),
  size: size('width and height', pixels, { otherwise: recipes }),
  aspect: ratio("aspect ratio, at the model family's usual area", { otherwise: recipes }),
  mp: number('area in megapixels (of 1024x1024 pixels)', { min: 0.01, max: 256 }, { otherwise: recipes }),
  sizeFrom: text('image whose aspect ratio to take', { argument: 'image', names: 'file' }),
  exact: toggle('exactly the size asked for: made a little larger, then cropped'),
  twoPass: toggle('one sampling pass, however large the image', { negated: true }),
  steps: integer('sampling steps', { min: 1, max: 10_000 }, { short: 's', otherwise: recipes }),
  cfg: number('CFG scale: how closely the prompt is followed', { min: 0, max: 100 }, { otherwise: recipes }),
  sampler: text('sampler; `list samplers` shows them', { listed: 'samplers', argument: 'name', otherwise: recipes }),
  scheduler: text('scheduler; `list schedulers` shows them', {
    listed: 'schedulers',
    argument: 'name',
    otherwise: recipes,
  }),
  seed: bigInteger('seed of the noise', { max: 2n ** 64n - 1n, word: 'random' }, { fallback: 'random' }),
  checkpoint: text('model file on the server; `list checkpoints` shows them', {
    listed: 'models',
    short: 'c',
    argument: 'file',
    otherwise: 'one that the server has',
  }),
  recipe: text('recipe of the model family; `list recipes` shows them', {
    listed: 'recipes',
    argument: 'name',
    otherwise: 'detected from the model',
  }),
  vae: text('VAE file on the server', { listed: 'vaes', argument: 'file' }),
  lora: list(lora('LoRA file and its strength', { min: -100, max: 100 })),
  forceLora: toggle('send a LoRA whose metadata says another model family'),
  clipSkip: integer('CLIP layer to stop at, counted from the last (1 is the last)', { min: 1, max: 24 }),
  guidance: number(
    'guidance of guidance-distilled models (FLUX and others)',
    { min: 0, max: 100 },
    { otherwise: recipes },
  ),
  shift: number('timestep shift of flow models', { min: 0, max: 100 }, { otherwise: recipes }),
  turbo: toggle<undefined>("use the model family's few-step LoRA", { fallback: undefined, otherwise: 'off' }),
  batchSize: integer('images made together in one job', { min: 1, max: 4096 }, { short: 'b', fallback: 1 }),
  count: integer('number of jobs, with the seeds seed, seed+1, …', { min: 1, max: 100_000 }, { fallback: 1 }),
  image: list(text('image to start from, or to edit', { short: 'i', argument: 'file', names: 'file' })),
  denoise: number('denoising strength: how much of the image may change, 0–1', { min: 0, max: 1 }),
  mask: text('mask for inpainting: white is repainted', { argument: 'file', names: 'file' }),
  maskContext: number(
    "inpaint the mask's surroundings only: its box times this, default 1.5",
    { min: 1, max: 16 },
    { argument: 'factor' },
  ),
  maskGrow: integer(
    'grow the mask by this many pixels; the rest stays as it is',
    { min: 0, max: 512 },
    { argument: 'px' },
  ),
  maskBlur: integer(
    "blur the mask's edge by so many pixels; the rest stays as it is",
    { min: 0, max: 512 },
    { argument: 'px' },
  ),
  pad: pad('outpaint: pixels to add left, above, right, below', 8192),
  maskText: text('words for what to mask, found in the image by SAM 3', { argument: 'words' }),
  control: list(
    control('control by a photo: canny, depth, pose or lines; or model:image, a ControlNet and what it reads', {
      min: 0,
      max: 10,
    }),
  ),
  saveControl: toggle('also save the control image that was made from a photo'),
  nag: number('negative guidance at cfg 1 (NAG)', { min: 0, max: 100 }),
  hires: number('second sampling pass at this many times the size', { min: 1, max: 8 }, { argument: 'factor' }),
  upscale: text('upscale model to run over the result', { listed: 'upscalers', argument: 'model' }),
  to: enlarging('enlarge the image: a factor or a size'),
  refine: number('how much of the enlarged image may change, 0–1; it is sampled in tiles', { min: 0, max: 1 }),
  refiner: text('SDXL refiner checkpoint', { listed: 'checkpoints', argument: 'file' }),
  frames: integer('number of frames of a video', { min: 1, max: 100_000 }, { otherwise: recipes }),
  fps: number('frames per second of a video', { min: 0.01, max: 1000 }, { argument: 'n', otherwise: recipes }),
  seconds: number('length of a video or of audio in seconds', { min: 0.01, max: 86_400 }, { otherwise: recipes }),
  lyrics: text('lyrics of a song'),
  style: list(text('style for the prompt; `list styles` shows them', { argument: 'name', listed: 'styles' })),
  styles: text('file or folder with the styles: JSON, or CSV as A1111 writes it', {
    argument: 'path',
    names: 'folder',
  }),
  enhance: toggle('let a language model write the prompt out (it needs an address)'),
  enhanceModel: text('name of the language model', { argument: 'name', otherwise: "the address's own" }),
  styleText: text('style of a song; the prompt then holds its lyrics', { otherwise: 'the prompt' }),
  set: list(
    assignment(
      'set an input of the workflow; node is an id, a title or a class name',
      'node.input=value',
      /^[^=]+\.[^=]+=/,
      'node.input=value',
    ),
  ),
  dynamicPrompts: toggle('replace {a|b|c} and __name__ in prompts'),
  wildcards: text('folder with the files behind __name__', { argument: 'dir', names: 'folder' }),
} satisfies OptionTable;

/** The language model that writes prompts out: one for all jobs, and none that a project's file chooses. */
export const enhancing = {
  enhanceUrl: address(
    'OpenAI-compatible address of the language model; its key is COMFY_GEN_ENHANCE_KEY',
    ['http', 'https'],
    {
      trustedOnly: true,
    },
  ),
} satisfies OptionTable;
