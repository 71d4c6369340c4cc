// Images to enlarge -> a stream of job specs; each image is drawn over with its own prompt, where it carries one.
import { readUserFile } from '../files/user-file.ts';
import { carriedPrompt } from '../plan/carried-prompt.ts';
import { overlay } from '../options/overlay.ts';
import type { Layer } from '../options/resolve.ts';
import { countedSeeds, checkSeeds, randomSeed } from '../plan/seeds.ts';
import { asks, jobSettings } from '../plan/settings.ts';
import type { JobSpec } from '../plan/spec.ts';

export type UpscaleAsked = {
  readonly images: readonly string[];
  readonly layers: readonly Layer[];
  /** A path as the user wrote it -> one that can be opened. */
  readonly pathOf: (path: string) => string;
};

/** What counts where no model draws, beside what was asked for. */
const whereNothingIsDrawn = ['to', 'upscale', 'image', 'set'];

/** `count` jobs an image. Throws `bad_input_file` for an image that cannot be read. */
export async function* upscaleSpecs({ images, layers, pathOf }: UpscaleAsked): AsyncGenerator<JobSpec> {
  const s = jobSettings(layers);
  const below = s.refine.value === undefined ? withoutDrawing(layers) : layers;
  let row = 0;
  for (const image of images) {
    const carried = carriedPrompt(await readUserFile(pathOf(image), { name: image }), image);
    const negative = s.negative.layer === undefined && s.refine.value !== undefined ? carried.negative : undefined;
    const values = { image: [image], ...(negative === undefined ? {} : { negative }) };
    const own = overlay({ source: 'row', label: image, trusted: false, values }, below);
    const prompt = s.prompt.value[0] ?? (s.refine.value === undefined ? '' : carried.prompt);
    const first = typeof s.seed.value === 'bigint' ? s.seed.value : randomSeed();
    checkSeeds(first, s.count.value);
    for (const seed of countedSeeds(first, s.count.value))
      yield { row: ++row, layers: own, prompt, seed: String(seed), sweep: null, shape: image };
  }
}

/** Standing values are about models that draw; the upscale model alone needs none of them. */
function withoutDrawing(layers: readonly Layer[]): readonly Layer[] {
  const recipe: Layer = { source: 'user', label: 'upscale', trusted: false, values: { recipe: 'upscale-model' } };
  const kept = layers.map((layer) => {
    if (asks(layer)) return layer;
    const values = Object.entries(layer.values).filter(([key]) => whereNothingIsDrawn.includes(key));
    return { ...layer, values: Object.fromEntries(values) };
  });
  return [...kept, recipe];
}
