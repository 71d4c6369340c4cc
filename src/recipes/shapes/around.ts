// A part of a picture drawn anew by itself: cut out, brought to the family's area, inpainted, brought back, pasted.
import type { Link } from '../../workflow/workflow.ts';
import type { Graph } from '../graph.ts';
import type { Pixels } from '../recipe.ts';
import { loadMask } from './mask.ts';
import type { Around, Plan } from '../recipe-plan.ts';

/** What is drawn, where, and into what it is pasted. */
export type Part = {
  readonly picture: Link;
  readonly mask: Link;
  readonly into: Link;
  /** The mask in the picture's own pixels. */
  readonly pasteMask: Link;
};

/** How far a padded picture blends into what is added to it. */
const feathering = 24;
/** The most that one ImageBlur takes. */
const blurStep = { radius: 31, sigma: 10 } as const;

/** The part with its mask, at the size at which it is drawn. */
export function cutOut(g: Graph, plan: Plan, around: Around): Part {
  const { box } = around;
  const size = { width: plan.width, height: plan.height };
  const loaded = g.add('LoadImage', { image: plan.images[0] ?? '' })();
  const { into, mask } = around.pad === undefined ? masked(g, plan, around, loaded) : padded(g, around.pad, loaded);
  const isWhole = box.width === around.picture.width && box.height === around.picture.height;
  const part = isWhole ? into : g.add('ImageCrop', { image: into, ...box })();
  const isSized = box.width === size.width && box.height === size.height;
  return {
    into,
    pasteMask: mask,
    picture: isSized ? part : scaled(g, part, size),
    mask: isSized ? mask : scaledMask(g, mask, size),
  };
}

/** Brought back to its own size and pasted: nothing changes but what the mask shows. */
export function pasteBack(g: Graph, plan: Plan, { box }: Around, { into, pasteMask }: Part, drawn: Link): Link {
  const isSized = box.width === plan.width && box.height === plan.height;
  const destination =
    plan.batchSize === 1 ? into : g.add('RepeatImageBatch', { image: into, amount: plan.batchSize })();
  return g.add('ImageCompositeMasked', {
    destination,
    source: isSized ? drawn : scaled(g, drawn, box),
    x: box.x,
    y: box.y,
    resize_source: false,
    mask: pasteMask,
  })();
}

type WithMask = { readonly into: Link; readonly mask: Link };

function padded(g: Graph, pad: NonNullable<Around['pad']>, image: Link): WithMask {
  const larger = g.add('ImagePadForOutpaint', { image, ...pad, feathering });
  return { into: larger(0), mask: larger(1) };
}

/** The mask of the part: cut first, so that growing it is quick. */
function masked(g: Graph, plan: Plan, { box, picture, grow, blur, scalesMask }: Around, into: Link): WithMask {
  const loaded = loadMask(g, plan, into);
  const whole = scalesMask ? scaledMask(g, loaded, picture) : loaded;
  const cut = g.add('CropMask', { mask: whole, ...box })();
  const grown = grow === 0 ? cut : g.add('GrowMask', { mask: cut, expand: grow, tapered_corners: false })();
  return { into, mask: blurred(g, grown, blur, Math.min(box.width, box.height) - 1) };
}

/** Several small blurs are a large one. `most`: a radius must be smaller than the mask. */
function blurred(g: Graph, mask: Link, blur: number, most: number): Link {
  if (blur === 0) return mask;
  const times = Math.ceil(blur / Math.min(blurStep.radius, most));
  let image = g.add('MaskToImage', { mask })();
  for (let left = blur, i = times; i > 0; i--) {
    const radius = Math.min(most, Math.round(left / i));
    left -= radius;
    const sigma = Math.min(blurStep.sigma, Math.max(0.1, Math.round((radius / 3) * 10) / 10));
    image = g.add('ImageBlur', { image, blur_radius: radius, sigma })();
  }
  return g.add('ImageToMask', { image, channel: 'red' })();
}

const scaled = (g: Graph, image: Link, { width, height }: Pixels): Link =>
  g.add('ImageScale', { image, upscale_method: 'lanczos', width, height, crop: 'disabled' })();

function scaledMask(g: Graph, mask: Link, { width, height }: Pixels): Link {
  const image = g.add('MaskToImage', { mask })();
  const larger = g.add('ImageScale', { image, upscale_method: 'bilinear', width, height, crop: 'disabled' })();
  return g.add('ImageToMask', { image: larger, channel: 'red' })();
}
