// An image enlarged and drawn over in tiles: each tile is sampled at a small strength, so that one graph does any size.
import type { Link } from '../../workflow/workflow.ts';
import type { Graph } from '../graph.ts';
import type { Plan } from '../recipe-plan.ts';
import type { Pixels } from '../recipe.ts';
import { upscalePicture } from '../upscale.ts';
import { drawOver } from './draw-over.ts';
import { encodeWords } from './encode.ts';
import { loadParts } from './load.ts';
import { saveImage } from './save.ts';

/** Enlarged by the upscale model, if one was named, and drawn over. */
export function enlarged(g: Graph, plan: Plan): void {
  const { enlarge, family } = plan;
  if (enlarge === undefined) return;
  const { to, refine = 0 } = enlarge;
  const picture = upscalePicture(g, g.add('LoadImage', { image: plan.images[0] ?? '' })(), plan.upscale);
  const made = upTo(to, family.multiple ?? 8);
  const parts = loadParts(g, plan, made);
  const from = { parts, encoded: encodeWords(g, plan, parts) };
  const drawn = drawOver(g, plan, from, { picture, to: made, strength: refine, tiled: true });
  const isExact = made.width === to.width && made.height === to.height;
  saveImage(g, isExact ? drawn : scaleTo(g, drawn, to));
}

/** The whole image at another size. */
export const scaleTo = (g: Graph, image: Link, { width, height }: Pixels): Link =>
  g.add('ImageScale', { image, upscale_method: 'lanczos', width, height, crop: 'disabled' })();

const upTo = ({ width, height }: Pixels, multiple: number): Pixels => ({
  width: Math.ceil(width / multiple) * multiple,
  height: Math.ceil(height / multiple) * multiple,
});
