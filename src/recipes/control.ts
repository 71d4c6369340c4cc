// Control pictures: a ControlNet on the conditionings, or a patch on the model, whichever the family and the file want.
import { ComfyGenError } from '../errors.ts';
import type { Link } from '../workflow/workflow.ts';
import { isUnion } from './families/control-nets.ts';
import type { ControlWay, Family } from './family.ts';
import type { Graph } from './graph.ts';
import type { Control, Plan } from './recipe-plan.ts';
import { controlImage } from './shapes/control-map.ts';
import { hasMask, loadMask } from './shapes/mask.ts';
import type { Control as AskedControl, ControlKind } from './recipe.ts';

export type Conditioning = { readonly positive: Link; readonly negative: Link };

const patchName = /diffsynth|lllite/i;
const inpaintName = /inpaint/i;

/** The folder from which each way loads its file. */
export const folderOf = (way: ControlWay): NonNullable<AskedControl['folder']> =>
  way === 'net' || way === 'net with vae' ? 'controlnet' : 'model_patches';

/** The way of one control file: where a family knows two, the folder it lies in decides, without a server its name. */
function wayOf(family: Family, { model = '', folder }: Pick<AskedControl, 'model' | 'folder'>): ControlWay {
  const ways = family.control ?? [];
  const wanted = folder ?? (patchName.test(model) ? 'model_patches' : 'controlnet');
  return ways.find((way) => folderOf(way) === wanted) ?? ways[0] ?? 'net';
}

/** Does a control file patch the model in a way that goes without the shift of the noise schedule? */
export const unshifted = (plan: Plan): boolean =>
  plan.shift === undefined && plan.control.some((control) => plan.family.unshifted === wayOf(plan.family, control));

/** Is it made to repaint what a mask shows? */
export const forInpainting = ({ model = '' }: Pick<AskedControl, 'model'>): boolean => inpaintName.test(model);

/** Does its node take a start and an end? */
export const takesRange = (family: Family, control: AskedControl): boolean => wayOf(family, control) !== 'diffsynth';

/** Does a control file repaint by itself what the mask shows? */
export const repaints = (plan: Plan): boolean =>
  hasMask(plan) && plan.control.some((c) => forInpainting(c) && wayOf(plan.family, c) === 'lllite');

/** The control file that is used where no server was asked; throws `unusable_option` for a kind that has no usual one. */
export function usualNet(family: Family, kind: ControlKind): string {
  const name = family.nets?.usual[kind];
  if (name !== undefined) return name;
  throw new ComfyGenError('unusable_option', `by ${kind}: no control file for ${kind} is known for ${family.name}`, {
    option: 'control',
    hint: 'name one, with the image that it reads: <option control> model.safetensors:image.png',
  });
}

/** Control files that patch the model: right after loader and LoRAs. */
export function patchControls(g: Graph, plan: Plan, loaded: Link, vae: Link): Link {
  let model = loaded;
  for (const control of plan.control) {
    const way = wayOf(plan.family, control);
    if (folderOf(way) !== 'model_patches') continue;
    const patch = g.add('ModelPatchLoader', { name: control.model })();
    const image = controlImage(g, plan, control);
    const mask = maskFor(g, plan, control);
    const strength = control.strength;
    model =
      way === 'h3 fun'
        ? g.add('MiniMaxH3FunControlNetApply', {
            model,
            model_patch: patch,
            vae,
            strength,
            ...rangeOf(control),
            control_video: image,
          })()
        : way === 'lllite'
          ? g.add('AnimaLLLiteApply', {
              model,
              model_patch: patch,
              image,
              strength,
              ...rangeOf(control),
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
    const way = wayOf(plan.family, control);
    if (folderOf(way) !== 'controlnet') continue;
    const net = loadNet(g, plan, control);
    const image = controlImage(g, plan, control);
    const mask = way === 'net with vae' ? maskFor(g, plan, control) : undefined;
    const common = { positive, negative, control_net: net, image, strength: control.strength };
    const range = rangeOf(control);
    const applied =
      mask === undefined
        ? g.add('ControlNetApplyAdvanced', { ...common, ...range, vae: way === 'net with vae' ? vae : undefined })
        : g.add('ControlNetInpaintingAliMamaApply', { ...common, ...range, vae, mask });
    positive = applied(0);
    negative = applied(1);
  }
  return { positive, negative };
}

/** A file for maps of every kind is told which one it gets, where that is known. */
function loadNet(g: Graph, { family }: Plan, { model, kind }: Control): Link {
  const net = g.add('ControlNetLoader', { control_net_name: model })();
  if (kind === undefined || !isUnion(model)) return net;
  const type = (family.nets?.unionTypes ?? unionTypes)[kind];
  return g.add('SetUnionControlNetType', { control_net: net, type })();
}

const unionTypes: Readonly<Record<ControlKind, string>> = {
  canny: 'canny/lineart/anime_lineart/mlsd',
  depth: 'depth',
  pose: 'openpose',
  lines: 'hed/pidi/scribble/ted',
};

const rangeOf = ({ start, end }: Control) => ({ start_percent: start ?? 0, end_percent: end ?? 1 });

/** A control file made for inpainting takes the mask as well. */
function maskFor(g: Graph, plan: Plan, control: Control): Link | undefined {
  return hasMask(plan) && forInpainting(control) ? loadMask(g, plan) : undefined;
}
