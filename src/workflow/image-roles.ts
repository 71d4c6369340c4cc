// What a loaded image is for: to start from or to edit, a mask, or the hint of a ControlNet.
import { spend, type Budget, type Place } from './walk.ts';
import { isLink, type Workflow, type WorkflowNode } from './workflow.ts';

export type ImageRoles = { readonly image: Place[]; readonly mask: Place[]; readonly control: Place[] };

const loaders = /^LoadImage(?!Set|Text)|^LoadImageMask$|^VHS_LoadImagePath$/;
const controls = /control|lllite|t2iadapter/i;
/** Flux's own control models take the image as if it were to be edited. */
const controlModels = /(?:^|[-_ /\\])(?:canny|depth)(?=[-_ .])/i;

type Use = { readonly node: WorkflowNode; readonly id: string; readonly input: string; readonly slot: number };

export function imageRoles(workflow: Workflow, budget: Budget): ImageRoles {
  const uses = usesByNode(workflow);
  const hasControlModel = usesControlModel(workflow);
  const found: ImageRoles = { image: [], mask: [], control: [] };
  for (const [id, node] of Object.entries(workflow)) {
    if (
      !loaders.test(node.class_type) ||
      !Object.hasOwn(node.inputs, 'image') ||
      typeof node.inputs['image'] !== 'string'
    )
      continue;
    found[roleOf(id, node, uses, { hasControlModel, budget })].push({ node: id, input: 'image' });
  }
  return found;
}

function roleOf(
  id: string,
  node: WorkflowNode,
  uses: ReadonlyMap<string, readonly Use[]>,
  { hasControlModel, budget }: { readonly hasControlModel: boolean; readonly budget: Budget },
): keyof ImageRoles {
  const direct = uses.get(id) ?? [];
  if (node.class_type === 'LoadImageMask' || (direct.length > 0 && direct.every((use) => use.slot === 1)))
    return 'mask';
  const ends = consumers(id, uses, budget);
  if (ends.length === 0) return 'image';
  if (ends.every((use) => controls.test(use.node.class_type))) return 'control';
  const isControl = hasControlModel && ends.some((use) => use.node.class_type === 'InstructPixToPixConditioning');
  return isControl ? 'control' : ends.every((use) => use.input === 'mask') ? 'mask' : 'image';
}

function usesByNode(workflow: Workflow): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  for (const [id, node] of Object.entries(workflow)) {
    for (const [input, value] of Object.entries(node.inputs)) {
      if (!isLink(value)) continue;
      const list = uses.get(value[0]) ?? [];
      list.push({ node, id, input, slot: value[1] });
      uses.set(value[0], list);
    }
  }
  return uses;
}

/** Through whatever only makes another image of it (scale, canny, invert) to the nodes that use it for something. */
function consumers(start: string, uses: ReadonlyMap<string, readonly Use[]>, budget: Budget): Use[] {
  const ends: Use[] = [];
  const seen = new Set([start]);
  const open = [start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const use of uses.get(id) ?? []) {
      spend(budget);
      if (/^(?:Preview|GetImageSize)/.test(use.node.class_type)) continue;
      const passesOn = (use.input === 'image' || use.input === 'mask') && !isUser(use.node);
      if (!passesOn) ends.push(use);
      else if (!seen.has(use.id)) {
        seen.add(use.id);
        open.push(use.id);
      }
    }
  }
  return ends;
}

/** Takes more than the image and numbers: a model, a VAE, conditioning, a latent. */
function isUser({ class_type, inputs }: WorkflowNode): boolean {
  if (controls.test(class_type)) return true;
  return ['model', 'vae', 'clip', 'clip_vision', 'positive', 'conditioning', 'samples', 'pixels', 'upscale_model'].some(
    (name) => Object.hasOwn(inputs, name),
  );
}

function usesControlModel(workflow: Workflow): boolean {
  return Object.values(workflow).some(({ inputs }) =>
    [inputs['unet_name'], inputs['ckpt_name']].some((name) => typeof name === 'string' && controlModels.test(name)),
  );
}
