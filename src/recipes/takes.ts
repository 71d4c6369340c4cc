// Which options a family can use, as it follows from its other cells; a row names its exceptions only.
import type { Family, Takes } from './family.ts';

type Untaken = Omit<Family, 'takes'>;

/** `startsFromPicture`: img2img and inpaint make sense for it, if it is an image family that needs no picture. */
export function takesOf(family: Untaken, startsFromPicture: boolean): readonly Takes[] {
  const { kind, shape, edit, schedule } = family;
  const image = kind === 'image';
  const samples = image || kind === 'video' || kind === 'audio';
  const starts = image && startsFromPicture && edit?.needed !== true;
  const schedules = samples && shape !== 'cascade';
  const drawsOver = image && shape === 'simple' && family.encoder === undefined && edit === undefined;
  const sizedByPicture = image && edit?.needed === true && edit.latent !== 'sized';
  const rules: Readonly<Record<Takes, boolean>> = {
    steps: schedules && schedule?.takes.includes('steps') !== false,
    scheduler: schedules && schedule?.takes.includes('scheduler') !== false,
    sampler: samples && family.samplerNode === undefined,
    cfg: (samples || kind === 'mesh') && family.guider?.way !== 'basic',
    negative: family.negative === 'text',
    // `on: both` is a guidance that the model's code drops.
    guidance: family.guidance !== undefined && family.guidance.on !== 'both',
    shift: family.patches?.some((patch) => patch.shift === true) === true,
    size: family.size !== undefined && !sizedByPicture,
    images: starts || edit !== undefined,
    denoise: starts,
    mask: starts || edit?.mask === 'needed',
    hires: drawsOver,
    to: (drawsOver && starts) || shape === 'upscale',
    nag: family.nag === true,
    control: family.control !== undefined,
    loras: image || kind === 'video',
    turbo: family.turbo !== undefined,
    vae: shape === 'restore' || (image && family.builtInVae === undefined),
    upscale: image || shape === 'upscale',
    frames: family.frames !== undefined,
    fps: family.frames !== undefined,
    lyrics: family.encoder?.lyrics !== undefined,
    styleText: family.encoder?.lyrics !== undefined,
    seconds: family.frames !== undefined || family.seconds !== undefined,
    batchSize: samples || kind === 'mesh',
    clipSkip: false,
    refiner: false,
  };
  return (Object.keys(rules) as Takes[]).filter((what) => rules[what]); // keys of `rules`
}
