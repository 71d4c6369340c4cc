// Inpainting that touches nothing else: which part of the picture is drawn anew, and at what size.
import type { Family } from './family.ts';
import { nativeSize, sizeToDraw } from './measure.ts';
import type { Box, Pad, ParamName, Pixels, RecipeParams, Seen } from './recipe.ts';
import type { Around, Plan } from './recipe-plan.ts';

/** Options each of which means that only the mask's surroundings are inpainted. */
export const maskOptions = ['maskContext', 'maskGrow', 'maskBlur'] as const satisfies readonly ParamName[];
const usualContext = 1.5;
/** No part is smaller, where the picture is not. */
const smallest = 64;

/** Is only a part of the picture drawn, or something beside it? */
export const drawsPart = (p: Pick<RecipeParams, (typeof maskOptions)[number] | 'pad'>): boolean =>
  p.pad !== undefined || maskOptions.some((option) => p[option] !== undefined);

/** Do these options need to know how large the pictures are? */
export const looksAtPictures = (p: Pick<RecipeParams, (typeof maskOptions)[number] | 'pad' | 'to'>): boolean =>
  drawsPart(p) || p.to !== undefined;

/** The part that is drawn anew, and the size at which it is; nothing when the picture is inpainted as a whole. */
export function aroundOf(
  family: Family,
  p: RecipeParams,
): Partial<Pick<Plan, 'around' | 'width' | 'height' | 'sizeGiven'>> {
  const { seen, pad } = p;
  if (seen === undefined || (p.images ?? []).length === 0) return {};
  if (pad !== undefined) return padded(family, seen.image, pad);
  if (!drawsPart(p)) return {};
  const [grow, blur] = [p.maskGrow ?? 0, p.maskBlur ?? 0];
  if (p.maskText !== undefined) return named(family, seen.image, { grow, blur });
  if (p.mask === undefined) return {};
  const box = partOf(seen, p.maskContext ?? usualContext, grow + blur);
  const around = { box, picture: seen.image, pad: undefined, grow, blur, scalesMask: !isSame(seen.image, seen.mask) };
  return { around, ...nativeSize(family, box), sizeGiven: false };
}

/** Where the words are is found on the server: the part is the whole picture. */
function named(family: Family, picture: Pixels, edge: Pick<Around, 'grow' | 'blur'>): ReturnType<typeof aroundOf> {
  const around: Around = { box: { x: 0, y: 0, ...picture }, picture, pad: undefined, ...edge, scalesMask: false };
  return { around, ...sizeToDraw(family, picture), sizeGiven: false };
}

function padded(family: Family, image: Pixels, pad: Pad): ReturnType<typeof aroundOf> {
  const picture = { width: image.width + pad.left + pad.right, height: image.height + pad.top + pad.bottom };
  const around: Around = { box: { x: 0, y: 0, ...picture }, picture, pad, grow: 0, blur: 0, scalesMask: false };
  return { around, ...sizeToDraw(family, picture), sizeGiven: false };
}

/** The marked box with its margin, times the factor, within the picture. */
function partOf({ image, mask, marked }: Seen, factor: number, margin: number): Box {
  if (marked === undefined) return { x: 0, y: 0, ...image };
  const scale = { x: image.width / (mask?.width ?? image.width), y: image.height / (mask?.height ?? image.height) };
  const across = along(marked.x * scale.x, marked.width * scale.x, image.width, { factor, margin });
  const down = along(marked.y * scale.y, marked.height * scale.y, image.height, { factor, margin });
  return { x: across.start, y: down.start, width: across.length, height: down.length };
}

function along(
  start: number,
  length: number,
  whole: number,
  { factor, margin }: { readonly factor: number; readonly margin: number },
): { readonly start: number; readonly length: number } {
  const needed = length + 2 * margin;
  const wanted = Math.min(whole, Math.max(smallest, Math.ceil(needed), Math.round(length * factor)));
  const middle = start + length / 2;
  return { start: Math.round(Math.min(Math.max(0, middle - wanted / 2), whole - wanted)), length: wanted };
}

const isSame = (a: Pixels, b: Pixels | undefined): boolean =>
  b === undefined || (a.width === b.width && a.height === b.height);
