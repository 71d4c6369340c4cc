// Control pictures: a ControlNet on the conditionings, or a patch on the model, whichever the family and the file want.
import type { Link } from '../workflow/workflow.ts';
import type { ControlWay } from './family.ts';
import { loadFrames } from './frames.ts';
import type { Graph } from './graph.ts';
import type { Plan } from './recipe-plan.ts';
import type { Control } from './recipe.ts';

export type Conditioning = { readonly positive: Link; readonly negative: Link };

const patchName = /diffsynth|lllite/i;
const inpaintName = /inpaint/i;

/** The folder from which each way loads its file. */
export const folderOf = (way: ControlWay): NonNullable<Control['folder']> =>
  way === 'net' || way === 'net with vae' ? 'controlnet' : 'model_patches';

/** The way of one control file: where a family knows two, the folder it lies in decides, without a server its name. */
function wayOf({ family }: Plan, { model, folder }: Control): ControlWay {
  const ways = family.control ?? [];
  const wanted = folder ?? (patchName.test(model) ? 'model_patches' : 'controlnet');
  return ways.find((way) => folderOf(way) === wanted) ?? ways[0] ?? 'net';
}

/** Does a control file patch the model in a way that goes without the shift of the noise schedule? */
export const unshifted = (plan: Plan): boolean =>
  plan.shift === undefined && plan.control.some((control) => plan.family.unshifted === wayOf(plan, control));

/** Is it made to repaint what a mask shows? */
export const forInpainting = (control: Pick<Control, 'model'>): boolean => inpaintName.test(control.model);

/** Does a control file repaint by itself what the mask shows? */
export const repaints = (plan: Plan): boolean =>
  plan.mask !== undefined && plan.control.some((c) => forInpainting(c) && wayOf(plan, c) === 'lllite');

/** Control files that patch the model: right after loader and LoRAs. */
export function patchControls(g: Graph, plan: Plan, loaded: Link, vae: Link): Link {
  let model = loaded;
  for (const control of plan.control) {
    const way = wayOf(plan, control);
    if (folderOf(way) !== 'model_patches') continue;
    const patch = g.add('ModelPatchLoader', { name: control.model })();
    const image = loadFrames(g, control.image);
    const mask = maskFor(g, plan, control);
    const strength = control.strength;
    model =
      way === 'h3 fun'
        ? g.add('MiniMaxH3FunControlNetApply', {
            model,
            model_patch: patch,
            vae,
            strength,
            start_percent: 0,
            end_percent: 1,
            control_video: image,
          })()
        : way === 'lllite'
          ? g.add('AnimaLLLiteApply', {
              model,
              model_patch: patch,
              image,
              strength,
              start_percent: 0,
              end_percent: 1,
              mask,
            })()
          : g.add('QwenImageDiffsynthControlnet', { model, model_patch: patch, vae, image, strength, mask })();
  }
  return model;
}

/** ControlNets on both conditionings, one after the other. */
export function conditionControls(g: Graph, plan: Plan, from: Conditioning, vae: Link): Conditioning {
  let { positive, negative } = from;
  for (const control of plan.control) {
    const way = wayOf(plan, control);
    if (folderOf(way) !== 'controlnet') continue;
    const net = g.add('ControlNetLoader', { control_net_name: control.model })();
    const image = g.add('LoadImage', { image: control.image })();
    const mask = way === 'net with vae' ? maskFor(g, plan, control) : undefined;
    const common = { positive, negative, control_net: net, image, strength: control.strength };
    const range = { start_percent: 0, end_percent: 1 };
    const applied =
      mask === undefined
        ? g.add('ControlNetApplyAdvanced', { ...common, ...range, vae: way === 'net with vae' ? vae : undefined })
        : g.add('ControlNetInpaintingAliMamaApply', { ...common, ...range, vae, mask });
    positive = applied(0);
    negative = applied(1);
  }
  return { positive, negative };
}

/** A control file made for inpainting takes the mask as well. */
function maskFor(g: Graph, plan: Plan, control: Control): Link | undefined {
  if (plan.mask === undefined || !forInpainting(control)) return undefined;
  return g.add('LoadImageMask', { image: plan.mask, channel: 'red' })();
}
