// A finished picture enlarged and sampled again at some strength: whole, or in tiles that one graph takes apart and joins.
import type { Link } from '../../workflow/workflow.ts';
import type { Conditioning } from '../control.ts';
import type { Graph } from '../graph.ts';
import type { Pixels } from '../recipe.ts';
import type { Plan } from '../recipe-plan.ts';
import { knobs, type ToSample } from './sample.ts';

type From = Pick<ToSample, 'parts'> & { readonly encoded: Conditioning };

type Over = {
  readonly picture: Link;
  readonly to: Pixels;
  /** 0–1: how much is made anew. */
  readonly strength: number;
  /** Tiles however small the picture. */
  readonly tiled?: boolean;
};

/** From this area on a picture is drawn in tiles: 4 megapixels. */
const largestWhole = 4 * 1024 * 1024;

/** The enlarged picture, drawn over. */
export function drawOver(g: Graph, plan: Plan, from: From, { picture, to, strength, tiled }: Over): Link {
  const image = g.add('ImageScale', { image: picture, upscale_method: 'lanczos', ...to, crop: 'disabled' })();
  const inTiles = tiled === true || to.width * to.height > largestWhole;
  // A control picture shows the whole: no tile is like it.
  if (!inTiles || plan.control.length > 0) return again(g, plan, from, image, strength);
  const { tile, overlap } = tilesOf(plan);
  const tiles = g.add('SplitImageToTileList', { image, tile_width: tile, tile_height: tile, overlap })();
  const drawn = again(g, plan, from, tiles, strength);
  return g.add('ImageMergeTileList', {
    image_list: drawn,
    final_width: to.width,
    final_height: to.height,
    overlap,
  })();
}

function again(g: Graph, plan: Plan, { parts, encoded }: From, pixels: Link, denoise: number): Link {
  const { model, vae } = parts;
  const { positive, negative } = encoded;
  const samples = g.add('KSampler', {
    model,
    positive,
    negative,
    latent_image: g.add('VAEEncode', { pixels, vae })(),
    seed: plan.seed,
    ...knobs(plan),
    denoise,
  })();
  return g.add('VAEDecode', { samples, vae })();
}

/** Squares of the family's native area, each an eighth over the next. */
function tilesOf({ family }: Plan): { readonly tile: number; readonly overlap: number } {
  const [w, h] = family.size ?? [1024, 1024];
  const tile = Math.floor(Math.sqrt(w * h) / 64) * 64;
  return { tile, overlap: Math.round(tile / 64) * 8 };
}
