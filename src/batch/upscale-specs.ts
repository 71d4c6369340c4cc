// Images to enlarge -> a stream of job specs; each image is drawn over with its own prompt, where it carries one.
import { readUserFile } from '../files/user-file.ts';
import { carriedPrompt, type CarriedPrompt } from '../plan/carried-prompt.ts';
import { overlay, pointLayer, type Point } from '../options/overlay.ts';
import type { Layer } from '../options/resolve.ts';
import { countedSeeds, checkSeeds, randomSeed } from '../plan/seeds.ts';
import { asks, jobSettings, type JobSettings } from '../plan/settings.ts';
import type { JobSpec } from '../plan/spec.ts';
import { totalOf } from './specs.ts';
import { coordinates, points, type Axis } from './sweep.ts';

export type UpscaleAsked = {
  readonly images: readonly string[];
  readonly layers: readonly Layer[];
  readonly axes: readonly Axis[];
  /** A path as the user wrote it -> one that can be opened. */
  readonly pathOf: (path: string) => string;
};

/** What counts where no model draws, beside what was asked for. */
const whereNothingIsDrawn = ['to', 'upscale', 'image', 'set'];

/** For each point of the sweep and each image its prompts, for each prompt `count` seeds. Throws `bad_input_file`. */
export async function* upscaleSpecs(asked: UpscaleAsked): AsyncGenerator<JobSpec> {
  const carried = new CarriedPrompts(asked.pathOf);
  const firsts = new Map<string, bigint>();
  let row = 0;
  for (const point of points(asked.axes)) {
    for (const image of asked.images) {
      for (const job of jobsOf(image, point, asked.layers, await carried.of(image))) {
        const key = JSON.stringify([image, job.prompt]); // the same image has the same noise at each point
        const first = job.seed ?? firsts.get(key) ?? randomSeed();
        firsts.set(key, first);
        checkSeeds(first, job.count);
        for (const seed of countedSeeds(first, job.count)) yield { ...job.spec, row: ++row, seed: String(seed) };
      }
    }
  }
}

/** How many jobs that makes. Throws `bad_option` for too many. */
export function totalUpscaled({ images, layers, axes }: UpscaleAsked): number {
  const { prompt, count } = jobSettings(layers);
  const prompts = axes.some(({ key }) => key === 'prompt') ? 1 : Math.max(1, prompt.value.length);
  return totalOf(images.length * prompts * count.value, axes);
}

type Job = {
  readonly spec: Omit<JobSpec, 'row' | 'seed'>;
  readonly prompt: string;
  readonly seed: bigint | undefined;
  readonly count: number;
};

/** One image at one point of the sweep. */
function jobsOf(image: string, point: Point, layers: readonly Layer[], carried: CarriedPrompt): readonly Job[] {
  const swept = overlay(pointLayer(point), layers);
  const s = jobSettings(swept);
  const draws = s.refine.value !== undefined;
  const negative = s.negative.layer === undefined && draws ? carried.negative : undefined;
  const values = { image: [image], ...(negative === undefined ? {} : { negative }) };
  const below = draws ? swept : withoutDrawing(swept);
  const own = overlay({ source: 'row', label: image, trusted: false, values }, below);
  const shape = JSON.stringify([image, { ...point, prompt: undefined, seed: undefined }]);
  return promptsOf(s, point, draws ? carried.prompt : '').map((prompt) => ({
    spec: { layers: own, prompt, sweep: coordinates(point), shape },
    prompt,
    seed: typeof s.seed.value === 'bigint' ? s.seed.value : undefined,
    count: s.count.value,
  }));
}

function promptsOf(s: JobSettings, point: Point, carried: string): readonly string[] {
  if (point['prompt'] !== undefined) return [point['prompt']];
  return s.prompt.value.length > 0 ? s.prompt.value : [carried];
}

/** Each image is read once, whatever the sweep. */
class CarriedPrompts {
  readonly #pathOf: (path: string) => string;
  readonly #known = new Map<string, CarriedPrompt>();

  constructor(pathOf: (path: string) => string) {
    this.#pathOf = pathOf;
  }

  async of(image: string): Promise<CarriedPrompt> {
    const known =
      this.#known.get(image) ?? carriedPrompt(await readUserFile(this.#pathOf(image), { name: image }), image);
    this.#known.set(image, known);
    return known;
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
