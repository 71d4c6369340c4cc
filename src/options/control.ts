// `--control`: what steers a picture: a ControlNet with the image that it reads, or a kind with the photo from which that image is made.
import { closest } from '../text/closest.ts';
import { option, parseNumber, parseText, refused, type Bounds, type Option } from './option.ts';

export const controlKinds = ['canny', 'depth', 'pose', 'lines'] as const;
export type ControlKind = (typeof controlKinds)[number];

export type Control = {
  /** Absent: found by the kind. */
  readonly model?: string;
  /** Absent: the image is what the model reads, as it is. */
  readonly kind?: ControlKind;
  readonly image: string;
  readonly strength: number;
  /** The part of the sampling that it steers, 0 to 1; absent: all of it. */
  readonly start?: number;
  readonly end?: number;
};

const forms = 'a kind and a photo like canny@photo.jpg:0.8, or a ControlNet like model.safetensors:image.png:0.8';

/** `kind@image` or `model:image` (the model ends at the first colon), then `:strength`, or `:strength:start:end`. */
export function control(help: string, bounds: Bounds): Option<Control | undefined> {
  const parse = (raw: unknown, place: string): Control => {
    const written = parseText(raw, place);
    const [, word = '', photo = ''] = /^([a-z]+)@(.+)$/s.exec(written) ?? [];
    const kind = controlKinds.find((known) => known === word);
    if (kind !== undefined) return { kind, ...numbersAfter(photo, place, bounds) };
    const colon = written.indexOf(':');
    const [near] = closest(word, controlKinds, 1, false);
    const hint = near === undefined ? undefined : `did you mean ${near}@${photo}?`;
    if (colon < 1 || colon === written.length - 1) throw refused(place, raw, forms, hint);
    if (word !== '' && !/\.\w+$/.test(written.slice(0, colon).replace(/\.(?:png|jpe?g|webp|gif|bmp|avif|tiff?)$/i, '')))
      throw refused(place, raw, `one of the kinds (${controlKinds.join(', ')}) before the @`, hint);
    return { model: written.slice(0, colon), ...numbersAfter(written.slice(colon + 1), place, bounds) };
  };
  const write = ({ model, kind, image, strength, start, end }: Control): string =>
    [
      ...(kind === undefined ? [model ?? '', image] : [`${kind}@${image}`]),
      strength,
      ...(start === undefined || end === undefined ? [] : [start, end]),
    ].join(':');
  const starts = controlKinds.map((kind) => `${kind}@`);
  const more = { names: 'file', listed: 'controlnets', starts } as const;
  return option(help, { argument: 'kind@image[:strength[:start:end]]', parse, write }, more);
}

type Numbered = Pick<Control, 'image' | 'strength' | 'start' | 'end'>;

/** What stands before the final numbers, of which there are none, one or three. What only looks like a number is refused. */
function numbersAfter(written: string, place: string, bounds: Bounds): Numbered {
  const parts = written.split(':');
  const isNumber = (text = ''): boolean => text === '' || !Number.isNaN(Number(text));
  let first = parts.length;
  while (first > 1 && parts.length - first < 3 && isNumber(parts[first - 1])) first--;
  const image = parts.slice(0, first).join(':');
  const [strength, start, end] = parts.slice(first);
  if (image === '') throw refused(place, written, forms);
  if (strength === undefined) return { image, strength: 1 };
  const steers = { image, strength: parseNumber(strength, place, bounds, false) };
  if (start === undefined) return steers;
  if (end === undefined) throw refused(place, written, 'an image with its strength, or with strength, start and end');
  const share = { min: 0, max: 1 };
  const part = { start: parseNumber(start, place, share, false), end: parseNumber(end, place, share, false) };
  if (part.start >= part.end) throw refused(place, written, 'an image with its strength, and a start below the end');
  return { ...steers, ...part };
}
