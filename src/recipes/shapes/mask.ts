// The mask of what is repainted: the image that was given, or what words name in the picture.
import type { Link } from '../../workflow/workflow.ts';
import { segmenter } from '../families/control-nets.ts';
import type { Graph } from '../graph.ts';
import type { Plan } from '../recipe-plan.ts';

/** Most things that one of the words finds. */
const most = 100;

export const hasMask = ({ mask, maskText }: Plan): boolean => mask !== undefined || maskText !== undefined;

/** White where to repaint, for a plan that has a mask. `picture` is the first image where it is loaded already. */
export function loadMask(g: Graph, plan: Plan, picture?: Link): Link {
  const { mask = '', maskText } = plan;
  if (maskText === undefined) return g.add('LoadImageMask', { image: mask, channel: 'red' })();
  const model = g.add('CheckpointLoaderSimple', { ckpt_name: plan.files[segmenter.role] ?? segmenter.name });
  const image = picture ?? g.add('LoadImage', { image: plan.images[0] ?? '' })();
  const found = g.add('SAM3_Detect', {
    model: model(0),
    image,
    conditioning: g.add('CLIPTextEncode', { text: everyOne(maskText), clip: model(1) })(),
    threshold: 0.5,
    refine_iterations: 2,
    individual_masks: false,
  });
  g.add('PreviewAny', { source: found(1) }); // where things were found is a text of the job: an empty list is warned of
  return found();
}

/** SAM 3 finds one thing for each of the words between commas, unless a number says how many. */
const everyOne = (words: string): string =>
  words
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => (/:\s*\d+$/.test(part) ? part : `${part}:${most}`))
    .join(', ');
