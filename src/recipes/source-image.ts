// Pictures that go in: what is edited, what sampling starts from, and the empty latent when there is none.
import type { Link } from '../workflow/workflow.ts';
import { repaints } from './control.ts';
import type { Edit, NodeSpec } from './family.ts';
import type { Extent, Graph } from './graph.ts';
import type { Plan } from './recipe-plan.ts';
import { cutOut, type Part } from './shapes/around.ts';
import { addSpec } from './shapes/load.ts';
import { hasMask, loadMask } from './shapes/mask.ts';

export type Source = {
  /** The pictures as the encoder or the references take them. */
  readonly pictures: readonly Link[];
  /** Size of the result. */
  readonly extent: Extent;
  /** A part of the picture that is drawn anew by itself. */
  readonly part?: Part | undefined;
};

type Scaling = NodeSpec & { readonly picture?: string };

/** Loads the pictures of the plan and brings them to the size that the task wants. */
export function loadSource(g: Graph, plan: Plan): Source {
  const size = { width: plan.width, height: plan.height };
  // The patch has picture and mask: what it repaints starts from nothing but noise.
  if (plan.task === 'inpaint' && repaints(plan)) return { pictures: [], extent: size };
  if (plan.around !== undefined) {
    const part = cutOut(g, plan, plan.around);
    return { pictures: [part.picture], extent: size, part };
  }
  if (plan.family.kind === 'audio') return { pictures: [], extent: size };
  const loaded = plan.images.map((image) => g.add('LoadImage', { image })());
  const first = loaded[0];
  if (first === undefined) return { pictures: [], extent: size };
  const edit = plan.family.edit;
  if (plan.task === 'img2img' || plan.task === 'inpaint') return startFrom(g, plan, first);
  if (edit === undefined) return { pictures: loaded, extent: size };
  const pictures = scalePictures(g, edit, loaded);
  if (edit.latent !== 'sized' || plan.sizeGiven) return { pictures, extent: size };
  const shown = edit.size === undefined ? (pictures[0] ?? first) : scale(g, edit.size, first);
  return { pictures, extent: sizeOfPicture(g, shown) };
}

/** img2img: as it is, or at the size that was asked for. */
function startFrom(g: Graph, plan: Plan, first: Link): Source {
  const { width, height } = plan;
  const takesSize = plan.family.schedule?.takes.includes('size') === true;
  if (!plan.sizeGiven) {
    return { pictures: [first], extent: takesSize ? sizeOfPicture(g, first) : { width, height } };
  }
  return { pictures: [toSize(g, plan, first)], extent: { width, height } };
}

const toSize = (g: Graph, { width, height }: Plan, image: Link): Link =>
  g.add('ImageScale', { image, upscale_method: 'lanczos', width, height, crop: 'center' })();

/** The mask goes the way of its picture, or it would lie askew. */
function startMask(g: Graph, plan: Plan, picture: Link): Link {
  if (!plan.sizeGiven || plan.mask === undefined) return loadMask(g, plan, picture);
  const scaled = toSize(g, plan, g.add('LoadImage', { image: plan.mask })());
  return g.add('ImageToMask', { image: scaled, channel: 'red' })();
}

function sizeOfPicture(g: Graph, picture: Link): Extent {
  const size = g.add('GetImageSize', { image: picture });
  return { width: size(0), height: size(1) };
}

function scalePictures(g: Graph, edit: Edit, loaded: readonly Link[]): readonly Link[] {
  const joined = edit.stitch === true ? [stitch(g, loaded)] : loaded;
  const how = edit.scale;
  if (how === undefined) return joined;
  return joined.map((picture, i) => (how.only === 'first' && i > 0 ? picture : scale(g, how, picture)));
}

function scale(g: Graph, how: Scaling, picture: Link): Link {
  return addSpec(g, { class: how.class, inputs: how.inputs ?? {} }, { [how.picture ?? 'image']: picture });
}

function stitch(g: Graph, loaded: readonly Link[]): Link {
  const beside = (left: Link, right: Link): Link =>
    g.add('ImageStitch', {
      image1: left,
      image2: right,
      direction: 'right',
      match_image_size: true,
      spacing_width: 0,
      spacing_color: 'white',
    })();
  return loaded.reduce(beside);
}

/** Where sampling starts: the encoded picture (masked), or an empty latent. */
export function startLatent(
  g: Graph,
  plan: Plan,
  source: Source,
  from: { vae: Link; seconds?: Link | undefined },
): Link {
  const { vae } = from;
  const first = source.pictures[0];
  const starts = plan.task === 'img2img' || plan.task === 'inpaint';
  if (starts && first !== undefined) return repeat(g, plan, encodeStart(g, plan, first, { part: source.part, vae }));
  if (plan.task === 'edit' && plan.family.edit?.latent === 'picture' && first !== undefined) {
    return repeat(g, plan, g.add('VAEEncode', { pixels: first, vae })());
  }
  return emptyLatent(g, plan, source, from);
}

function encodeStart(
  g: Graph,
  plan: Plan,
  picture: Link,
  { part, vae }: { readonly part: Part | undefined; readonly vae: Link },
): Link {
  if (part === undefined && !hasMask(plan)) return g.add('VAEEncode', { pixels: picture, vae })();
  const mask = part?.mask ?? startMask(g, plan, picture);
  if (plan.inpaintModel) return g.add('VAEEncodeForInpaint', { pixels: picture, vae, mask, grow_mask_by: 6 })();
  const samples = g.add('VAEEncode', { pixels: picture, vae })();
  return g.add('SetLatentNoiseMask', { samples, mask })();
}

/** An encoded picture is one: several results need copies of it. */
export function repeat(g: Graph, plan: Plan, samples: Link): Link {
  return plan.batchSize === 1 ? samples : g.add('RepeatLatentBatch', { samples, amount: plan.batchSize })();
}

function emptyLatent(g: Graph, plan: Plan, source: Source, from: { vae: Link; seconds?: Link | undefined }): Link {
  const spec = plan.family.latent ?? { class: 'EmptyLatentImage' };
  const pictures = (spec.pictures ?? []).map((input, i): [string, Link | undefined] => [input, source.pictures[i]]);
  return g.add(spec.class, {
    vae: spec.vae === true ? from.vae : undefined,
    ...(spec.sized === false ? {} : source.extent),
    ...(spec.frames === undefined ? {} : { [spec.frames]: plan.frames }),
    ...(spec.seconds === undefined ? {} : { [spec.seconds]: from.seconds ?? plan.seconds }),
    ...spec.inputs,
    batch_size: plan.batchSize,
    ...Object.fromEntries(pictures),
  })();
}
