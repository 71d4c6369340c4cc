// Which parameters a family cannot use, and why: no option is ever ignored. Errors name options, not flags.
import { drawsPart, maskOptions } from './around.ts';
import { folderOf, takesRange } from './control.ts';
import type { Family, Takes } from './family.ts';
import type { ParamName, RecipeParams, Unusable } from './recipe.ts';

/** The option that a parameter comes from. */
export const optionOf = (param: ParamName): string =>
  param === 'loras' ? 'lora' : param === 'images' ? 'image' : param;

const taken: Readonly<Partial<Record<ParamName, Takes>>> = {
  width: 'size',
  height: 'size',
  aspect: 'size',
  mp: 'size',
  exact: 'size',
  steps: 'steps',
  cfg: 'cfg',
  sampler: 'sampler',
  scheduler: 'scheduler',
  vae: 'vae',
  loras: 'loras',
  clipSkip: 'clipSkip',
  guidance: 'guidance',
  shift: 'shift',
  turbo: 'turbo',
  batchSize: 'batchSize',
  images: 'images',
  denoise: 'denoise',
  mask: 'mask',
  maskText: 'mask',
  maskContext: 'mask',
  maskGrow: 'mask',
  maskBlur: 'mask',
  pad: 'mask',
  control: 'control',
  saveControl: 'control',
  hires: 'hires',
  nag: 'nag',
  to: 'to',
  refine: 'to',
  upscale: 'upscale',
  refiner: 'refiner',
  frames: 'frames',
  fps: 'fps',
  seconds: 'seconds',
  lyrics: 'lyrics',
  styleText: 'styleText',
};

const sizeOfPicture = (f: Family): string | undefined =>
  f.edit?.needed === true ? 'the size is that of the picture' : undefined;

const whys: Readonly<Partial<Record<ParamName, (family: Family) => string | undefined>>> = {
  clipSkip: () => 'it is for the text encoders of SD and SDXL',
  turbo: (f) => (f.negative === 'text' ? 'no few-step LoRA is known for it' : 'it is made for few steps already'),
  cfg: (f) => (f.guidance === undefined ? 'its guider has no cfg' : 'its guider has no cfg, but a guidance'),
  scheduler: (f) =>
    f.schedule === undefined ? undefined : `its sigmas come from ${f.schedule.class}, which has no name to set`,
  sampler: (f) => (f.samplerNode === undefined ? undefined : `its sampler is always ${f.samplerNode.class}`),
  guidance: (f) => (f.takes.includes('cfg') ? 'it has no guidance input, but a cfg' : undefined),
  width: sizeOfPicture,
  height: sizeOfPicture,
  aspect: sizeOfPicture,
  mp: sizeOfPicture,
  exact: sizeOfPicture,
  nag: () => 'its attention takes no negative guidance (SD, SDXL, FLUX.1 and Krea 2 do)',
  refiner: () => "it is sdxl's second stage",
  steps: (f) => (f.schedule === undefined ? undefined : 'its steps are a fixed list of sigmas'),
};

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

/** Parameters that were given and that `family` cannot use, alone or together. */
export function unusableOptions(
  family: Family,
  params: RecipeParams,
  mainFile: string | undefined,
): readonly Unusable[] {
  const found: Unusable[] = [];
  const refuse = (option: ParamName, why: string | undefined): void => {
    const reason = why === undefined ? '' : `: ${why}`;
    if (!found.some((f) => f.option === option)) {
      found.push({ option, message: `cannot be used with ${family.name}${reason}` });
    }
  };
  for (const [option, needs] of Object.entries(taken) as [ParamName, Takes][]) {
    // keys of `taken`
    if (!isGiven(params[option]) || family.takes.includes(needs)) continue;
    if (option === 'batchSize' && params.batchSize === 1) continue;
    refuse(option, whys[option]?.(family));
  }
  for (const [option, why] of together(family, params, mainFile)) refuse(option, why);
  return found;
}

type Clash = readonly [ParamName, string];

function together(family: Family, p: RecipeParams, mainFile: string | undefined): readonly Clash[] {
  const pictures = p.images?.length ?? 0;
  const clashes: Clash[] = [];
  for (const option of ['mask', 'maskText'] as const)
    if (p[option] !== undefined && pictures === 0) clashes.push([option, 'a mask goes with an image']);
  if (p.mask !== undefined && p.maskText !== undefined) clashes.push(['maskText', 'the mask is given']);
  if (p.denoise !== undefined && pictures === 0 && p.hires === undefined) {
    clashes.push(['denoise', 'there is nothing to keep: denoise goes with an image or with hires']);
  }
  clashes.push(...aroundClashes(p), ...enlargeClashes(family, p));
  const masked = hasMask(p) || p.pad !== undefined;
  const starts = family.takes.includes('denoise') && (p.denoise !== undefined || masked);
  const max = family.edit === undefined || starts ? 1 : family.edit.max;
  if (pictures > max)
    clashes.push(['images', max === 1 ? 'it takes one picture here' : `it takes at most ${max} pictures`]);
  if (p.exact === true && family.kind === 'video') clashes.push(['exact', 'a video has sides of even numbers']);
  if (p.refiner !== undefined) clashes.push(...refinerClashes(p));
  if (p.frames !== undefined && p.seconds !== undefined) clashes.push(['seconds', 'frames say the length already']);
  clashes.push(...controlClashes(family, p));
  const always = family.withPictures?.samplerNode?.class;
  if (p.sampler !== undefined && pictures > 0 && always !== undefined) {
    clashes.push(['sampler', `with pictures its sampler is always ${always}`]);
  }
  clashes.push(...misplaced(family, p));
  const base = mainFile?.split(/[\\/]/).at(-1) ?? '';
  const blind = family.variants?.find((v) => v.only === 'no pictures' && v.match.test(base));
  if (pictures > 0 && blind !== undefined) clashes.push(['images', `${base} ${blind.note ?? 'takes no picture'}`]);
  return clashes;
}

const hasMask = (p: RecipeParams): boolean => p.mask !== undefined || p.maskText !== undefined;

function controlClashes(family: Family, p: RecipeParams): readonly Clash[] {
  const clashes: Clash[] = [];
  const control = p.control ?? [];
  if (control.some((c) => (c.model ?? '') === '' && c.kind === undefined))
    clashes.push(['control', 'it names neither a model nor a kind']);
  if (control.some((c) => c.start !== undefined && !takesRange(family, c)))
    clashes.push(['control', 'its control files steer from start to end: only a strength can be set']);
  if (p.saveControl === true && !control.some((c) => c.kind !== undefined))
    clashes.push(['saveControl', 'it goes with control by a photo, like canny@photo.jpg']);
  return clashes;
}

/** What does not go with a mask that only its surroundings are drawn for, or with a picture that is made larger. */
function aroundClashes(p: RecipeParams): readonly Clash[] {
  const clashes: Clash[] = [];
  if (p.pad !== undefined && !isGiven(p.images)) clashes.push(['pad', 'it needs an image']);
  if (p.pad !== undefined && hasMask(p)) clashes.push(['pad', 'a mask repaints, pad adds: one of them']);
  for (const option of maskOptions) {
    if (p[option] !== undefined && !hasMask(p)) clashes.push([option, 'it goes with a mask']);
  }
  if (!drawsPart(p)) return clashes;
  const why =
    p.pad === undefined
      ? "only the mask's surroundings are drawn"
      : 'the picture keeps its size, with the pixels added';
  for (const option of unlikeParts) if (isGiven(p[option])) clashes.push([option, why]);
  return clashes;
}

const unlikeParts = ['width', 'height', 'aspect', 'mp', 'exact', 'hires', 'control'] as const satisfies ParamName[];

/** An image that is enlarged is drawn over in tiles, or not at all. */
function enlargeClashes({ kind }: Family, p: RecipeParams): readonly Clash[] {
  if (p.to === undefined)
    return p.refine === undefined ? [] : [['refine', 'it needs the option to, the size of the result']];
  if (!isGiven(p.images)) return [['to', 'it needs an image']];
  const others = unlikeParts.filter((option) => isGiven(p[option]));
  const clashes: Clash[] = [
    ...others,
    ...(['mask', 'maskText', 'pad', 'denoise', 'batchSize'] as const).filter((o) => isGiven(p[o])),
  ].map((option) => [option, 'the image is enlarged without other changes']);
  if (kind === 'upscale' && p.refine !== undefined) clashes.push(['refine', 'it needs a diffusion model']);
  if (kind !== 'upscale' && p.refine === undefined)
    clashes.push(['to', 'without refine it is enlarged by an upscale model: use the recipe upscale-model']);
  return clashes;
}

/** A control file in a folder that none of the family's ways loads from. */
function misplaced(family: Family, p: RecipeParams): readonly Clash[] {
  const folders = (family.control ?? []).map(folderOf);
  const wrong = p.control?.find(
    ({ folder }) => folder !== undefined && folders.length > 0 && !folders.includes(folder),
  );
  if (wrong === undefined) return [];
  return [
    [
      'control',
      `${wrong.model ?? ''} lies in models/${wrong.folder ?? ''}, it loads from models/${folders.join(' or ')}`,
    ],
  ];
}

function refinerClashes(p: RecipeParams): readonly Clash[] {
  const others: readonly ParamName[] = ['images', 'hires', 'turbo'];
  const given = others.filter((option) => isGiven(p[option]));
  return given.length === 0 ? [] : [['refiner', `it does not combine with ${given.map(optionOf).join(', ')}`]];
}
