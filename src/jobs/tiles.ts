// How often the nodes run that stand between a picture's tiles being cut and being joined (protocol.md 3.3).
import { isLink, type Workflow } from '../workflow/workflow.ts';

/** Node id -> number of tiles; nodes outside of such a stretch are not in it. */
export function tiledNodes(workflow: Workflow): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const merge of Object.values(workflow)) {
    if (merge.class_type !== 'ImageMergeTileList') continue;
    const { split, between } = stretch(workflow, merge.inputs['image_list']);
    const tiles = split === undefined ? 1 : tilesOf(merge.inputs, split);
    for (const id of between) found.set(id, tiles);
  }
  return found;
}

type Inputs = Workflow[string]['inputs'];

/** From the merge back along its pictures to the node that cuts them. */
function stretch(workflow: Workflow, from: unknown): { split: Inputs | undefined; between: readonly string[] } {
  const between = new Set<string>();
  let at = from;
  while (isLink(at) && !between.has(at[0])) {
    const node = workflow[at[0]];
    if (node?.class_type === 'SplitImageToTileList') return { split: node.inputs, between: [...between] };
    between.add(at[0]);
    const { samples, latent_image: latent, pixels, image, images } = node?.inputs ?? {};
    at = samples ?? latent ?? pixels ?? image ?? images;
  }
  return { split: undefined, between: [] };
}

function tilesOf({ final_width: width, final_height: height }: Inputs, split: Inputs): number {
  const along = (length: unknown, tile: unknown): number => {
    const [whole, one, overlap] = [Number(length), Number(tile), Number(split['overlap'])];
    const advance = Math.round(Math.max(one * 0.25, one - overlap));
    return whole > one && advance > 0 ? Math.ceil((whole - one) / advance) + 1 : 1;
  };
  return along(width, split['tile_width']) * along(height, split['tile_height']);
}
