// Sweeps: `cfg=5,7,9`, `steps=10..50:10`, `checkpoint=*xl*` -> the cross product, the axis that is expensive to change slowest.
import { ComfyGenError } from '../errors.ts';
import { flagName, keyWritten } from '../options/describe.ts';
import { closest } from '../text/closest.ts';
import { generation } from '../options/tables/generation.ts';
import type { OptionTable } from '../options/option.ts';
import type { Point } from '../options/overlay.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { choicesOf } from '../protocol/object-info.ts';
import { filesIn } from '../recipes/server-files.ts';

/** One option and the raw values that it takes in turn. */
export type Axis = { readonly key: string; readonly values: readonly string[]; readonly isExpensive: boolean };
const table: OptionTable = generation;
/** Loading another model costs more than any picture; in order of what it costs. */
const expensive = ['checkpoint', 'recipe', 'refiner', 'vae', 'lora', 'turbo'];
const maxRange = 1_000_000;

/** Parses `--sweep` texts; `infos` are the definitions of the pool's servers, for names with `*` or `?`. */
export function parseSweeps(texts: readonly string[], infos: readonly ObjectInfo[]): readonly Axis[] {
  const axes = texts.map((text) => parseSweep(text, infos));
  for (const [i, { key }] of axes.entries()) {
    if (axes.findIndex((axis) => axis.key === key) !== i)
      throw new ComfyGenError('bad_option', `<option sweep>: ${key} is swept twice`);
  }
  const rank = ({ key }: Axis): number => (expensive.includes(key) ? expensive.indexOf(key) : expensive.length);
  return axes.toSorted((a, b) => rank(a) - rank(b));
}

function parseSweep(text: string, infos: readonly ObjectInfo[]): Axis {
  const equals = text.indexOf('=');
  const key = keyOf(text.slice(0, equals).trim());
  const values = splitValues(text.slice(equals + 1)).flatMap((value) => expand(key, value, infos));
  const option = table[key];
  for (const value of values) option?.parse(value, `<option sweep> ${key}`);
  return { key, values: [...new Set(values)], isExpensive: expensive.includes(key) };
}

/** The option's key, `set.<node.input>` included. */
function keyOf(written: string): string {
  if (/^set\..+\../.test(written)) return written;
  const bare = keyWritten(written);
  const unfit = ['count', 'set', 'dynamicPrompts', 'wildcards', 'styles', 'image', 'control'];
  if (Object.hasOwn(table, bare) && !unfit.includes(bare)) return bare;
  const [near] = closest(bare, Object.keys(table), 1, false);
  throw new ComfyGenError('bad_option', `<option sweep>: ${JSON.stringify(written)} is nothing that can be swept`, {
    hint:
      near === undefined || unfit.includes(near)
        ? undefined
        : `did you mean ${near} (${flagName(near, table[near] ?? generation.steps)})?`,
  });
}

/** At commas; `\,` is one. */
function splitValues(text: string): string[] {
  const values = [...text.matchAll(/(?:\\.|[^,\\])+|(?<=^|,)(?=,|$)/g)].map(([value]) =>
    value.replace(/\\([,\\])/g, '$1').trim(),
  );
  if (values.length === 0 || values.includes(''))
    throw new ComfyGenError('bad_option', `<option sweep>: ${JSON.stringify(text)} holds an empty value`);
  return values;
}

function expand(key: string, value: string, infos: readonly ObjectInfo[]): readonly string[] {
  const [, from, to, by] = /^(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)(?::(-?\d+(?:\.\d+)?))?$/.exec(value) ?? [];
  if (from !== undefined && to !== undefined) return range(key, from, to, by);
  if (!/[*?]/.test(value) || ['prompt', 'negative', 'style', 'enhanceModel'].includes(key)) return [value];
  return globbed(key, value, infos);
}

/** `10..50:10`, both ends included; exact to the digits that were written. */
function range(key: string, from: string, to: string, by: string | undefined): readonly string[] {
  const digits = Math.max(...[from, to, by ?? '1'].map((n) => n.split('.')[1]?.length ?? 0));
  const scaled = (n: string): bigint => {
    const [whole = '', part = ''] = n.split('.');
    return BigInt(`${whole}${part.padEnd(digits, '0')}`);
  };
  const [start, end] = [scaled(from), scaled(to)];
  const written = by === undefined ? scaled('1') : scaled(by);
  const size = written < 0n ? -written : written;
  if (size === 0n) throw new ComfyGenError('bad_option', `<option sweep> ${key}: ${from}..${to}: the step is 0`);
  const count = (end > start ? end - start : start - end) / size + 1n;
  if (count > BigInt(maxRange))
    throw new ComfyGenError('bad_option', `<option sweep> ${key}: more than ${maxRange} values`);
  return Array.from({ length: Number(count) }, (_none, i) => {
    const n = end >= start ? start + size * BigInt(i) : start - size * BigInt(i);
    return unscaled(n, digits);
  });
}

function unscaled(n: bigint, digits: number): string {
  if (digits === 0) return String(n);
  const text = String(n < 0n ? -n : n).padStart(digits + 1, '0');
  const part = text.slice(-digits).replace(/0+$/, '');
  return `${n < 0n ? '-' : ''}${text.slice(0, -digits)}${part === '' ? '' : `.${part}`}`;
}

/** Names that servers have and the pattern fits; a LoRA's strength stays. */
function globbed(key: string, value: string, infos: readonly ObjectInfo[]): readonly string[] {
  const [, pattern = value, tail = ''] = (key === 'lora' ? /^(.*?)((?::-?[\d.]+)*)$/.exec(value) : undefined) ?? [];
  if (infos.length === 0)
    throw new ComfyGenError(
      'bad_option',
      `<option sweep> ${key}=${value}: a pattern needs a server that lists its names`,
    );
  const names = [...new Set(infos.flatMap((info) => namesFor(key, info)))];
  const fits = new RegExp(
    `^${pattern
      .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  );
  const found = names.filter((name) => fits.test(name) || fits.test(name.replace(/^.*[\\/]/, '')));
  if (found.length === 0) {
    const hint =
      names.length === 0 ? undefined : `it has ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
    throw new ComfyGenError('missing_model', `<option sweep> ${key}=${value}: no server has a name like that`, {
      hint,
    });
  }
  return found.map((name) => `${name}${tail}`);
}

const folders: Readonly<Record<string, readonly string[]>> = {
  checkpoint: ['checkpoints', 'diffusion_models'],
  refiner: ['checkpoints'],
  vae: ['vae'],
  lora: ['loras'],
  upscale: ['upscale_models'],
};

function namesFor(key: string, info: ObjectInfo): readonly string[] {
  if (key === 'sampler') return choicesOf(info, 'KSampler', 'sampler_name');
  if (key === 'scheduler') return choicesOf(info, 'KSampler', 'scheduler');
  return (folders[key] ?? []).flatMap((folder) => filesIn({ info }, folder));
}

/** Every point of the cross product, the first axis slowest; one empty point for no axes. */
export function* points(axes: readonly Axis[]): Generator<Point> {
  const [first, ...rest] = axes;
  if (first === undefined) {
    yield {};
    return;
  }
  for (const value of first.values) for (const point of points(rest)) yield { [first.key]: value, ...point };
}

/** Coordinates as results show them: numbers as numbers, a seed as text. */
export function coordinates(point: Point): Readonly<Record<string, unknown>> | null {
  const entries = Object.entries(point).map(([key, raw]) => {
    const value: unknown = key === 'seed' || table[key]?.list === true ? raw : table[key]?.parse(raw, key);
    return [key, typeof value === 'number' || typeof value === 'boolean' ? value : raw];
  });
  return entries.length === 0 ? null : (Object.fromEntries(entries) as Record<string, unknown>);
}

/** Does the sweep name what servers have? */
export const isPattern = (text: string): boolean => /[*?]/.test(text);
