// Width and height: said in pixels, or as a ratio and an area. The stronger layer's way wins; in one layer they contradict.
import { ComfyGenError } from '../errors.ts';
import type { Ratio, Size } from './kinds.ts';
import type { Layer, Resolved } from './resolve.ts';

type SizeSettings = {
  readonly width: Resolved<number | undefined>;
  readonly height: Resolved<number | undefined>;
  readonly size: Resolved<Size | undefined>;
  readonly aspect: Resolved<Ratio | undefined>;
  readonly mp: Resolved<number | undefined>;
  readonly sizeFrom: Resolved<string | undefined>;
};

export type SizeAsked = {
  readonly width: Resolved<number | undefined>;
  readonly height: Resolved<number | undefined>;
  readonly aspect: Resolved<Ratio | undefined>;
  readonly mp: Resolved<number | undefined>;
  readonly sizeFrom: Resolved<string | undefined>;
};

const unset = { value: undefined, layer: undefined } as const;
const inPixels = ['width', 'height', 'size'] as const;
const byRatio = ['aspect', 'sizeFrom', 'mp'] as const;

/** What is asked for, in pixels or by ratio, never both. Throws `bad_option` where one layer says both. */
export function resolveSize(settings: SizeSettings, layers: readonly Layer[]): SizeAsked {
  const rank = ({ layer }: Resolved<unknown>): number => (layer === undefined ? layers.length : layers.indexOf(layer));
  const best = <K extends keyof SizeSettings>(keys: readonly K[]): K =>
    keys.reduce((a, b) => (rank(settings[b]) < rank(settings[a]) ? b : a));
  const [pixels, ratio] = [best(inPixels), best(byRatio)];
  const difference = rank(settings[pixels]) - rank(settings[ratio]);
  if (difference === 0 && settings[pixels].layer !== undefined) throw contradiction(ratio, pixels);
  if (difference > 0) return { width: unset, height: unset, ...ratioOf(settings, rank) };
  return { ...pixelsOf(settings, rank), aspect: unset, mp: unset, sizeFrom: unset };
}

type Rank = (setting: Resolved<unknown>) => number;

function ratioOf(settings: SizeSettings, rank: Rank): Pick<SizeAsked, 'aspect' | 'mp' | 'sizeFrom'> {
  const { aspect, sizeFrom, mp } = settings;
  const difference = rank(aspect) - rank(sizeFrom);
  if (difference === 0 && aspect.layer !== undefined) throw contradiction('sizeFrom', 'aspect');
  return difference <= 0 ? { aspect, mp, sizeFrom: unset } : { aspect: unset, mp, sizeFrom };
}

function pixelsOf(settings: SizeSettings, rank: Rank): Pick<SizeAsked, 'width' | 'height'> {
  const side = (key: 'width' | 'height'): Resolved<number | undefined> => {
    const own = settings[key];
    const { value, layer } = settings.size;
    if (value === undefined || rank(own) < rank(settings.size)) return own;
    if (own.layer === layer && own.value !== undefined && own.value !== value[key]) {
      throw new ComfyGenError(
        'bad_option',
        `<option size> ${value.width}x${value.height} and <option ${key}> ${own.value} contradict each other`,
      );
    }
    return { value: value[key], layer };
  };
  return { width: side('width'), height: side('height') };
}

const contradiction = (one: string, other: string): ComfyGenError =>
  new ComfyGenError('bad_option', `<option ${one}> and <option ${other}> contradict each other`);
