// Size and length: what was asked for, rounded to what the family makes, and said where that differs.
import type { Family } from './family.ts';
import type { RecipeParams, RecipeWarning } from './recipe.ts';
import type { Plan } from './recipe-plan.ts';

/** Nearest multiple; a half goes up; never 0. */
function roundTo(value: number, multiple: number): number {
  return Math.max(multiple, Math.floor(value / multiple + 0.5) * multiple);
}

type Size = Pick<Plan, 'width' | 'height' | 'sizeGiven'>;
export function sizeOf(family: Family, p: RecipeParams, warnings: RecipeWarning[]): Size {
  const [w, h] = family.size ?? [0, 0];
  const multiple = family.multiple ?? 1;
  const asked = { width: p.width ?? w, height: p.height ?? h };
  const size = { width: roundTo(asked.width, multiple), height: roundTo(asked.height, multiple) };
  const sizeGiven = p.width !== undefined || p.height !== undefined;
  if (family.size === undefined) return { width: 0, height: 0, sizeGiven: false };
  if (size.width !== asked.width || size.height !== asked.height) {
    warnings.push({
      reason: 'size_rounded',
      option: size.width === asked.width ? 'height' : 'width',
      message: `size ${asked.width}x${asked.height} rounded to ${size.width}x${size.height}: ${family.name} needs multiples of ${multiple}`,
    });
  }
  return { ...size, sizeGiven };
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
