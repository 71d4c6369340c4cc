// A photo becomes the map that a control file reads: edges, depth, a pose or lines.
import type { Link, Workflow } from '../../workflow/workflow.ts';
import { depthModel, personFinder, poseModel } from '../families/control-nets.ts';
import { loadFrames } from '../frames.ts';
import type { Graph } from '../graph.ts';
import type { ControlKind } from '../recipe.ts';
import type { Control, Plan } from '../recipe-plan.ts';

/** The image that a control file reads: as it was given, or made from the photo (and saved, where that is asked for). */
export function controlImage(g: Graph, plan: Plan, { image, kind }: Control): Link {
  const loaded = loadFrames(g, image);
  if (kind === undefined) return loaded;
  const map = makers[kind](g, plan, sized(g, plan, loaded));
  if (plan.saveControl) g.add('SaveImage', { images: map, filename_prefix: mapPrefix(kind) });
  return map;
}

const mapPrefix = (kind: ControlKind): string => `ComfyUI_${kind}`;

/** The nodes that save maps. */
export const savedMaps = (workflow: Workflow): readonly string[] =>
  Object.entries(workflow).flatMap(([id, { inputs }]) =>
    prefixes.some((prefix) => prefix === inputs['filename_prefix']) ? [id] : [],
  );

/** The photo at the size of the result: what is found in it is as fine as what is drawn. */
function sized(g: Graph, { task, width, height, sizeGiven }: Plan, image: Link): Link {
  if (!sizeGiven && !task.startsWith('txt2')) return image;
  return g.add('ImageScale', { image, upscale_method: 'lanczos', width, height, crop: 'center' })();
}

const makers: Readonly<Record<ControlKind, (g: Graph, plan: Plan, image: Link) => Link>> = {
  canny: (g, _plan, image) => g.add('Canny', { image, low_threshold: 0.2, high_threshold: 0.4 })(),
  depth,
  pose,
  lines,
};

const prefixes = (Object.keys(makers) as ControlKind[]).map(mapPrefix); // keys of that very table

function depth(g: Graph, plan: Plan, image: Link): Link {
  const name = plan.files[depthModel.role] ?? depthModel.name;
  const model = g.add('LoadDA3Model', { model_name: name, weight_dtype: 'default' })();
  const seen = g.add('DA3Inference', {
    da3_model: model,
    image,
    resolution: 504,
    resize_method: 'upper_bound_resize',
    mode: 'mono',
  })();
  return g.add('DA3Render', {
    da3_geometry: seen,
    output: 'depth',
    'output.normalization': 'v2_style',
    'output.apply_sky_clip': false,
  })();
}

function pose(g: Graph, plan: Plan, image: Link): Link {
  const loaded = g.add('CheckpointLoaderSimple', { ckpt_name: plan.files[poseModel.role] ?? poseModel.name });
  const finder = plan.files[personFinder.role];
  const people =
    finder === undefined
      ? undefined
      : g.add('RTDETR_detect', {
          model: g.add('UNETLoader', { unet_name: finder, weight_dtype: 'default' })(),
          image,
          threshold: 0.5,
          class_name: 'person',
          max_detections: 20,
        })();
  const keypoints = g.add('SDPoseKeypointExtractor', {
    model: loaded(0),
    vae: loaded(2),
    image,
    batch_size: 16,
    bboxes: people,
  })();
  return g.add('SDPoseDrawKeypoints', {
    keypoints,
    draw_body: true,
    draw_hands: true,
    draw_face: true,
    draw_feet: false,
    stick_width: 4,
    face_point_size: 2,
    score_threshold: 0.3,
    draw_head: true,
  })();
}

/** Soft outlines, white on black: where brightness changes, made brighter twice. */
function lines(g: Graph, _plan: Plan, image: Link): Link {
  const grey = g.add('ImageRGBToYUV', { image })(0);
  const calm = g.add('ImageBlur', { image: grey, blur_radius: 2, sigma: 1 })();
  const edges = g.add('Morphology', { image: calm, operation: 'gradient', kernel_size: 3 })();
  const brighter = (dim: Link): Link =>
    g.add('ImageBlend', { image1: dim, image2: dim, blend_factor: 1, blend_mode: 'screen' })();
  return brighter(brighter(edges));
}
