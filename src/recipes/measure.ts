// Size and length: what was asked for, rounded to what the family makes, and said where that differs.
import { ComfyGenError } from '../errors.ts';
import type { Family } from './family.ts';
import type { Pixels, RecipeParams, RecipeWarning } from './recipe.ts';
import type { Plan } from './recipe-plan.ts';

/** Nearest multiple; a half goes up; never 0. */
function roundTo(value: number, multiple: number): number {
  return Math.max(multiple, Math.floor(value / multiple + 0.5) * multiple);
}

/** The sides of this area at this ratio. */
function sidesOf(area: number, ratio: number): Pixels {
  const width = Math.sqrt(area * ratio);
  return { width, height: width / ratio };
}

const both = (size: Pixels, change: (side: number) => number): Pixels => ({
  width: change(size.width),
  height: change(size.height),
});
const areaOf = ({ width, height }: Pixels): number => width * height;
const written = ({ width, height }: Pixels): string => `${width}x${height}`;

type Size = Pick<Plan, 'width' | 'height' | 'sizeGiven' | 'crop'>;
const noSize: Size = { width: 0, height: 0, sizeGiven: false, crop: undefined };

export function sizeOf(family: Family, p: RecipeParams, warnings: RecipeWarning[]): Size {
  if (family.size === undefined) return noSize;
  const { name, multiple = 1 } = family;
  const { asked, isGiven: sizeGiven } = askedSize(family.size, p);
  if (p.exact === true) {
    const made = both(asked, (side) => Math.ceil(side / multiple) * multiple);
    return { ...made, sizeGiven, crop: written(made) === written(asked) ? undefined : asked };
  }
  const size = both(asked, (side) => roundTo(side, multiple));
  if (p.width === undefined && p.height === undefined) return { ...size, sizeGiven, crop: undefined }; // nobody named a number
  if (written(size) !== written(asked)) {
    warnings.push({
      reason: 'size_rounded',
      option: size.width === asked.width ? 'height' : 'width',
      message: `size ${written(asked)} rounded to ${written(size)}: ${name} needs multiples of ${multiple}`,
    });
  }
  return { ...size, sizeGiven, crop: undefined };
}

/** In whole pixels. Throws `unusable_option` for an area that makes a side too long. */
function askedSize([w, h]: readonly [number, number], p: RecipeParams): { asked: Pixels; isGiven: boolean } {
  const { aspect, mp } = p;
  if (aspect === undefined && mp === undefined) {
    const isGiven = p.width !== undefined || p.height !== undefined;
    return { asked: { width: p.width ?? w, height: p.height ?? h }, isGiven };
  }
  const ratio = aspect === undefined ? w / h : aspect.width / aspect.height;
  const asked = both(sidesOf(mp === undefined ? w * h : mp * megapixel, ratio), Math.round);
  if (Math.min(asked.width, asked.height) < 16 || Math.max(asked.width, asked.height) > 16_384) {
    throw new ComfyGenError('unusable_option', `makes ${written(asked)}: a side has 16 to 16384 pixels`, {
      option: mp === undefined ? 'aspect' : 'mp',
    });
  }
  return { asked, isGiven: true };
}

const megapixel = 1024 * 1024;
/** So many times its usual area a family draws well at once, where its row does not say. */
const usualReach = 3;

const isInReach = (family: Family, size: Pixels): boolean => {
  const [w, h] = family.size ?? [0, 0];
  return areaOf(size) <= w * h * (family.reach ?? usualReach);
};

/** The size at which the family draws a whole picture: as it is, unless that is far beyond its area. */
export function sizeToDraw(family: Family, size: Pixels): Pixels {
  return isInReach(family, size) ? both(size, (side) => roundTo(side, family.multiple ?? 1)) : nativeSize(family, size);
}

/** The size at which the family draws a part of a picture: its own area, at the part's ratio. */
export function nativeSize({ size = [1024, 1024], multiple = 1 }: Family, { width, height }: Pixels): Pixels {
  return both(sidesOf(size[0] * size[1], width / height), (side) => roundTo(side, multiple));
}

/** Well beyond the native area: where to begin, and what to enlarge that to. */
export function twoPasses(family: Family, size: Pixels, notes: string[]): Pick<Plan, 'width' | 'height' | 'second'> {
  if (isInReach(family, size)) return { ...size, second: undefined };
  const first = nativeSize(family, size);
  notes.push(
    `${written(size)} is far beyond what ${family.name} draws at once: made at ${written(first)}, then enlarged and drawn over (<option twoPass>)`,
  );
  return { ...first, second: size };
}

/** The size that an image is enlarged to. Throws `unusable_option` for one that is too large. */
export function enlargeOf({ to, refine, seen, images }: RecipeParams): Plan['enlarge'] {
  if (to === undefined || seen === undefined || (images ?? []).length === 0) return undefined;
  const size = 'factor' in to ? both(seen.image, (side) => Math.round(side * to.factor)) : to;
  if (Math.max(size.width, size.height) > 32_768 || Math.min(size.width, size.height) < 64) {
    throw new ComfyGenError('unusable_option', `makes ${written(size)}: a side has 64 to 32768 pixels`, {
      option: 'to',
    });
  }
  return { to: size, refine };
}

type Time = Pick<Plan, 'frames' | 'fps' | 'fpsGiven' | 'seconds'>;
export function timeOf(family: Family, p: RecipeParams, warnings: RecipeWarning[]): Time {
  const seconds = p.seconds ?? family.seconds ?? 0;
  const rule = family.frames;
  if (rule === undefined) return { frames: 1, fps: 0, fpsGiven: false, seconds };
  const fps = p.fps ?? rule.fps;
  const asked = p.frames ?? (p.seconds === undefined ? rule.count : Math.round(p.seconds * fps));
  const frames = Math.max(0, Math.floor((asked - rule.plus) / rule.step + 0.5)) * rule.step + rule.plus;
  if (p.frames !== undefined && frames !== asked) {
    warnings.push({
      reason: 'frames_rounded',
      option: 'frames',
      message: `${asked} frames rounded to ${frames}: ${family.name} makes ${rule.step}k+${rule.plus}`,
    });
  }
  return { frames, fps, fpsGiven: p.fps !== undefined, seconds: frames / fps };
}
